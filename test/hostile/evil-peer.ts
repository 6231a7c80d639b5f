/**
 * A peer that knows the code and means ill: the handshake and the channel of the crypto room, over any wire to a real
 * program, and a real link that carries whatever the test wants.
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

/** Who the peer says it is, and what it does on the way. */
export interface Guise {
  readonly identity?: Identity;
  readonly name?: string;
  readonly cursor?: number;
  /** What it says in place of its true offer or answer. */
  readonly description?: (honest: string) => string;
  /** The SIG frames it sends once it may, in place of none: the link comes about through the program's candidates. */
  readonly signals?: (seal: (candidate: Uint8Array) => Uint8Array) => readonly Uint8Array[];
  /** The channel it uses, in place of the one both agreed on. */
  readonly channel?: (agreed: RatchetChannel) => RatchetChannel;
}

/** What both must agree on, of a meeting by code or by ticket. The program is A where it was there first. */
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

/** REPLY of a newcomer who tries `secret` on a program that waits, and has not been answered yet. */
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
  /** What the program proved of itself. */
  readonly claims: ProvenClaims;
  /** What the program said, in order. */
  readonly heard: PeerMessage[] = [];
  /** Why a frame of the program did not open; null while all did. */
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

  /** Takes a frame as an honest peer would: answers heartbeats and goodbyes, acknowledges texts. */
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

  /** Seals and sends a message, or the plain bytes of what is none, and a step if one is due. */
  say(message: PeerMessage | Uint8Array): void {
    this.raw(this.channel.seal(message instanceof Uint8Array ? message : encodeMessage(message)));
    this.step(false);
  }

  /** As `say`, and nothing after it: wrtc crashes where a frame is sent while the other side closes the channel. */
  last(message: PeerMessage | Uint8Array): void {
    this.raw(this.channel.seal(message instanceof Uint8Array ? message : encodeMessage(message)));
    this.#mute = true;
  }

  /** Sends a DATA frame with the right header and nothing right behind it, and nothing after it. */
  forge(): void {
    this.raw(concat(Uint8Array.of(16), u64(this.channel.sent), systemRandom(119)));
    this.#mute = true;
  }

  /** A whole text message. */
  text(seq: number, bytes: Uint8Array): void {
    this.say({ kind: 'text', seq, id: systemRandom(8), at: Date.now(), raw: false, shown: 0, chunk: bytes });
  }

  step(idle: boolean): void {
    const step = this.channel.step(performance.now(), idle);
    if (step !== null) this.raw(step);
  }

  /** Puts bytes on the link as they are. */
  raw(frame: Uint8Array): void {
    if (!this.#mute) this.#link.send(frame);
  }

  /** Closes the link without a word. */
  cut(): void {
    this.#link.close();
  }

  /** Resolves once the condition holds. */
  async until(met: () => boolean): Promise<void> {
    while (!met()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

let endsHard = false;

/** Native WebRTC threads may crash while Node unwinds, as in the program: nothing is unwound once all is reported. */
function endHard(): void {
  if (endsHard) return;
  endsHard = true;
  process.on('exit', (code) => (process as unknown as { reallyExit(code: number): never }).reallyExit(code));
}

/** A real link of ours, whose events can be waited for. */
class OpenedLink {
  readonly link: Link;
  readonly description: Promise<string>;
  readonly opened: Promise<void>;
  /** Candidates that came before the other side could use them. */
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

  /** From here on the peer takes the frames. */
  handTo(peer: EvilPeer): void {
    this.peer = peer;
    for (const frame of this.#early.splice(0)) peer.take(frame);
  }
}

/** What closes things when a test ends. */
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

/** Meets a program that was there first, up to the open link. */
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

/** Meets a program that came second, up to the open link. */
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

/** The bytes of a candidate nobody can be reached at. */
export function deadCandidate(): Uint8Array {
  return encodeSignal({ type: 'candidate', candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', mid: '0' });
}
