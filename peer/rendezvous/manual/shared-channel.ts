/**
 * The one channel of a manual pairing. Flights of the handshake and frames of the session travel over it alike, and the
 * first byte tells them apart (docs/PROTOCOL.md, Manual pairing): the flights are for the rendezvous, the frames for the
 * session, to which the channel is given as a link.
 */
import { AparteError } from '../../../shared/errors.ts';
import { MIN_CHANNEL_FRAME } from '../../../shared/limits.ts';
import type { Link, LinkEvents, LinkSignal, OpenLink, Route } from '../../link/link.ts';

/** First byte of the first frame that is of a session. */
const SESSION_FRAMES = 16;
/** Bytes of session frames that may come before the session is there to take them. */
const MAX_EARLY = 1_048_576;
/** wrtc may say that all addresses were told before it tells the last of them: for so long (ms) none must have come. */
const SETTLE = 50;

/** What a carrier tells the rendezvous. */
export interface CarrierEvents {
  /** Our description, and every address this machine was found to have, as far as time allowed. Said once. */
  ready(sdp: string, candidates: readonly string[]): void;
  /** The channel is open. */
  opened(): void;
  /** A frame of the handshake. */
  flight(bytes: Uint8Array): void;
  /** The channel is gone, or never came about. Nothing is told after it. */
  closed(detail: string): void;
}

/** See the head of this file. */
export class Carrier {
  readonly #initiator: boolean;
  readonly #events: CarrierEvents;
  readonly #link: Link;
  #description: string | null = null;
  readonly #candidates: string[] = [];
  #gathering: ReturnType<typeof setTimeout> | null;
  #settling: ReturnType<typeof setTimeout> | null = null;
  /** Whether all addresses were told, or the time for it is over; and whether we said so. */
  #gathered = false;
  #isReady = false;
  #route: Route | null = null;
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #session: LinkEvents | null = null;
  #inUse = false;
  #closed: string | null = null;

  /** `gatherFor`: how long (ms) addresses are looked for at most. */
  constructor(openLink: OpenLink, initiator: boolean, gatherFor: number, events: CarrierEvents) {
    this.#initiator = initiator;
    this.#events = events;
    this.#link = openLink(initiator, {
      signal: (signal) => this.#gotOwn(signal),
      gathered: () => this.#settle(),
      opened: () => events.opened(),
      frame: (bytes) => this.#gotFrame(bytes),
      path: (route) => this.#gotRoute(route),
      closed: (detail) => this.#gone(detail),
    });
    this.#gathering = setTimeout(() => {
      this.#gathering = null;
      this.#settle();
    }, gatherFor);
  }

  /** Takes the other side's description. Throws `bad-offer`. */
  describe(type: 'offer' | 'answer', sdp: string): void {
    this.#link.signal({ type, sdp });
  }

  /** Sends a flight. */
  send(bytes: Uint8Array): void {
    this.#link.send(bytes);
  }

  /** Gives the channel to a session: from now on it closes it. */
  adopt(events: LinkEvents): Link {
    this.#session = events;
    const detail = this.#closed;
    if (detail !== null) queueMicrotask(() => events.closed(detail));
    else if (this.#initiator) queueMicrotask(() => events.signal({ type: 'offer', sdp: '' }));
    return {
      signal: (signal) => this.#gotTheirs(signal),
      send: (bytes) => this.#link.send(bytes),
      close: () => this.#close(),
    };
  }

  /** Closes the channel unless a session has it. */
  leave(): void {
    if (this.#session === null) this.#close();
  }

  #gotOwn(signal: LinkSignal): void {
    if (signal.type === 'candidate') this.#candidates.push(signal.candidate);
    else this.#description = signal.sdp;
    if (this.#gathered) this.#settle();
  }

  #settle(): void {
    this.#gathered = true;
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#ready(), SETTLE);
  }

  #ready(): void {
    const sdp = this.#description;
    if (this.#isReady || sdp === null) return;
    const none = this.#candidates.length === 0 && !sdp.includes('a=candidate');
    if (none && this.#gathering !== null) return;
    this.#stop();
    this.#isReady = true;
    this.#events.ready(sdp, this.#candidates);
  }

  /** The other side's part of the handshake: all there is to say of the channel was said when it was opened. */
  #gotTheirs(signal: LinkSignal): void {
    if (signal.type === 'candidate' || signal.sdp !== '') {
      throw new AparteError('bad-offer', 'another channel than the one in use');
    }
    queueMicrotask(() => this.#use());
  }

  #use(): void {
    const session = this.#session;
    if (this.#inUse || this.#closed !== null || session === null) return;
    this.#inUse = true;
    if (!this.#initiator) session.signal({ type: 'answer', sdp: '' });
    if (this.#route !== null) session.path(this.#route);
    session.opened();
    for (const frame of this.#early.splice(0)) session.frame(frame);
  }

  #gotFrame(bytes: Uint8Array): void {
    if ((bytes[0] ?? 0) < SESSION_FRAMES) this.#events.flight(bytes);
    else if (this.#inUse) this.#session?.frame(bytes);
    else this.#keep(bytes);
  }

  #keep(bytes: Uint8Array): void {
    this.#early.push(bytes);
    // However short, it takes a place of its own.
    this.#earlyBytes += Math.max(bytes.length, MIN_CHANNEL_FRAME);
    if (this.#earlyBytes <= MAX_EARLY) return;
    this.#link.close();
    this.#gone('the other side sent too much before the handshake was done');
  }

  #gotRoute(route: Route): void {
    this.#route = route;
    if (this.#inUse) this.#session?.path(route);
  }

  #gone(detail: string): void {
    if (this.#closed !== null) return;
    this.#closed = detail;
    this.#stop();
    this.#early = [];
    // The handshake first: what the end of the channel means is for it to say.
    this.#events.closed(detail);
    this.#session?.closed(detail);
  }

  #close(): void {
    this.#closed ??= 'closed here';
    this.#stop();
    this.#link.close();
  }

  #stop(): void {
    for (const timer of [this.#gathering, this.#settling]) if (timer !== null) clearTimeout(timer);
    this.#gathering = null;
    this.#settling = null;
  }
}
