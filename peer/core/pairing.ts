/** The first meeting of a conversation, by a code or manually: what the conversation needs of it, and what it reports. */
import type { AparteError } from '../../shared/errors.ts';
import type { Waiting } from './facts-and-orders.ts';
import type { HandshakeResult } from './handshake.ts';

/** A pairing. It begins when made, and is of use until somebody has proven themselves and is connected. */
export interface Pairing {
  /** When (ms) a tick is due; null for never. */
  readonly wakeAt: number | null;
  /** What we wait for. */
  readonly waits: Waiting['for'];
  /** When (ms) that wait ends, or for `server` when it is tried again; null where it is open. */
  readonly until: number | null;
  /** Why the server cannot be reached just now; null while it can, or where there is none. */
  readonly lostCause: AparteError | null;
  /** Whether a guess at our code is out. */
  readonly isGuessOut: boolean;
  tick(): void;
  /** Takes what the user pasted as the answer of the remote peer. Returns whether this pairing has answers. */
  take(pasted: string): boolean;
  /** Ends the pairing. `failed` follows: for a guess that is out, so that the code is not used again, else for `cause`. */
  end(cause: AparteError): void;
  /** Leaves the room, and drops what was not handed to a session. */
  leave(): void;
}

/** What a pairing reports. Called during a step. */
export interface PairingEvents {
  completed(result: HandshakeResult): void;
  /** A handshake failed, and the pairing goes on. A stranger can cause that again and again. */
  handshakeFailed(cause: AparteError): void;
  /** Something else failed, and the pairing goes on. */
  noted(cause: AparteError): void;
  failed(cause: AparteError): void;
}
