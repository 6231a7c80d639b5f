/** What a rendezvous room is made of, and what it reports. */
import type { AparteError } from '../../shared/errors.ts';
import type { Mode } from '../crypto/index.ts';
import type { Guesses } from './guesses.ts';
import type { Handshake, Met, Profile } from './handshake.ts';

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

/** What a place reports, during a step. */
export interface RendezvousRoomEvents {
  /** We are in; the room is called `nameplate`. */
  opened(nameplate: string): void;
  /** Both sides have proven everything. */
  met(met: Met, handshake: Handshake): void;
  /** Something failed that leaves the place as it was. */
  noted(cause: AparteError): void;
  /** The code is dead, or the one person it was for is gone. The place is of no more use. */
  failed(cause: AparteError): void;
}
