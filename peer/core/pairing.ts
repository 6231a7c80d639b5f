/** The first meeting of a conversation, by whichever way: what the room needs of it, and what it reports. */
import type { AparteError } from '../../shared/errors.ts';
import type { Waiting } from './facts-and-orders.ts';
import type { HandshakeResult } from './handshake.ts';
import type { RendezvousRoom } from './rendezvous-room.ts';

/** A meeting that began when it was made, and is of use until somebody has proven himself and is connected. */
export interface Pairing {
  /** Where one meets just now. */
  readonly room: RendezvousRoom;
  /** What is waited for. */
  readonly waits: Waiting['for'];
  /** Until when (ms) that takes, for `server` when it is tried again; null where it is open. */
  readonly until: number | null;
  /** Why the server cannot be reached just now; null while it can, or where there is none. */
  readonly lostCause: AparteError | null;
  /** Takes what the user says is the other side's answer. Returns whether this way to meet has any. */
  take(pasted: string): boolean;
  /**
   * It is over, for `cause`, or because of a guess at us that is out: that must be known to whoever would try the same
   * code again. `failed` follows.
   */
  end(cause: AparteError): void;
  /** Leaves the place, and gives up what was not handed to a session. */
  leave(): void;
}

/** What a meeting reports. Called during a step. */
export interface PairingEvents {
  completed(result: HandshakeResult): void;
  noted(cause: AparteError): void;
  failed(cause: AparteError): void;
}
