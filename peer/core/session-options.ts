/** What a session keeps to, and what it reports. */
import type { ErrorDetail } from '../../shared/error-details.ts';
import type { AparteError } from '../../shared/errors.ts';
import type { Ticket } from '../crypto/index.ts';
import type { PeerMessage } from './peer-messages.ts';

/** Why a session ended: the peer said goodbye (with something of his undelivered: gave up), or we did, or something broke. */
export type SessionEnd = 'peer-left' | 'peer-gave-up' | 'we-left' | AparteError;

/** What a session reports. Called during a step. */
export interface SessionEvents {
  /** The first frame of the other side has opened: it holds the session keys. */
  confirmed(): void;
  /** A message for the layers above. */
  message(message: Extract<PeerMessage, { kind: 'part' | 'text' | 'shown' | 'typing' }>): void;
  /** Nothing was heard for so long that the path must be taken for lost; it may come back. */
  quiet(): void;
  /** It is known how the link runs, and that either side allows it. */
  routed(): void;
  /** The path that was quiet has come back. */
  heard(): void;
  /** `tickets`: those that were good at the end, newest first. */
  ended(end: SessionEnd, tickets: readonly Ticket[]): void;
}

/** What a session keeps to. */
export interface SessionOptions {
  /** How long (ms) the link may take to open. */
  readonly patience: number;
  /** Why no relay may carry it; null where one may. */
  readonly relayRefusal: ErrorDetail | null;
}
