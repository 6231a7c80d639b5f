/** One remote person: who they are, how we are connected, and what is to be delivered, over any number of sessions. */
import { hex } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { safetyNumber } from '../crypto/index.ts';
import type { Path } from '../link/link.ts';
import type { Met } from './attempt.ts';
import { type Context, earliest, tell } from './context.ts';
import { Delivery, type Outgoing } from './delivery.ts';
import type { KnownPeer, PeerStatus, Trust } from './events.ts';
import { Session, type SessionEnd } from './session.ts';
import { trustIn } from './trust.ts';
import type { PeerMessage } from './wire.ts';

/** How long (ms) a direct connection may take to come about once both sides have proven themselves. */
const LINK_PATIENCE = 25_000;

/** What a peer reports to the room. Called during a step. */
export interface PeerEvents {
  /** The first session with this peer stands: the room may leave the rendezvous. */
  connected(peer: Peer): void;
  /** Something was delivered, perhaps the last. */
  delivered(): void;
  ended(peer: Peer, end: SessionEnd): void;
}

/** A peer who has proven the code. */
export class Peer {
  readonly handle: string;
  readonly name: string;
  readonly id: Uint8Array;
  path: Path | null = null;
  status: PeerStatus = 'connecting';
  readonly #context: Context;
  readonly #safety: string;
  readonly #events: PeerEvents;
  readonly #delivery = new Delivery();
  #session: Session;
  #trust: Trust;
  /** When (ms) a link must have come about; null once it has. */
  #linkDeadline: number | null;

  constructor(context: Context, own: Uint8Array, met: Met, known: readonly KnownPeer[], events: PeerEvents) {
    this.#context = context;
    this.#events = events;
    this.handle = `p${context.nextNumber()}`;
    this.id = met.claims.id;
    this.name = met.claims.name === '' ? 'anonymous' : met.claims.name;
    this.#safety = safetyNumber(own, this.id);
    this.#trust = trustIn(this.id, this.name, known);
    this.#linkDeadline = context.now + LINK_PATIENCE;
    this.#session = this.#sessionFrom(met);
    this.#tell();
  }

  /** Messages this peer has not shown yet. */
  get undelivered(): number {
    return this.#delivery.undelivered;
  }

  /** Last measured round trip in ms, null while unknown. */
  get roundTrip(): number | null {
    return this.#session.roundTrip;
  }

  get wakeAt(): number | null {
    return earliest(this.#session.wakeAt, this.#linkDeadline);
  }

  /** Whether link `number` is the one in use. */
  uses(number: number): boolean {
    return this.#session.link === number;
  }

  /** Takes a message over. Throws `outbox-full`. */
  say(message: Outgoing): void {
    this.#delivery.add(message);
    this.#session.flush();
  }

  typing(on: boolean): void {
    if (this.status === 'connected') this.#session.send({ kind: 'typing', on });
  }

  /** The user compared the safety numbers. Returns what to remember. */
  verify(): KnownPeer {
    this.#trust = 'verified';
    this.#tell();
    return { id: this.id, name: this.name, verified: true };
  }

  /** The user has seen message `seq`. */
  shown(seq: number): void {
    if (this.#delivery.markShown(seq)) this.#session.send({ kind: 'shown', seq });
  }

  linkOpened(): void {
    this.#session.opened();
  }

  linkFrame(bytes: Uint8Array): void {
    this.#session.got(bytes);
  }

  linkPath(path: Path): void {
    const changed = this.path !== path;
    this.path = path;
    if (changed && this.status === 'connected') this.#tell();
  }

  linkClosed(cause: AparteError): void {
    this.#session.linkClosed(this.#session.confirmed ? new AparteError('lost', cause.message) : cause);
  }

  /** Says goodbye; `ended` follows. */
  leave(): void {
    this.#session.leave();
  }

  /** Drops the session without a word. Idempotent. */
  end(): void {
    this.#session.end('we-left');
  }

  tick(): void {
    if (this.#linkDeadline !== null && this.#linkDeadline <= this.#context.now) {
      this.#session.end(new AparteError('no-direct-path', 'no connection came about in 25 s'));
    }
    this.#session.tick();
  }

  #sessionFrom(met: Met): Session {
    return new Session(this.#context, met, this.#delivery, {
      confirmed: () => this.#confirmed(),
      message: (message) => this.#got(message),
      ended: (end) => this.#ended(end),
    });
  }

  #confirmed(): void {
    this.#linkDeadline = null;
    this.status = 'connected';
    this.#tell();
    // A name that used to belong to another identity is not taken over before the user has compared the numbers.
    if (this.#trust !== 'changed') {
      const peer = { id: this.id, name: this.name, verified: this.#trust === 'verified' };
      this.#context.emit({ type: 'remember', peer });
    }
    this.#events.connected(this);
  }

  #got(message: Extract<PeerMessage, { kind: 'part' | 'text' | 'shown' | 'typing' }>): void {
    if (message.kind === 'typing') {
      tell(this.#context, { type: 'typing', peer: this.handle, on: message.on });
      return;
    }
    if (message.kind === 'shown') return this.#gotShown(message.seq);
    const whole = this.#delivery.got(message);
    if (whole === null) return;
    // The time is the sender's word: one that lies ahead of our clock, or is no date, is replaced by ours.
    const at = new Date(Math.min(whole.at, this.#context.date)).toISOString();
    const { id, text, seq } = whole;
    const event = { type: 'message', id, peer: this.handle, name: this.name, text, at } as const;
    this.#context.emit({ type: 'tell', event: whole.raw ? { ...event, raw: true } : event, seq });
  }

  #gotShown(seq: number): void {
    for (const id of this.#delivery.gotShown(seq)) tell(this.#context, { type: 'delivered', id, peer: this.handle });
    this.#session.answerBye();
    this.#events.delivered();
  }

  #ended(end: SessionEnd): void {
    this.#linkDeadline = null;
    this.status = end instanceof AparteError ? 'lost' : 'left';
    this.path = null;
    if (end !== 'we-left') this.#tell();
    this.#events.ended(this, end);
  }

  #tell(): void {
    const safety = this.status === 'connecting' ? null : this.#safety;
    const { handle: peer, name, status, path } = this;
    tell(this.#context, { type: 'peer', peer, name, status, path, trust: this.#trust, safety });
  }
}

/** The id of a message as scripts see it. */
export function messageId(message: Outgoing): string {
  return hex(message.id);
}
