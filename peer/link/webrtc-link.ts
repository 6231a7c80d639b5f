/**
 * A link over simple-peer: one reliable, ordered WebRTC data channel. The WebRTC implementation is injected.
 *
 * The program has these duties:
 * - Close every link. An open connection keeps a Node process alive for ever.
 * - Close a link only after a goodbye was acknowledged. What is still buffered is lost.
 * - Close all links and flush the output, then call `process.reallyExit(code)`. With many connections, wrtc sometimes
 *   crashes while Node runs native destructors.
 */
import type SimplePeer from 'simple-peer';
import type { ErrorDetail } from '../../shared/error-details.ts';
import type { IceServer, RelayPolicy } from '../../shared/ice-servers.ts';
import { MAX_CANDIDATES, MAX_CHANNEL_FRAME, MIN_CHANNEL_FRAME } from '../../shared/limits.ts';
import { keepTrying } from './candidate-retry.ts';
import { FastSimplePeer } from './fast-simple-peer.ts';
import { chosenServers, type IcePolicy, isRelayWithheld, isUsable, withCandidates } from './ice-policy.ts';
import type { Link, LinkEvents, LinkSignal, OpenLink, Route } from './link.ts';
import { diagnose } from './no-path-diagnosis.ts';
import { selectedRoute } from './route-statistics.ts';
import { checkSignal } from './sdp-validation.ts';
import { observed, type WebRtcImplementation } from './webrtc-implementation.ts';

/** How long (ms) an unknown route may delay the opening of a link, and how often the route is read later. */
const ROUTE_PATIENCE = 500;
const ROUTE_EVERY = 2_000;
/** How long (ms) both sides may try to reach each other. The checks of wrtc end after a quarter of that. */
const CONNECT_PATIENCE = 20_000;

/** Most bytes that may come before the link is open. A frame counts as at least the smallest frame. */
const MAX_EARLY = 4 * 1024 * 1024;

/**
 * Both sides make the channel themselves (RFC 8831, section 6.4). wrtc can reorder the first frames of a channel that the
 * remote peer announces.
 */
const CHANNEL = { ordered: true, negotiated: true, id: 0 };

/**
 * Makes links over WebRTC. Throws if there is no WebRTC.
 * @param rtc the WebRTC implementation, or undefined for the one of the browser.
 * @param policy the user's own STUN and TURN servers, and whether relays may be used.
 * @param answerPatience how long (ms) the answering side tries to connect: longer if people carry its answer.
 */
export function webrtcLink(rtc: unknown, policy: IcePolicy, answerPatience = CONNECT_PATIENCE): OpenLink {
  const implementation = (rtc ?? globalThis) as WebRtcImplementation;
  if (typeof implementation.RTCPeerConnection !== 'function') throw new Error('no WebRTC here');
  return (initiator, events, offered = []) => {
    const patience = initiator ? CONNECT_PATIENCE : answerPatience;
    return new WebRtcLink(implementation, policy, offered, initiator, events, patience);
  };
}

class WebRtcLink implements Link {
  readonly #initiator: boolean;
  readonly #events: LinkEvents;
  readonly #peer: FastSimplePeer;
  readonly #policy: IcePolicy;
  readonly #offered: readonly IceServer[];
  readonly #servers: readonly IceServer[];
  readonly #patience: number;
  #connection: RTCPeerConnection | null = null;
  #described = false;
  #candidatesSent = 0;
  /** Destinations of the remote peer's candidates. */
  readonly #taken = new Set<string>();
  /** Candidates of both sides, for the diagnosis. */
  readonly #local: string[] = [];
  readonly #remote: string[] = [];
  #route: Route | null = null;
  /** Whether a path was found. `#open`: whether `opened` was called. */
  #connected = false;
  #open = false;
  #over = false;
  /** Frames that came before the link was told to be open, and their bytes. */
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #connectTimer: ReturnType<typeof setTimeout> | undefined;
  #stopTrying: () => void = () => undefined;
  #routeTimer: ReturnType<typeof setInterval> | undefined;

  constructor(
    rtc: WebRtcImplementation,
    policy: IcePolicy,
    offered: readonly IceServer[],
    initiator: boolean,
    events: LinkEvents,
    patience: number,
  ) {
    this.#patience = patience;
    this.#policy = policy;
    this.#offered = offered;
    this.#servers = chosenServers(policy, offered);
    this.#initiator = initiator;
    this.#events = events;
    this.#peer = new FastSimplePeer({
      initiator,
      wrtc: {
        RTCPeerConnection: observed(rtc, (connection) => {
          this.#connection = connection;
          connection.ondatachannel = ({ channel }) => channel.close();
        }),
        RTCSessionDescription: rtc.RTCSessionDescription,
        RTCIceCandidate: rtc.RTCIceCandidate,
      },
      config: {
        iceServers: this.#servers.map((server) => ({ ...server, urls: [...server.urls] })),
        iceTransportPolicy: policy.relay === 'only' ? 'relay' : 'all',
      },
      channelName: 'aparte',
      channelConfig: CHANNEL,
      trickle: true,
      // A timer that only matters without trickle, but keeps the process alive; 0 would mean 5 s.
      iceCompleteTimeout: 1,
      // Keeps texts and bytes apart.
      objectMode: true,
    });
    this.#listen();
  }

  signal(signal: LinkSignal): void {
    checkSignal(signal);
    if (this.#over) return;
    if (signal.type === 'candidate') {
      if (!this.#takes(signal.candidate)) return;
      this.#add(signal.candidate, signal.mid);
    } else {
      if (this.#described || signal.type !== (this.#initiator ? 'answer' : 'offer')) return;
      this.#described = true;
      this.#connectTimer = setTimeout(() => this.#fail({ key: 'no-connection-in-time' }), this.#patience);
      const sdp = withCandidates(signal.sdp, (candidate) => this.#takes(candidate));
      this.#peer.signal({ type: signal.type, sdp });
      if (this.#patience > CONNECT_PATIENCE) this.#keepTrying();
    }
  }

  #keepTrying(): void {
    const usable = this.#remote.filter((candidate) => isUsable(candidate, this.#policy));
    this.#stopTrying = keepTrying(usable, (candidate) => this.#add(candidate));
  }

  #add(candidate: string, sdpMid = '0'): void {
    this.#peer.signal({ type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex: 0 } as RTCIceCandidate });
  }

  /** Whether to try a candidate of the remote peer. Candidates in its description count, too. */
  #takes(candidate: string): boolean {
    const [, , transport, , address, port, , type] = candidate.split(' ');
    const place = [transport, address, port, type].join(' ').toLowerCase();
    // Candidates in a description are sent once more on their own.
    if (this.#taken.has(place) || this.#taken.size >= MAX_CANDIDATES) return false;
    this.#taken.add(place);
    this.#remote.push(candidate);
    return isUsable(candidate, this.#policy);
  }

  get #relay(): RelayPolicy {
    return this.#policy.relay ?? 'never';
  }

  send(bytes: Uint8Array): void {
    // Not `peer.connected`: in wrtc it waits for a native thread, which takes as long as sending a message.
    if (this.#over || !this.#open) return;
    try {
      this.#peer.send(bytes);
    } catch {
      // The channel has just closed, or more is in flight than the implementation can hold.
      queueMicrotask(() => this.#fail({ key: 'channel-full' }));
    }
  }

  close(): void {
    this.#over = true;
    this.#stopTimers();
    this.#peer.destroy();
  }

  #stopTimers(): void {
    clearTimeout(this.#connectTimer);
    this.#stopTrying();
    clearInterval(this.#routeTimer);
  }

  #listen(): void {
    const peer = this.#peer;
    let why: ErrorDetail = { key: 'closed-by-peer' };
    peer.on('error', (error) => {
      why = { key: 'webrtc-error', code: (error as NodeJS.ErrnoException).code ?? error.name };
    });
    peer.on('close', () => this.#end(why));
    peer.on('signal', (data) => this.#tellSignal(data));
    peer.received = (data) => this.#take(data);
    peer.on('connect', () => void this.#opened());
    peer.on('iceStateChange', (_, gathering) => {
      if (gathering === 'complete' && !this.#over) this.#events.gathered?.();
    });
  }

  /** Reports the route, then that the link is open. */
  async #opened(): Promise<void> {
    clearTimeout(this.#connectTimer);
    this.#stopTrying();
    this.#connected = true;
    await this.#routeIsKnown();
    if (this.#over) return;
    this.#open = true;
    this.#events.opened();
    for (const frame of this.#early.splice(0)) if (!this.#over) this.#events.frame(frame);
    this.#peer.on('iceStateChange', () => void this.#tellRoute());
    // ICE can select another pair of candidates at any time, and not every implementation reports that.
    this.#routeTimer = setInterval(() => void this.#tellRoute(), ROUTE_EVERY);
    this.#routeTimer.unref?.();
  }

  /** Reads the route. If a relay may be in use, waits until the route is known, so that no frame is sent before. */
  async #routeIsKnown(): Promise<void> {
    const pause = () => new Promise((resolve) => setTimeout(resolve, ROUTE_PATIENCE).unref?.());
    for (;;) {
      await Promise.race([this.#tellRoute(), pause()]);
      if (this.#route !== null || this.#relay === 'never' || this.#over) return;
      await pause();
    }
  }

  #tellSignal(data: SimplePeer.SignalData): void {
    if (this.#over) return;
    if (data.type === 'offer' || data.type === 'answer') {
      // Earlier versions refuse a description with more candidates.
      let count = 0;
      const keeps = (candidate: string) => isUsable(candidate, this.#policy) && ++count <= MAX_CANDIDATES;
      this.#events.signal({ type: data.type, sdp: withCandidates(data.sdp ?? '', keeps) });
    } else if ('candidate' in data) {
      const { candidate, sdpMid } = data.candidate;
      // Some implementations mark the end of candidates by an empty candidate.
      if (candidate === '' || !isUsable(candidate, this.#policy)) return;
      if (this.#candidatesSent++ >= MAX_CANDIDATES) return;
      this.#local.push(candidate);
      this.#events.signal({ type: 'candidate', candidate, mid: sdpMid ?? '0' });
    }
  }

  #take(data: unknown): void {
    if (this.#over) return;
    if (!(data instanceof ArrayBuffer)) {
      this.#fail({ key: 'text-frame' });
    } else if (data.byteLength < 1 || data.byteLength > MAX_CHANNEL_FRAME) {
      this.#fail({ key: 'frame-length', bytes: data.byteLength });
    } else {
      const frame = new Uint8Array(data);
      if (this.#open) this.#events.frame(frame);
      else this.#keep(frame);
    }
  }

  #keep(frame: Uint8Array): void {
    this.#early.push(frame);
    this.#earlyBytes += Math.max(frame.length, MIN_CHANNEL_FRAME);
    if (this.#earlyBytes > MAX_EARLY) this.#fail({ key: 'too-much-early' });
  }

  async #tellRoute(): Promise<void> {
    const route = this.#connection && (await selectedRoute(this.#connection));
    if (this.#over || route === null) return;
    const before = this.#route;
    this.#route = route;
    if (route.path !== before?.path || route.protocol !== before.protocol) this.#events.path(route);
  }

  #fail(why: ErrorDetail): void {
    this.#peer.destroy();
    this.#end(why);
  }

  #end(why: ErrorDetail): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimers();
    this.#events.closed(this.#described && !this.#connected ? this.#diagnosis() : why);
  }

  #diagnosis(): ErrorDetail {
    return diagnose({
      local: this.#local,
      remote: this.#remote,
      urls: this.#servers.flatMap(({ urls }) => urls),
      relay: this.#relay,
      relayWithheld: isRelayWithheld(this.#policy, this.#offered),
    });
  }
}
