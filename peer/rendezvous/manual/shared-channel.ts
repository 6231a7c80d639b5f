/**
 * The one channel of a manual pairing, shared by the handshake and the session. The first byte of a frame says whose it
 * is (docs/PROTOCOL.md, Manual pairing): the rendezvous gets the handshake's flights, the session gets its frames.
 */
import type { ErrorDetail } from '../../../shared/error-details.ts';
import { AparteError } from '../../../shared/errors.ts';
import { MIN_CHANNEL_FRAME } from '../../../shared/limits.ts';
import type { Link, LinkEvents, LinkSignal, OpenLink, Route } from '../../link/link.ts';

/** Frames of the session start with this byte or a higher one. */
const SESSION_FRAMES = 16;
/** Bytes of session frames that are kept until the session is ready. */
const MAX_EARLY = 1_048_576;
/**
 * Wait after the last address, in ms. wrtc may report that it has found all addresses before it reports the last one.
 */
const SETTLE = 50;

/** What the channel reports to the rendezvous. */
export interface ChannelEvents {
  /** Our description, and all addresses of this machine that were found in time. Reported once. */
  ready(sdp: string, candidates: readonly string[]): void;
  /** The channel is open. */
  opened(): void;
  /** A flight of the handshake. */
  flight(bytes: Uint8Array): void;
  /** The channel has closed, or never opened; `why` is the cause. Nothing follows. */
  closed(why: ErrorDetail): void;
}

/** A channel that opens when made. */
export class SharedChannel {
  readonly #initiator: boolean;
  readonly #events: ChannelEvents;
  readonly #link: Link;
  #description: string | null = null;
  readonly #candidates: string[] = [];
  #gathering: ReturnType<typeof setTimeout> | null;
  #settling: ReturnType<typeof setTimeout> | null = null;
  /** All addresses are known, or the time for finding them is over. */
  #gathered = false;
  /** `ready` was reported. */
  #isReady = false;
  #route: Route | null = null;
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #session: LinkEvents | null = null;
  #inUse = false;
  #closed: ErrorDetail | null = null;

  /** `gatherFor`: time for finding addresses, in ms. */
  constructor(openLink: OpenLink, initiator: boolean, gatherFor: number, events: ChannelEvents) {
    this.#initiator = initiator;
    this.#events = events;
    this.#link = openLink(initiator, {
      signal: (signal) => this.#gotLocalSignal(signal),
      gathered: () => this.#settle(),
      opened: () => events.opened(),
      frame: (bytes) => this.#gotFrame(bytes),
      path: (route) => this.#gotRoute(route),
      closed: (why) => this.#gotClosed(why),
    });
    this.#gathering = setTimeout(() => {
      this.#gathering = null;
      this.#settle();
    }, gatherFor);
  }

  /** Takes the remote description. Throws `bad-offer`. */
  describe(type: 'offer' | 'answer', sdp: string): void {
    this.#link.signal({ type, sdp });
  }

  /** Sends a flight of the handshake. */
  send(bytes: Uint8Array): void {
    this.#link.send(bytes);
  }

  /** Hands the channel to a session, which closes it from then on. */
  adopt(events: LinkEvents): Link {
    this.#session = events;
    const why = this.#closed;
    if (why !== null) queueMicrotask(() => events.closed(why));
    else if (this.#initiator) queueMicrotask(() => events.signal({ type: 'offer', sdp: '' }));
    return {
      signal: (signal) => this.#gotRemoteSignal(signal),
      send: (bytes) => this.#link.send(bytes),
      close: () => this.#close(),
    };
  }

  /** Closes the channel, unless a session has taken it. */
  leave(): void {
    if (this.#session === null) this.#close();
  }

  #gotLocalSignal(signal: LinkSignal): void {
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

  /** The handshake carries an empty description: the blobs have described this channel already. */
  #gotRemoteSignal(signal: LinkSignal): void {
    if (signal.type === 'candidate' || signal.sdp !== '') {
      throw new AparteError('bad-offer', { key: 'bad-description', fault: 'other-channel' });
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
    // A short frame costs memory as well.
    this.#earlyBytes += Math.max(bytes.length, MIN_CHANNEL_FRAME);
    if (this.#earlyBytes <= MAX_EARLY) return;
    this.#link.close();
    this.#gotClosed({ key: 'too-much-early' });
  }

  #gotRoute(route: Route): void {
    this.#route = route;
    if (this.#inUse) this.#session?.path(route);
  }

  #gotClosed(why: ErrorDetail): void {
    if (this.#closed !== null) return;
    this.#closed = why;
    this.#stop();
    this.#early = [];
    // The handshake decides what the end of the channel means, so it hears of it first.
    this.#events.closed(why);
    this.#session?.closed(why);
  }

  #close(): void {
    this.#closed ??= { key: 'closed-here' };
    this.#stop();
    this.#link.close();
  }

  #stop(): void {
    for (const timer of [this.#gathering, this.#settling]) if (timer !== null) clearTimeout(timer);
    this.#gathering = null;
    this.#settling = null;
  }
}
