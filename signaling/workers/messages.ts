/** What the processes of one server tell each other. They trust each other: all are ours, from one program. */
import type { ErrorDetail } from '../../shared/error-details.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import type { FrameRequest, JoinRequest } from '../../shared/signal-wire.ts';
import type { Addresses } from '../address-limits.ts';
import type { Order } from '../memory-rooms.ts';
import type { RefusalCause } from '../observer.ts';

/** Where a worker is to listen, and where STUN is answered; null where it is not. */
interface Setup {
  readonly port: number;
  readonly stunPort: number | null;
}

interface Exchange<Asked, Answered> {
  readonly asked: Asked;
  readonly answered: Answered;
}

/** What a worker may ask of the state that the primary process keeps, and what it is told. */
export interface Exchanges {
  readonly setup: Exchange<object, Setup>;
  readonly join: Exchange<{ readonly client: string; readonly request: JoinRequest }, Order<string>[]>;
  /** Frames in the orders come back empty: who asked has their bytes. */
  readonly frame: Exchange<{ readonly client: string; readonly request: FrameRequest }, Order<string>[]>;
  readonly free: Exchange<{ readonly client: string; readonly member: string }, Order<string>[]>;
  readonly leave: Exchange<{ readonly client: string }, Order<string>[]>;
  readonly lose: Exchange<{ readonly client: string }, Order<string>[]>;
  /** Answers as {@link Addresses.connected} does; null where addresses are not counted, too. */
  readonly connected: Exchange<{ readonly address: string }, ReturnType<Addresses['connected']>>;
  readonly disconnected: Exchange<{ readonly address: string }, null>;
  /** Answers as {@link Addresses.join} does; null where addresses are not counted, too. */
  readonly attempt: Exchange<
    { readonly address: string; readonly nameplate: string | null },
    ReturnType<Addresses['join']>
  >;
}

/** The word for a question. */
export type Topic = keyof Exchanges;
/** A question, of those that are given. */
export type Question<On extends Topic = Topic> = {
  readonly [Each in On]: { readonly on: Each } & Exchanges[Each]['asked'];
}[On];
/** The answer to a question. */
export type Answer<On extends Topic = Topic> = Exchanges[On]['answered'];

/** What a worker did within a second, and what there is. */
export interface Report {
  readonly connections: number;
  readonly sockets: number;
  /** The rooms and places that it knows of: with Redis, of all servers there; else, of the primary process. */
  readonly rooms: number;
  readonly members: number;
  readonly refused: readonly (readonly [RefusalCause, number])[];
  readonly met: number;
  /** Sizes of the frames that were forwarded, in bytes. */
  readonly frames: readonly number[];
}

/** Worker to primary. */
export type FromWorker =
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'listening'; readonly url: string; readonly port: number }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly detail: ErrorDetail | null }
  | { readonly kind: 'report'; readonly report: Report }
  /** What is shared is away, why; or, null, back. */
  | { readonly kind: 'away'; readonly cause: string | null };

/** Primary to worker. */
export type ToWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'orders'; readonly orders: Order<string>[] }
  | { readonly kind: 'stats'; readonly stats: { readonly rooms: number; readonly members: number } }
  | { readonly kind: 'reload' }
  | { readonly kind: 'close'; readonly patience: number };

/** Whether something between processes is ours: Socket.IO's adapter has messages of its own there. */
export function isOurs(message: unknown): message is FromWorker | ToWorker {
  return typeof message === 'object' && message !== null && 'kind' in message;
}
