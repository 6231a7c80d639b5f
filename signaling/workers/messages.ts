/** What the processes of one server tell each other. They trust each other: all are ours, from one program. */
import type { ErrorCode } from '../../shared/errors.ts';
import type { FrameRequest, JoinRequest } from '../../shared/signal-wire.ts';
import type { RefusalCause } from '../observer.ts';
import type { Order } from '../registry.ts';

/** What a worker asks of the state that the primary process keeps. */
export type Question =
  | { readonly on: 'setup' }
  | { readonly on: 'join'; readonly client: string; readonly request: JoinRequest }
  | { readonly on: 'frame'; readonly client: string; readonly request: FrameRequest }
  | { readonly on: 'free'; readonly client: string; readonly member: string }
  | { readonly on: 'leave' | 'lose'; readonly client: string }
  | { readonly on: 'connected' | 'disconnected'; readonly address: string }
  | { readonly on: 'attempt'; readonly address: string; readonly nameplate: string | null };

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
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly detail: string | null }
  | { readonly kind: 'report'; readonly report: Report }
  /** What is shared is away, why; or, null, back. */
  | { readonly kind: 'away'; readonly cause: string | null };

/** Primary to worker. */
export type ToWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'orders'; readonly orders: Order<string>[] }
  | { readonly kind: 'stats'; readonly stats: { readonly rooms: number; readonly members: number } }
  | { readonly kind: 'reload' }
  | { readonly kind: 'close'; readonly patience: number };

/** Whether something between processes is ours: Socket.IO's adapter has messages of its own there. */
export function isOurs(message: unknown): message is FromWorker | ToWorker {
  return typeof message === 'object' && message !== null && 'kind' in message;
}
