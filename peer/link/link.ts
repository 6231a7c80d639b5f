/** A direct connection between two peers that carries frames in order. */
import type { ErrorDetail } from '../../shared/error-details.ts';
import type { IceServer } from '../../shared/ice-servers.ts';

/** A message that two links exchange to connect. It travels sealed in the handshake. */
export type LinkSignal =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly type: 'candidate'; readonly candidate: string; readonly mid: string };

/** The path of a link: directly to the remote peer, or over a TURN relay. */
export type Path = 'direct' | 'relay';

/** A path with its protocol and round trip. */
export interface Route {
  readonly path: Path;
  /** The protocol to the remote peer, or to our relay. */
  readonly protocol: 'udp' | 'tcp' | 'tls';
  /** Last round trip in ms, null before the first measurement. */
  readonly rttMs: number | null;
}

/** The events of a link. */
export interface LinkEvents {
  /** Our offer, answer or candidate, for the remote peer. */
  signal(signal: LinkSignal): void;
  /** All addresses of this machine were sent as candidates. */
  gathered?(): void;
  /** The channel is open in both directions. */
  opened(): void;
  /** One complete frame of 1 to MAX_CHANNEL_FRAME bytes. A longer frame closes the link. */
  frame(bytes: Uint8Array): void;
  /** The route: usually before `opened`, and whenever path or protocol change. */
  path(route: Route): void;
  /**
   * The link has closed, or did not open within 20 s. `why` is the cause as far as it is known. Called once; no event
   * follows.
   */
  closed(why: ErrorDetail): void;
}

/** A link that is connecting or open. */
export interface Link {
  /** Takes an offer, answer or candidate of the remote peer. Ignores late and repeated ones. Throws `bad-offer`. */
  signal(signal: LinkSignal): void;
  /** Sends a frame of at most MAX_CHANNEL_FRAME bytes. Drops it unless the link is open. The caller limits what is in flight. */
  send(bytes: Uint8Array): void;
  /** Closes and frees everything; `closed` is not called. Idempotent. */
  close(): void;
}

/**
 * Starts a link. The initiator makes the offer at once, before the remote peer is known. `offered`: the STUN and TURN
 * servers that the rendezvous offers. The link decides which of them it uses. Default: none.
 */
export type OpenLink = (initiator: boolean, events: LinkEvents, offered?: readonly IceServer[]) => Link;
