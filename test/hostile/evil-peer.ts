/**
 * A hostile peer that knows the code. It speaks with a real program through the handshake and channel of the crypto
 * module, and sends over a real link whatever the test wants.
 */
import * as nodeDataChannel from 'node-datachannel';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../peer/core/peer-messages.ts';
import {
  codeSecret,
  FLIGHT,
  type HandshakeInputs,
  Identity,
  Initiator,
  type ProvenClaims,
  type RatchetChannel,
  Responder,
  ready,
  systemRandom,
  type Ticket,
} from '../../peer/crypto/index.ts';
import type { Link, LinkSignal } from '../../peer/link/link.ts';
import { overNodeDataChannel } from '../../peer/link/node/node-datachannel.ts';
import { decodeSignal, encodeSignal } from '../../peer/link/sdp-validation.ts';
import { webrtcLink } from '../../peer/link/webrtc-link.ts';
import { concat, u64 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import type { Wire } from './attacker-wire.ts';

await ready();

/** Who the peer claims to be, and what it does during the pairing. */
export interface Guise {
  readonly identity?: Identity;
  readonly name?: string;
  readonly cursor?: number;
  /** Replaces its true offer or answer. */
  readonly description?: (honest: string) => string;
  /** The SIG frames it sends when it may. Left out: none; the link opens by the program's candidates. */
  readonly signals?: (seal: (candidate: Uint8Array) => Uint8Array) => readonly Uint8Array[];
  /** Replaces the channel that both agreed on. */
  readonly channel?: (agreed: RatchetChannel) => RatchetChannel;
}

/** The handshake inputs for a code or a ticket. The program is A if it was there first. */
export function inputsOf(
  wire: Wire,
  nameplate: string,
  secret: string | Ticket,
  programIs: 'A' | 'B',
): HandshakeInputs {
  const [cardA, cardB] = programIs === 'A' ? [wire.theirCard, wire.card] : [wire.card, wire.theirCard];
  const shared = typeof secret === 'string' ? codeSecret(secret) : secret.secret;
  const mode = typeof secret === 'string' ? 'code' : 'ticket';
  return { mode, nameplate, secret: shared, context: new Uint8Array(0), cardA, cardB };
}

/** The REPLY of a newcomer who tries `secret` on a waiting program. */
export async function guess(wire: Wire, nameplate: string, secret: string | Ticket): Promise<Uint8Array> {
  const responder = new Responder(
    inputsOf(wire, nameplate, secret, 'A'),
    Identity.generate(systemRandom),
    systemRandom,
  );
  return responder.gotHello(await wire.inbox.next(FLIGHT.hello));
}

/** A peer with an open link to a program. */
export class EvilPeer {
  readonly channel: RatchetChannel;
  /** The proven claims of the program. */
  readonly claims: ProvenClaims;
  /** The messages of the program, in order. */
  readonly heard: PeerMessage[] = [];
  /** Why a frame of the program did not open; null while all have opened. */
  fault: AparteError | null = null;
  closed = false;
  /** Whether it acknowledges texts. */
  shows = true;
  readonly #link: Link;
  #mute = false;
  #waiting: (() => void)[] = [];

  constructor(channel: RatchetChannel, claims: ProvenClaims, link: Link) {
    this.channel = channel;
    this.claims = claims;
    this.#link = link;
  }

  /** Takes a frame as an honest peer does: answers heartbeats and goodbyes, and acknowledges texts. */
  take(frame: Uint8Array): void {
    if (this.fault !== null) return;
    try {
      const plain = this.channel.open(frame, performance.now());
      const message = plain === null ? null : decodeMessage(plain);
      if (message !== null) this.heard.push(message);
      if (message?.kind === 'bye') this.last({ kind: 'byeAck' });
      if (message?.kind === 'ping') this.say({ kind: 'ack', seen: this.channel.received });
      if (message?.kind === 'text' && this.shows) this.say({ kind: 'shown', seq: message.seq });
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      this.fault = error;
    }
    this.wake();
  }

  /** Seals and sends a message, or plain bytes that are no message, and a step if one is due. */
  say(message: PeerMessage | Uint8Array): void {
    this.raw(this.channel.seal(message instanceof Uint8Array ? message : encodeMessage(message)));
    this.step(false);
  }

  /** As `say`, and then sends nothing: wrtc crashes if it sends while the other side closes the channel. */
  last(message: PeerMessage | Uint8Array): void {
    this.raw(this.channel.seal(message instanceof Uint8Array ? message : encodeMessage(message)));
    this.#mute = true;
  }

  /** Sends a DATA frame with a right header and wrong content, and then nothing. */
  forge(): void {
    this.raw(concat(Uint8Array.of(16), u64(this.channel.sent), systemRandom(119)));
    this.#mute = true;
  }

  /** Sends a whole text. */
  text(seq: number, bytes: Uint8Array): void {
    this.say({ kind: 'text', seq, id: systemRandom(8), at: Date.now(), raw: false, shown: 0, chunk: bytes });
  }

  step(idle: boolean): void {
    const step = this.channel.step(performance.now(), idle);
    if (step !== null) this.raw(step);
  }

  /** Sends bytes over the link as they are. */
  raw(frame: Uint8Array): void {
    if (!this.#mute) this.#link.send(frame);
  }

  /** Closes the link without a goodbye. */
  cut(): void {
    this.#link.close();
  }

  /** Resolves when the condition holds. */
  async until(met: () => boolean): Promise<void> {
    while (!met()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

let endsHard = false;

/** Native WebRTC threads may crash while Node unwinds, so the process exits hard after the report, as the program does. */
function endHard(): void {
  if (endsHard) return;
  endsHard = true;
  process.on('exit', (code) => (process as unknown as { reallyExit(code: number): never }).reallyExit(code));
}

/** A real link of the peer. Tests can wait for its events. */
class OpenedLink {
  readonly link: Link;
  readonly description: Promise<string>;
  readonly opened: Promise<void>;
  /** Candidates that came too early for the other side. */
  readonly candidates: LinkSignal[] = [];
  peer: EvilPeer | null = null;
  readonly #early: Uint8Array[] = [];

  constructor(t: Closing, initiator: boolean) {
    endHard();
    let [described, open] = [(_sdp: string) => {}, () => {}];
    this.description = new Promise((resolve) => (described = resolve));
    this.opened = new Promise((resolve) => (open = resolve));
    this.link = webrtcLink(overNodeDataChannel(nodeDataChannel), { iceServers: [], loopback: true })(initiator, {
      signal: (signal) => (signal.type === 'candidate' ? this.candidates.push(signal) : described(signal.sdp)),
      opened: () => open(),
      frame: (bytes) => (this.peer === null ? this.#early.push(bytes) : this.peer.take(bytes)),
      path: () => undefined,
      closed: () => {
        if (this.peer === null) return;
        this.peer.closed = true;
        this.peer.wake();
      },
    });
    t.after(() => this.link.close());
  }

  /** The peer takes all frames from now on. */
  handTo(peer: EvilPeer): void {
    this.peer = peer;
    for (const frame of this.#early.splice(0)) peer.take(frame);
  }
}

/** Runs a function at the end of a test. */
interface Closing {
  after(close: () => void): void;
}

type Handshake = Initiator | Responder;

const claimsOf = ({ name = 'eve', cursor = 0, description = (sdp) => sdp }: Guise, sdp: string) => ({
  name,
  description: description(sdp),
  capabilities: new Uint8Array(0),
  cursor,
});

async function finish(handshake: Handshake, wire: Wire, claims: ProvenClaims, ours: OpenedLink, guise: Guise) {
  for (const frame of guise.signals?.((bytes) => handshake.sealSignal(bytes)) ?? []) wire.send(frame);
  const agreed = handshake.channel();
  const peer = new EvilPeer(guise.channel?.(agreed) ?? agreed, claims, ours.link);
  void takeSignals(handshake, wire, ours.link);
  await ours.opened;
  return { peer, ours };
}

async function takeSignals(handshake: Handshake, wire: Wire, link: Link): Promise<void> {
  for (;;) {
    const candidate = handshake.openSignal(await wire.inbox.next(FLIGHT.signal));
    if (candidate !== null) link.signal(decodeSignal(candidate));
  }
}

/** Pairs with a program that was there first, up to the open link. */
export async function meetAsB(t: Closing, wire: Wire, inputs: HandshakeInputs, guise: Guise = {}): Promise<EvilPeer> {
  const handshake = new Responder(inputs, guise.identity ?? Identity.generate(systemRandom), systemRandom);
  wire.send(handshake.gotHello(await wire.inbox.next(FLIGHT.hello)));
  const claims = handshake.gotProof(await wire.inbox.next(FLIGHT.proofA));
  const link = new OpenedLink(t, false);
  link.link.signal({ type: 'offer', sdp: claims.description });
  wire.send(handshake.prove(claimsOf(guise, await link.description)));
  const { peer } = await finish(handshake, wire, claims, link, guise);
  peer.say({ kind: 'hello' });
  link.handTo(peer);
  return peer;
}

/** Pairs with a program that came second, up to the open link. */
export async function meetAsA(t: Closing, wire: Wire, inputs: HandshakeInputs, guise: Guise = {}): Promise<EvilPeer> {
  const handshake = new Initiator(inputs, guise.identity ?? Identity.generate(systemRandom), systemRandom);
  const link = new OpenedLink(t, true);
  wire.send(handshake.hello);
  handshake.gotReply(await wire.inbox.next(FLIGHT.reply));
  wire.send(handshake.prove(claimsOf(guise, await link.description)));
  const claims = handshake.gotProof(await wire.inbox.next(FLIGHT.proofB));
  link.link.signal({ type: 'answer', sdp: claims.description });
  const { peer } = await finish(handshake, wire, claims, link, guise);
  peer.step(false);
  link.handTo(peer);
  return peer;
}

/** The bytes of a candidate that leads nowhere. */
export function deadCandidate(): Uint8Array {
  return encodeSignal({ type: 'candidate', candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', mid: '0' });
}
