/**
 * WebRTC over node-datachannel (libdatachannel with libjuice): as much of a browser's `RTCPeerConnection` as simple-peer
 * and `route-statistics.ts` use. A send on a channel that the remote peer has just closed throws here; in wrtc it crashes.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { closeSync, openSync } from 'node:fs';
import { isIP } from 'node:net';
import { devNull } from 'node:os';
import type { DataChannel, IceServer as NativeServer, PeerConnection, RtcConfig } from 'node-datachannel';
import { STUN_PORT } from '../../../shared/stun.ts';
import { isRelayed } from '../ice-policy.ts';
import type { WebRtcImplementation } from '../webrtc-implementation.ts';
import { makeCertificate } from './dtls-certificate.ts';
import { varyingCandidates } from './nat-probe.ts';
import {
  hasNetwork,
  hasOnlyLinkLocal,
  isLoopback,
  isOwnAddress,
  loopbackAddress,
  ownAddresses,
} from './own-addresses.ts';
import { parseTurnUrl, TurnBridge } from './turn-bridge.ts';

/** The part of the `node-datachannel` module that is used. */
export interface NodeDataChannel {
  readonly PeerConnection: new (name: string, config: RtcConfig) => PeerConnection;
  /** Initialises the native library. */
  preload(): void;
}

/** STUN servers that are asked whether the NAT uses another port for each of them, at most. */
const MAX_STUN = 3;
/** TURN servers that libjuice asks, at most (its MAX_RELAY_ENTRIES_COUNT). */
const MAX_RELAYS = 2;
/**
 * Own addresses that the remote peer is told, and addresses of theirs that are tried, at most: libjuice takes 30, and
 * needs places for those that checks come from.
 */
const MAX_HOSTS = 10;
const MAX_REMOTE = 22;
/** The origin line of libdatachannel's descriptions, and of those that `short-sdp.ts` restores, whoever made them. */
const OWN_KIND = /^o=rtc /m;
const RESTORED = /^o=- 1 1 IN IP4 0\.0\.0\.0/m;
/** How long (ms) a description waits for this machine's addresses, which are at hand. */
const HOSTS_PATIENCE = 100;
/** How long (ms) an answering side tries to reach the offering side first. */
const REACH_PATIENCE = 100;
/** How often a connection begins anew that failed before its channel was open. */
const MAX_RETRIES = 3;
/** How long (ms) a port may take to be free again: a ms or two as a rule. */
const PORT_PATIENCE = 500;
/** File descriptors that the native library may open at once: eight were seen. */
const DESCRIPTORS = 12;
/** Random bytes of ICE credentials: 24 and 128 bits are the least (RFC 8445, section 5.3). */
const UFRAG_BYTES = 6;
const PWD_BYTES = 24;

type Description = { readonly type: 'offer' | 'answer'; readonly sdp: string };
type Server = { readonly urls: readonly string[]; readonly username?: string; readonly credential?: string };

/**
 * Makes a WebRTC implementation of the module. What a process does slowly for the first time is done now, while the
 * rendezvous is still being reached: it takes some 20 ms.
 */
export function overNodeDataChannel(library: NodeDataChannel): WebRtcImplementation {
  const { PeerConnection: Native } = library;
  library.preload();
  makeCertificate();
  ownAddresses().catch(() => undefined);
  class Bound extends Connection {
    constructor(configuration: RTCConfiguration = {}) {
      super(Native, configuration);
    }
  }
  return {
    RTCPeerConnection: Bound,
    RTCSessionDescription: Plain,
    RTCIceCandidate: Plain,
  } as unknown as WebRtcImplementation;
}

/** A description or a candidate. */
class Plain {
  constructor(fields: object) {
    Object.assign(this, fields);
  }

  toJSON(): object {
    return { ...this };
  }
}

class Connection {
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  onicegatheringstatechange: (() => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  onsignalingstatechange: (() => void) | null = null;
  ondatachannel: ((event: { channel: { close(): void } }) => void) | null = null;
  iceConnectionState = 'new';
  iceGatheringState = 'new';
  connectionState = 'new';
  signalingState = 'stable';
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  readonly #Native: NodeDataChannel['PeerConnection'];
  readonly #servers: readonly Server[];
  readonly #isRelayOnly: boolean;
  /** What another native connection needs to stand for this one. */
  readonly #certificate = makeCertificate();
  readonly #attributes = { iceUfrag: iceChars(UFRAG_BYTES), icePwd: iceChars(PWD_BYTES) };
  #port: number | null = null;
  readonly #channels: { readonly channel: Channel; readonly open: (native: PeerConnection) => DataChannel }[] = [];
  #started: Promise<PeerConnection>;
  #native: PeerConnection | null = null;
  #isClosed = false;
  #bridges: readonly TurnBridge[] = [];
  #described: (description: Description) => void = () => undefined;
  #reached: () => void = () => undefined;
  /** Begins anew where the native connection fails before its channel is open; null where that is the end. */
  #retry: (() => Promise<void>) | null = null;
  #retriesLeft = MAX_RETRIES;
  /** An answer that was made as soon as the offer came. */
  #earlyAnswer: Description | null = null;
  /** This machine's addresses as candidates, once the port is known. */
  #hosts: Promise<readonly string[]> = Promise.resolve([]);
  #hostsKnown: (hosts: Promise<readonly string[]>) => void = () => undefined;
  /** Resolves once every candidate so far has been told: they are told in order, and behind the description. */
  #told: Promise<void> = Promise.resolve();
  #tellFirst: () => void = () => undefined;
  /** Candidates that were told to the remote peer, and those that it told, by `ADDRESS PORT`. */
  readonly #own = new Set<string>();
  readonly #remote = new Map<string, string>();

  constructor(Native: NodeDataChannel['PeerConnection'], configuration: RTCConfiguration) {
    this.#Native = Native;
    this.#servers = (configuration.iceServers ?? []) as readonly Server[];
    this.#isRelayOnly = configuration.iceTransportPolicy === 'relay';
    this.#told = new Promise<void>((resolve) => (this.#tellFirst = resolve));
    this.#started = this.#start(null);
    // Where it fails, setting a description says so.
    this.#started.catch(() => undefined);
  }

  /** Makes the native connection: on any port, or on the one given. */
  async #start(port: number | null): Promise<PeerConnection> {
    const relays = await this.#openBridges();
    if (this.#isClosed) throw new Error('closed');
    // libjuice lists no link-local address, so it would not tell the port either.
    const chosen = port ?? (hasOnlyLinkLocal() ? await unusedPort() : null);
    ensureDescriptors();
    const native = new this.#Native('aparte', {
      iceServers: [...stunServers(this.#servers), ...relays],
      iceTransportPolicy: this.#isRelayOnly ? 'relay' : 'all',
      disableAutoNegotiation: true,
      certificatePemFile: this.#certificate.certificate,
      keyPemFile: this.#certificate.key,
      ...(chosen !== null && { portRangeBegin: chosen, portRangeEnd: chosen }),
      ...(this.#boundTo !== null && { bindAddress: this.#boundTo }),
    });
    this.#native = native;
    this.#hosts = new Promise((resolve) => (this.#hostsKnown = resolve));
    if (chosen !== null && hasOnlyLinkLocal()) {
      this.#port = chosen;
      this.#hostsKnown(hostCandidates(null, chosen));
    }
    this.#listen(native);
    for (const { channel, open } of this.#channels) channel.attach(open(native));
    return native;
  }

  /**
   * The loopback address that the socket is bound to; null for all addresses. libjuice sends checks to the remote peer's
   * addresses whatever the policy: so bound, it can reach nothing but the bridges to the relays and addresses of this
   * machine, which `#takes` leaves out. Without a network, only this machine can be reached.
   */
  get #boundTo(): string | null {
    if (this.#isRelayOnly) return loopbackAddress('IPv6');
    return hasNetwork() ? null : loopbackAddress('IPv4');
  }

  /** Lets go of the native connection, for another to take its place. */
  #discard(): void {
    for (const { channel } of this.#channels) channel.detach();
    this.#native?.close();
    this.#native = null;
    this.#closeBridges();
  }

  /** Makes the native connection anew, with the same port, credentials and certificate: the remote peer sees no change. */
  async #restart(): Promise<PeerConnection> {
    this.#discard();
    if (this.#port !== null) await freePort(this.#port, this.#boundTo);
    this.#started = this.#start(this.#port);
    return this.#started;
  }

  /** Opens a bridge to each TURN server, and returns the servers that stand for them. */
  async #openBridges(): Promise<NativeServer[]> {
    const order = ['udp', 'tcp', 'tls'];
    const relays = this.#servers
      .flatMap(({ urls, username = '', credential = '' }) =>
        urls.flatMap((url) => {
          const turn = parseTurnUrl(url);
          return turn === null ? [] : [{ turn, username, password: credential }];
        }),
      )
      .sort((a, b) => order.indexOf(a.turn.protocol) - order.indexOf(b.turn.protocol))
      .slice(0, MAX_RELAYS);
    const inside = this.#boundTo ?? loopbackAddress('IPv4');
    const bridges = await Promise.all(relays.map(({ turn }) => TurnBridge.open(turn, inside)));
    this.#bridges = bridges;
    if (this.#isClosed) this.#closeBridges();
    return relays.map(({ username, password }, index) => ({
      hostname: inside,
      port: bridges[index]?.port ?? 0,
      username,
      password,
      relayType: 'TurnUdp',
    }));
  }

  #listen(native: PeerConnection): void {
    /** What a native connection says that another has taken the place of is not heard. */
    const heard =
      <T extends readonly unknown[]>(take: (...values: T) => void) =>
      (...values: T) => {
        if (native === this.#native && !this.#isClosed) take(...values);
      };
    native.onLocalDescription(
      heard((sdp: string, type: string) => this.#described({ type: type as Description['type'], sdp })),
    );
    native.onLocalCandidate(heard((line: string, mid: string) => this.#gathered(line.replace(/^a=/, ''), mid)));
    native.onGatheringStateChange(heard((state: string) => this.#inOrder(() => this.#gatheringIs(state))));
    native.onIceStateChange(heard((state: string) => this.#iceIs(state)));
    native.onStateChange(
      heard((state: string) => {
        if (state === 'failed' && this.#tryAgain()) return;
        this.connectionState = state;
        this.onconnectionstatechange?.();
      }),
    );
    native.onSignalingStateChange(
      heard((state: string) => {
        this.signalingState = state;
        this.onsignalingstatechange?.();
      }),
    );
    native.onDataChannel(heard((channel: DataChannel) => this.ondatachannel?.({ channel })));
  }

  #iceIs(state: string): void {
    // The end of the channel says it, and says why.
    if (state === 'closed') return;
    if (state === 'connected') this.#reached();
    if (state === 'failed' && this.#tryAgain()) return;
    this.iceConnectionState = state;
    this.oniceconnectionstatechange?.();
  }

  /** Begins anew, if that may help. */
  #tryAgain(): boolean {
    if (this.#retry === null || this.#isClosed || this.#retriesLeft === 0) return false;
    this.#retriesLeft -= 1;
    this.#discard();
    this.#retry().catch(() => {
      this.#retry = null;
      this.#iceIs('failed');
    });
    return true;
  }

  #gatheringIs(state: string): void {
    this.iceGatheringState = state;
    this.onicegatheringstatechange?.();
    if (state === 'complete') this.onicecandidate?.({ candidate: null });
  }

  /** Tells a candidate. In place of libjuice's host candidates, which are few and unordered, our own are told. */
  #gathered(candidate: string, mid: string): void {
    const [, , , , address = '', port, , type] = candidate.split(' ');
    if (type === 'host') {
      this.#port = Number(port);
      this.#hostsKnown(hostCandidates(address, this.#port));
    } else if (!this.#bridges.some((bridge) => bridge.isMapped(address, Number(port)))) {
      this.#inOrder(() => this.#tell(candidate, mid));
    }
  }

  #inOrder(tell: () => void): void {
    this.#told = this.#told.then(() => {
      if (!this.#isClosed) tell();
    });
  }

  #tell(candidate: string, sdpMid: string): void {
    const place = placeOf(candidate);
    if (this.#own.has(place)) return;
    this.#own.add(place);
    this.onicecandidate?.({ candidate: { candidate, sdpMid, sdpMLineIndex: 0 } });
  }

  createDataChannel(label: string | null, { negotiated, id }: { negotiated: boolean; id: number }): Channel {
    const channel = new Channel(
      () => {
        this.#retry = null;
      },
      () => this.#tryAgain(),
    );
    const open = (native: PeerConnection) => native.createDataChannel(label ?? '', { negotiated, id });
    this.#channels.push({ channel, open });
    if (this.#native !== null) channel.attach(open(this.#native));
    return channel;
  }

  createOffer(): Promise<Description> {
    return Promise.resolve({ type: 'offer', sdp: '' });
  }

  createAnswer(): Promise<Description> {
    return Promise.resolve({ type: 'answer', sdp: '' });
  }

  async setLocalDescription({ type }: Description): Promise<void> {
    const { sdp } = this.#earlyAnswer ?? (await this.#describe(await this.#started, type));
    const hosts = this.#isRelayOnly ? [] : await within(HOSTS_PATIENCE, this.#hosts, []);
    this.localDescription = { type, sdp: sdp + hosts.map((each) => `a=${each}\r\n`).join('') };
    if (!this.#isRelayOnly) void this.#tellNat();
    // Candidates come behind the description, those in it as well: simple-peer hands it on in a microtask.
    setImmediate(() => {
      if (!this.#isClosed) for (const each of hosts) this.#tell(each, '0');
      this.#tellFirst();
    });
  }

  async #tellNat(): Promise<void> {
    const candidates = await varyingCandidates(stunServers(this.#servers).slice(0, MAX_STUN));
    for (const each of candidates) this.#inOrder(() => this.#tell(each, '0'));
  }

  /** Has the native connection make its description, and start ICE. */
  async #describe(native: PeerConnection, type: Description['type']): Promise<Description> {
    const described = new Promise<Description>((resolve) => (this.#described = resolve));
    ensureDescriptors();
    native.setLocalDescription(type, this.#attributes);
    return described;
  }

  async setRemoteDescription({ type, sdp }: Description): Promise<void> {
    await this.#started;
    const taken = sdp
      .split('\r\n')
      .filter((line) => !line.startsWith('a=candidate:') || this.#takes(line.slice('a='.length)))
      .join('\r\n');
    if (type === 'answer') await this.#takeAnswer(taken);
    else await this.#takeOffer(taken);
    this.remoteDescription = { type, sdp };
  }

  /**
   * The remote peer may have checked our addresses already. libjuice begins its own checks of those it has seen before
   * libdatachannel knows the remote fingerprint, and refuses a handshake that is faster (one in a hundred on a machine
   * with load): so a fresh connection takes the answer. One with relays would lose its addresses there.
   */
  async #takeAnswer(sdp: string): Promise<void> {
    const native = await this.#started;
    if (this.#port === null || this.#bridges.length > 0) return native.setRemoteDescription(sdp, 'answer');
    const answered = async () => {
      const fresh = await this.#restart();
      // Nothing comes between the two, as far as that is in our power.
      void this.#describe(fresh, 'offer');
      fresh.setRemoteDescription(sdp, 'answer');
      this.#readdCandidates(fresh);
    };
    this.#retry = answered;
    await answered();
  }

  #readdCandidates(native: PeerConnection): void {
    for (const candidate of this.#remote.values()) native.addRemoteCandidate(candidate, '0');
  }

  /**
   * libdatachannel drops a DTLS hello that comes before its own checks have succeeded, and sends one again after a
   * second only: the side whose checks succeed last must send it. If ours reach the offering side before it has our
   * answer, that is the offering side, else we. An answer that goes from hand to hand can only be the former.
   */
  async #takeOffer(sdp: string): Promise<void> {
    const isByHand = RESTORED.test(sdp);
    const native = await this.#started;
    if (!sdp.includes('a=candidate') || !(isByHand || OWN_KIND.test(sdp)))
      return native.setRemoteDescription(sdp, 'offer');
    const reached = new Promise<boolean>((resolve) => (this.#reached = () => resolve(true)));
    const passively = async (connection: PeerConnection) => {
      connection.setRemoteDescription(sdp.replace('a=setup:actpass', 'a=setup:active'), 'offer');
      return this.#describe(connection, 'answer');
    };
    this.#retry = async () => {
      const fresh = await this.#restart();
      void passively(fresh);
      this.#readdCandidates(fresh);
    };
    this.#earlyAnswer = await passively(native);
    if (isByHand) {
      // libjuice gives up after 40 s; the answer may take minutes.
      this.#retriesLeft = Number.POSITIVE_INFINITY;
    } else if (!(await within(REACH_PATIENCE, reached, false)) && !this.#isClosed) {
      this.#retry = null;
      this.#earlyAnswer = null;
      this.#discard();
      this.#started = this.#start(null);
      (await this.#started).setRemoteDescription(sdp, 'offer');
    }
  }

  async addIceCandidate({ candidate = '', sdpMid }: RTCIceCandidateInit): Promise<void> {
    const native = await this.#started;
    if (this.#takes(candidate)) native.addRemoteCandidate(candidate, sdpMid ?? '0');
  }

  /**
   * Whether a candidate of the remote peer has an IP address, is new, and not one too many. A name is not looked up: the
   * answer could lead to this machine. Browsers hide their addresses behind names, and reach ours instead. Where only
   * relays may be used, an address of this machine is left out: our socket could reach it directly.
   */
  #takes(candidate: string): boolean {
    const place = placeOf(candidate);
    const [address = ''] = place.split(' ');
    if (isIP(address) === 0) return false;
    if (this.#isRelayOnly && !isRelayed(candidate) && this.#reachesDirectly(address)) return false;
    if (this.#remote.has(place) || this.#remote.size >= MAX_REMOTE) return false;
    this.#remote.set(place, candidate);
    return true;
  }

  /** Whether our socket, bound to the loopback device, reaches an address: one of this machine, of the same version of IP. */
  #reachesDirectly(address: string): boolean {
    return isIP(address) === isIP(this.#boundTo ?? '') && isOwnAddress(address);
  }

  async getStats(): Promise<Map<string, object>> {
    const pair = this.#native?.getSelectedCandidatePair() ?? null;
    if (this.#native === null || pair === null) return new Map();
    const rtt = this.#native.rtt();
    const { local, remote } = pair;
    const bridge = this.#bridges.find((each) => each.relays(local.address, local.port));
    const all = [
      { id: 'transport', type: 'transport', selectedCandidatePairId: 'pair' },
      {
        id: 'pair',
        type: 'candidate-pair',
        localCandidateId: 'local',
        remoteCandidateId: 'remote',
        // In ms, and -1 while nothing was measured.
        ...(rtt >= 0 && { currentRoundTripTime: rtt / 1_000 }),
      },
      {
        id: 'local',
        type: 'local-candidate',
        candidateType: local.type,
        protocol: 'udp',
        ...(bridge !== undefined && { relayProtocol: bridge.protocol }),
      },
      { id: 'remote', type: 'remote-candidate', candidateType: remote.type, protocol: 'udp' },
    ];
    return new Map(all.map((stat) => [stat.id, stat]));
  }

  close(): void {
    this.#isClosed = true;
    this.#native?.close();
    this.#closeBridges();
  }

  #closeBridges(): void {
    for (const bridge of this.#bridges) bridge.close();
    this.#bridges = [];
  }
}

/** Where a candidate leads: `ADDRESS PORT`. */
function placeOf(candidate: string): string {
  const [, , , , address, port] = candidate.split(' ');
  return `${address} ${port}`;
}

/** Characters for ICE credentials (RFC 8839, section 5.4), four of them for each three bytes. */
function iceChars(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}

/** Throws where the process has too few file descriptors left: the native library would end the process. */
function ensureDescriptors(): void {
  const open: number[] = [];
  try {
    for (let count = 0; count < DESCRIPTORS; count += 1) open.push(openSync(devNull, 'r'));
  } finally {
    for (const each of open) closeSync(each);
  }
}

/** The STUN servers. libjuice asks one of them. */
function stunServers(servers: readonly Server[]): { readonly hostname: string; readonly port: number }[] {
  return servers
    .flatMap(({ urls }) => urls)
    .flatMap((url) => {
      const match = /^stun:(\[[^\]]+\]|[^:?]+)(?::(\d+))?$/.exec(url);
      if (match === null) return [];
      const [, host = '', port] = match;
      return [{ hostname: host.replace(/^\[|\]$/g, ''), port: port === undefined ? STUN_PORT : Number(port) }];
    });
}

/**
 * Host candidates for every address of this machine, their priority (RFC 8445, section 5.1.2.1) falling with their use:
 * libjuice has one socket for all. Only the loopback device, where that is all the socket is bound to.
 */
async function hostCandidates(address: string | null, port: number): Promise<readonly string[]> {
  const addresses = address !== null && isLoopback(address) ? [address] : (await ownAddresses()).slice(0, MAX_HOSTS);
  return addresses.map((each, index) => {
    const priority = 126 * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
    return `candidate:${index + 1} 1 UDP ${priority} ${each} ${port} typ host`;
  });
}

/** A UDP port that nobody uses now. */
function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** Resolves once a UDP port of ours can be bound again. Rejects where it is taken. */
async function freePort(port: number, address: string | null): Promise<void> {
  const deadline = performance.now() + PORT_PATIENCE;
  while (!(await isFree(port, address))) {
    if (performance.now() > deadline) throw new Error(`UDP port ${port} is taken`);
  }
}

function isFree(port: number, address: string | null): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(address === null || address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', ({ message }) => {
      socket.close();
      // Without IPv6 the native socket is one of IPv4.
      if (address === null && message.includes('EAFNOSUPPORT')) resolve(isFree(port, '0.0.0.0'));
      else setImmediate(resolve, false);
    });
    socket.bind({ port, address: address ?? '::', exclusive: true }, () => {
      socket.close();
      resolve(true);
    });
  });
}

/** What a promise resolves to, or `otherwise` after so many ms. */
function within<T>(ms: number, promise: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(otherwise), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

class Channel {
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: ((event: { error: Error }) => void) | null = null;
  onbufferedamountlow: (() => void) | null = null;
  bufferedAmountLowThreshold = 0;
  binaryType = 'arraybuffer';
  readyState = 'connecting';
  readonly label = '';
  #native: DataChannel | null = null;
  readonly #opened: () => void;
  readonly #isRetried: () => boolean;

  /** `isRetried`: called where the channel closes before it was open; whether another one takes its place. */
  constructor(opened: () => void, isRetried: () => boolean) {
    this.#opened = opened;
    this.#isRetried = isRetried;
  }

  /** Stands for this channel of a connection from now on. */
  attach(native: DataChannel): void {
    this.#native = native;
    if (this.readyState === 'closed') return native.close();
    native.onOpen(() => {
      this.readyState = 'open';
      this.#opened();
      this.onopen?.();
    });
    // Before `onClosed`: of what is due in one turn of the event loop, what was registered first is called first.
    native.onMessage((data) => this.onmessage?.({ data: typeof data === 'string' ? data : whole(data) }));
    native.onClosed(() => {
      if (native !== this.#native || (this.readyState === 'connecting' && this.#isRetried())) return;
      this.readyState = 'closed';
      this.onclose?.();
    });
    native.onError((message) => this.onerror?.({ error: new Error(message) }));
  }

  /** Stands for no channel until the next one is there. */
  detach(): void {
    this.#native = null;
  }

  get bufferedAmount(): number {
    return this.#native?.bufferedAmount() ?? 0;
  }

  /** Sends a message. Throws where the channel is closed. */
  send(data: Uint8Array): void {
    if (this.#native === null) throw new Error('the channel is not open');
    this.#native.sendMessageBinary(data);
  }

  close(): void {
    this.readyState = 'closed';
    this.#native?.close();
  }
}

/** The bytes as a buffer that holds nothing else. */
function whole(data: Buffer | ArrayBuffer): ArrayBuffer {
  if (data instanceof ArrayBuffer) return data;
  const { buffer, byteOffset, byteLength } = data;
  if (byteLength === buffer.byteLength) return buffer as ArrayBuffer;
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
