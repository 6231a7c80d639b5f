/** A direct connection between two peers that carries frames in order. */
import type { ErrorDetail } from '../../shared/error-details.ts';
import type { IceServer } from '../../shared/ice-servers.ts';

/** What two links must tell each other to connect; travels sealed in the handshake. */
export type LinkSignal =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly type: 'candidate'; readonly candidate: string; readonly mid: string };

/** How a link runs: straight to the other's address, or over a TURN relay. */
export type Path = 'direct' | 'relay';

/** A path and what is known of it. */
export interface Route {
  readonly path: Path;
  /** What carries it from here: to the other side, or to our relay. */
  readonly protocol: 'udp' | 'tcp' | 'tls';
  /** Round trip in ms as ICE measured it last, null while it has not. */
  readonly rttMs: number | null;
}

/** What a link tells. */
export interface LinkEvents {
  /** An own offer, answer or candidate, for the other side. */
  signal(signal: LinkSignal): void;
  /** Every address of this machine has been told. */
  gathered?(): void;
  /** The channel is open both ways. */
  opened(): void;
  /** One frame, whole, 1 to MAX_CHANNEL_FRAME bytes. A longer one closes the link. */
  frame(bytes: Uint8Array): void;
  /** Which way the link runs: before `opened` as a rule, and whenever path or protocol change. */
  path(route: Route): void;
  /**
   * The link is gone, by whatever cause; `why` is as far as that is known. It never opened: so it is after
   * 20 s too. Said once; nothing comes after it.
   */
  closed(why: ErrorDetail): void;
}

/** A link that is connecting or open. */
export interface Link {
  /** Takes the other side's offer, answer or candidate. Late or second ones are ignored. Throws `bad-offer`. */
  signal(signal: LinkSignal): void;
  /** Sends a frame of at most MAX_CHANNEL_FRAME bytes; dropped unless open. The caller bounds what is in flight. */
  send(bytes: Uint8Array): void;
  /** Closes and frees everything; `closed` is not called. Idempotent. */
  close(): void;
}

/**
 * Starts a link. The initiator makes the offer at once, before the other side is known. `offered`: the STUN and TURN
 * servers that the rendezvous offers; which are used is for the link to decide. Left out: none.
 */
export type OpenLink = (initiator: boolean, events: LinkEvents, offered?: readonly IceServer[]) => Link;
