/** What a conversation needs to know of the way in which peers find each other. */
import type { ManualPairingOptions } from '../core/manual-pairing.ts';
import type { OpenManualRendezvous, OpenRendezvous } from '../rendezvous/rendezvous.ts';

/** What manual pairing needs besides. */
export interface ManualWay {
  readonly open: OpenManualRendezvous;
  /** What the user was given. */
  readonly pairing: ManualPairingOptions;
}

/** A way to meet that is ready for use. */
export interface WayToMeet {
  readonly open: OpenRendezvous;
  /** The server as it is shown to the user; null: there is none. */
  readonly server: string | null;
  /** Makes the invite for a code; null: there is no server to name. */
  readonly invite: (code: string) => string | null;
  /** Manual pairing, after which `open` serves to reconnect. Null for every other way. */
  readonly manual: ManualWay | null;
  /** Whether candidates that lead only back to this machine are tried. */
  readonly loopback: boolean;
  /** Whether link-local candidates of IPv4 are tried. */
  readonly linkLocal: boolean;
  /** Whether a peer may have our own identity: another program of the same user on this machine or network. */
  readonly allowsOwn: boolean;
  /** Closes what was opened for this way, such as a server inside the program. Never rejects. */
  close(): Promise<void>;
}
