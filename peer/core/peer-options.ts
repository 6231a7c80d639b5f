/** What the room knows of a peer who has proven the code, and what a peer reports. */
import type { AparteError } from '../../shared/errors.ts';
import type { Delivery } from './delivery.ts';
import type { KnownPeer } from './facts-and-orders.ts';
import type { Profile } from './handshake.ts';
import type { ManualPairingOptions } from './manual-pairing.ts';
import type { SessionEnd } from './session-options.ts';

/** What a peer reports to the room. Called during a step. */
export interface PeerEvents {
  /** A session with this peer stands, or one that was quiet is heard again: the room may leave the rendezvous. */
  connected(): void;
  /** Something was delivered, perhaps the last. */
  delivered(): void;
  /** Something failed that does not end the conversation. */
  noted(cause: AparteError): void;
  ended(end: SessionEnd): void;
}

/** What the room knows when somebody has proven the code. */
export interface PeerOptions {
  /** Ours, as in the handshake. */
  readonly profile: Profile;
  readonly known: readonly KnownPeer[];
  /** What is said to the peer, begun before he came. */
  readonly delivery: Delivery;
  /** How long (ms) to try to come back after the path was lost; null for as long as the tickets are good. */
  readonly reconnect: number | null;
  /** How the two paired by hand; undefined where they did not. */
  readonly manual: ManualPairingOptions | undefined;
}
