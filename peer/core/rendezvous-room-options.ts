/** What a rendezvous room is made of, and what it reports. */
import type { AparteError } from '../../shared/errors.ts';
import type { Mode } from '../crypto/index.ts';
import type { Guesses } from './guesses.ts';
import type { HandshakeResult, Profile } from './handshake.ts';

/** What is needed to enter. */
export interface RendezvousRoomOptions {
  readonly mode: Mode;
  /** Null asks for a fresh one. */
  readonly nameplate: string | null;
  /** Null in manual pairing, unless both agreed on a code. */
  readonly secret: Uint8Array | null;
  /** The text with the other side's invite, null to make one. Left out unless the pairing is manual. */
  readonly manual?: { readonly invite: string | null };
  /** People the room is for. */
  readonly capacity: number;
  /** Null where guesses are not counted: the secret is a ticket. */
  readonly guesses: Guesses | null;
  /** Asked when a handshake starts. */
  profile(): Profile;
  /** Asked before a handshake starts here, in role A by our HELLO, in role B by answering one. */
  mayStart(role: 'A' | 'B'): boolean;
}

/** What a room reports, during a step. */
export interface RendezvousRoomEvents {
  /** We are in; the room is called `nameplate`. */
  opened(nameplate: string): void;
  /** Both sides have proven everything. */
  completed(result: HandshakeResult): void;
  /** A handshake failed, and the room stays as it was. */
  handshakeFailed(cause: AparteError): void;
  /** The code is dead, or the one person it was for is gone. The room is of no more use. */
  failed(cause: AparteError): void;
  /** The rendezvous has ended for good. The room is of no more use. */
  refused(cause: AparteError): void;
  /** The rendezvous has something to tell the user. The room stays as it was. */
  noted?(cause: AparteError): void;
  /** The connection to the rendezvous is lost, and is tried again at `retryAt` (ms). */
  lost?(cause: AparteError, retryAt: number): void;
  /** The connection to the rendezvous is back. */
  resumed?(): void;
  /** Manual pairing: a text for the user to hand over, good until `until` (ms). */
  blob?(kind: 'invite' | 'answer', text: string, until: number): void;
}
