/** Messages between the primary process and its workers. They trust each other: all run this program. */
import type { ErrorDetail } from '../../shared/error-details.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import type { FrameRequest, JoinRequest } from '../../shared/signal-wire.ts';
import type { AddressLimiter } from '../address-limits.ts';
import type { RefusalCause } from '../observer.ts';
import type { ProxyMismatch } from '../request-origin.ts';
import type { RoomOrder } from '../rooms-interface.ts';

/** What a worker may ask the primary process: the parameters of each question and the type of its answer. */
export interface Questions {
  /** Where to listen, and where STUN is answered; null: nowhere. */
  readonly setup: { asked: object; answered: { readonly port: number; readonly stunPort: number | null } };
  /** Questions about rooms are answered with the orders for clients of the worker that asks. */
  readonly join: { asked: { readonly client: string; readonly request: JoinRequest }; answered: RoomOrder[] };
  /** The data of frames in the answer is empty, because the worker has it. */
  readonly frame: { asked: { readonly client: string; readonly request: FrameRequest }; answered: RoomOrder[] };
  readonly free: { asked: { readonly client: string; readonly member: string }; answered: RoomOrder[] };
  readonly leave: { asked: { readonly client: string }; answered: RoomOrder[] };
  readonly lose: { asked: { readonly client: string }; answered: RoomOrder[] };
  /** The answers about addresses are those of `AddressLimiter`, and null if addresses are not counted. */
  readonly connected: { asked: { readonly address: string }; answered: ReturnType<AddressLimiter['connected']> };
  readonly disconnected: { asked: { readonly address: string }; answered: null };
  readonly attempt: {
    asked: { readonly address: string; readonly nameplate: string | null };
    answered: ReturnType<AddressLimiter['join']>;
  };
}

/** The name of a question. */
export type Topic = keyof Questions;
/** A question about one of some topics. */
export type Question<On extends Topic = Topic> = {
  readonly [Each in On]: { readonly on: Each } & Questions[Each]['asked'];
}[On];
/** The answer to a question. */
export type Answer<On extends Topic = Topic> = Questions[On]['answered'];

/** What a worker did in the last second, and what exists now. */
export interface Report {
  readonly connections: number;
  readonly sockets: number;
  /** Rooms and slots that the worker knows of: all of them with Redis, else those of the primary process. */
  readonly rooms: number;
  readonly members: number;
  readonly refused: readonly (readonly [RefusalCause, number])[];
  readonly paired: number;
  /** Sizes of the frames that were forwarded, in bytes. */
  readonly frames: readonly number[];
}

/** Worker to primary. */
export type FromWorker =
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'listening'; readonly url: string; readonly port: number }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly detail: ErrorDetail | null }
  | { readonly kind: 'report'; readonly report: Report }
  /** Redis cannot be reached, and why; null: it can be again. */
  | { readonly kind: 'away'; readonly cause: string | null }
  /** A request showed that the number of trusted proxies is wrong. */
  | { readonly kind: 'proxies'; readonly mismatch: ProxyMismatch };

/** Primary to worker. */
export type ToWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  /** Orders for clients of this worker, caused by other workers. */
  | { readonly kind: 'orders'; readonly orders: RoomOrder[] }
  | { readonly kind: 'stats'; readonly stats: { readonly rooms: number; readonly members: number } }
  | { readonly kind: 'reload' }
  | { readonly kind: 'close'; readonly patience: number };
