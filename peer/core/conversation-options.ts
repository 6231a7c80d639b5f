/** What a conversation is opened with. */
import type { RelayPolicy } from '../../shared/ice-servers.ts';
import type { Identity, Random } from '../crypto/index.ts';
import type { KnownPeer } from './facts-and-orders.ts';
import type { ManualPairingOptions } from './manual-pairing.ts';

/** What a room is opened with. */
export interface ConversationOptions {
  readonly version: string;
  /** The rendezvous server as shown to the user, null where there is none. */
  readonly server: string | null;
  readonly name: string;
  readonly identity: Identity;
  /** Whether another program with our own identity is somebody to talk to: where all are on this machine. Left out: no. */
  readonly allowsOwn?: boolean;
  readonly known: readonly KnownPeer[];
  /** Null nameplate: one is asked for. The secret is normalised. */
  readonly code: { readonly nameplate: string | null; readonly secret: string };
  /** To pair by hand, and not by the code. Left out: no. */
  readonly manual?: ManualPairingOptions;
  /** Makes the invite of a code, null where there is no server to name. */
  invite(code: string): string | null;
  /** How long (ms) to wait for the other side; null for ever. */
  readonly timeout: number | null;
  /** Whether `timeout` runs until the first text was shown, and not only until the other side has come. Left out: no. */
  readonly awaitsText?: boolean;
  /** How long (ms) to try to come back after the path was lost; null as long as can be. */
  readonly reconnect: number | null;
  /** How long (ms) the server may be out of reach at the start; null for ever. */
  readonly serverPatience: number | null;
  readonly random: Random;
  /** Left out: `never`. */
  readonly relay?: RelayPolicy;
}
