/** What a conversation needs to know of the way by which two programs find each other. */
import type { OpenManualRendezvous, OpenRendezvous } from '../rendezvous/rendezvous.ts';

/** A way to meet. */
export interface WayToMeet {
  readonly open: OpenRendezvous;
  /** Left out unless the two pair manually; `open` is then for coming back. */
  readonly openManual?: OpenManualRendezvous;
  /** The server as it is shown; null where there is none. */
  readonly server: string | null;
  /** The invite for a code, null where there is no server to name. */
  readonly invite: (code: string) => string | null;
  /** Whether addresses that lead only back to this machine, and link-local ones of IPv4, are tried for a connection. */
  readonly loopback: boolean;
  readonly linkLocal: boolean;
  /** Whether who has our own identity is somebody to talk to: on this machine or network, a program of the same user. */
  readonly allowsOwn: boolean;
  /** Closes the server inside, if there is one. */
  close(): Promise<void>;
}
