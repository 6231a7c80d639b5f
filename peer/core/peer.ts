/** One remote person: who they are, how we are connected, and what is to be delivered, over any number of sessions. */
import { AparteError } from '../../shared/errors.ts';
import { TICKET_LIFE } from '../../shared/limits.ts';
import type { Ticket } from '../crypto/index.ts';
import type { Route } from '../link/link.ts';
import { relayRefusal } from './capabilities.ts';
import { Contact } from './contact.ts';
import { type Context, earliest, emit } from './context.ts';
import { Correspondence } from './correspondence.ts';
import type { KnownPeer, PeerStatus } from './facts-and-orders.ts';
import type { HandshakeResult, Profile } from './handshake.ts';
import type { PeerEvents, PeerOptions } from './peer-options.ts';
import { Reconnect } from './reconnect.ts';
import { Session } from './session.ts';
import type { SessionEnd, SessionEvents } from './session-options.ts';
import { SlidingWindow } from './sliding-window.ts';

/**
 * How long (ms) a link may take to open once both sides have proven themselves: the first, while people wait for the
 * cause if it cannot; and a later one, that may be cut while it is made.
 */
const LINK_PATIENCE = 25_000;
const NEXT_LINK_PATIENCE = 8_000;
/** Sessions that may end at a bad frame within a minute (ms) before we stop to come back. */
const MAX_OFFENCES = 3;
const OFFENCE_MEMORY = 60_000;

/** A session that is being set up, with the handshake whose signals it still needs. */
interface Pending {
  readonly session: Session;
  readonly result: HandshakeResult;
}

/** A peer who has proven the code. */
export class Peer {
  readonly contact: Contact;
  status: PeerStatus = 'connecting';
  readonly #context: Context;
  readonly #options: PeerOptions;
  readonly #events: PeerEvents;
  readonly #correspondence: Correspondence;
  /** The session that stands, until another does. */
  #session: Session | null = null;
  #pending: Pending | null;
  #reconnection: Reconnect | null = null;
  /** When (ms) we stop trying to come back; null while there is no need to. */
  giveUpAt: number | null = null;
  readonly #offences = new SlidingWindow(MAX_OFFENCES, OFFENCE_MEMORY);

  constructor(context: Context, options: PeerOptions, result: HandshakeResult, events: PeerEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = events;
    const own = options.profile.identity.publicKey;
    this.contact = new Contact(`p${context.nextNumber()}`, result.claims, own, options.known);
    this.#correspondence = new Correspondence(context, this.contact, options.delivery);
    this.#pending = this.#pendingFrom(result, LINK_PATIENCE);
    this.#emit();
  }

  /** How we are connected, with the round trip measured last; null while we are not. */
  get route(): Route | null {
    return this.#session?.route ?? null;
  }

  get wakeAt(): number | null {
    const pending = this.#pending?.session.wakeAt ?? null;
    return earliest(this.#session?.wakeAt ?? null, pending, this.#reconnection?.wakeAt ?? null, this.giveUpAt);
  }

  /** Derives at leisure what the next frame needs. */
  prepare(): void {
    this.#session?.prepare();
  }

  get isConnected(): boolean {
    return this.status === 'connected';
  }

  /** Whether no session with him will follow. */
  get isOver(): boolean {
    return this.status === 'lost' || this.status === 'left';
  }

  /** There is more to be delivered. */
  flush(): void {
    this.#session?.flush();
  }

  typing(on: boolean): void {
    if (this.isConnected) this.#session?.send({ kind: 'typing', on });
  }

  /** The user compared the safety numbers. Returns what to remember. */
  verify(): KnownPeer {
    this.contact.trust = 'verified';
    this.#emit();
    return this.contact.record;
  }

  /** The user has seen message `seq`. */
  shown(seq: number): void {
    this.#options.delivery.markShown(seq);
    this.#session?.flush();
  }

  /** Takes what was pasted, if pairing by hand once more is what is waited for. Returns whether it is. */
  take(pasted: string): boolean {
    return this.#reconnection?.take(pasted) === true;
  }

  /** Says goodbye; `ended` follows, after `patience` ms at the latest, and at once where there is no connection. */
  leave(patience: number): void {
    if (this.isConnected) this.#session?.leave(patience);
    else if (!this.isOver) this.#over('we-left');
  }

  /** Drops everything without a word. Idempotent. */
  end(): void {
    this.#session?.drop();
    this.#dropPending();
    this.#reconnection?.close();
    this.giveUpAt = null;
  }

  tick(): void {
    this.#session?.tick();
    this.#pending?.session.tick();
    this.#reconnection?.tick();
    if (this.giveUpAt !== null && this.giveUpAt <= this.#context.now) this.#over(new AparteError('lost'));
  }

  #pendingFrom(result: HandshakeResult, patience: number): Pending {
    const events = this.#sessionEvents(() => session);
    const refusal = relayRefusal(this.#options.profile.relay, result.claims.capabilities);
    const limits = { patience, relayRefusal: refusal };
    const session: Session = new Session(this.#context, result, this.#options.delivery, limits, events);
    return { session, result };
  }

  #dropPending(): void {
    this.#pending?.session.drop();
    this.#pending?.result.wipe();
    this.#pending = null;
  }

  #sessionEvents(self: () => Session): SessionEvents {
    return {
      confirmed: () => this.#stands(self()),
      message: (message) => this.#got(message),
      routed: () => this.#routed(self()),
      quiet: () => this.#quiet(self()),
      heard: () => this.#heard(self()),
      ended: (end, tickets) => this.#ended(self(), end, tickets),
    };
  }

  /** The other side holds the keys of this session: it takes the place of the one before. */
  #stands(session: Session): void {
    const pending = this.#pending;
    if (pending?.session !== session) return;
    this.#correspondence.resume(pending.result.claims.cursor);
    const first = this.status === 'connecting';
    this.#session?.drop();
    this.#session = session;
    this.#pending = null;
    pending.result.wipe();
    this.#backAgain();
    // A name that used to belong to another identity is not taken over before the user has compared the numbers.
    if (first && this.contact.trust !== 'changed' && !this.contact.isOwn)
      this.#context.order({ type: 'remember', peer: this.contact.record });
    this.#events.connected();
  }

  #backAgain(): void {
    this.#reconnection?.close();
    this.#reconnection = null;
    this.giveUpAt = null;
    this.status = 'connected';
    this.#emit();
  }

  #routed(session: Session): void {
    if (session === this.#session && this.status === 'connected') this.#emit();
  }

  #quiet(session: Session): void {
    if (session === this.#session) this.#reconnect(session.tickets);
  }

  #heard(session: Session): void {
    // A session that waits to stand may stand on the other side: the search goes on until it is known not to.
    if (session !== this.#session || this.#pending !== null || this.#reconnection === null) return;
    this.#backAgain();
    this.#events.connected();
  }

  #reconnect(tickets: readonly Ticket[]): void {
    if (this.#reconnection !== null) return this.#reconnection.renew(tickets);
    const { now } = this.#context;
    this.giveUpAt = now + Math.min(this.#options.reconnect ?? TICKET_LIFE, TICKET_LIFE);
    this.status = 'reconnecting';
    this.#emit();
    this.#reconnection = new Reconnect(this.#context, tickets, this.#options.manual, () => this.#profile(), {
      completed: (result, stood) => this.#completed(result, stood),
      noted: (cause) => {
        if (cause.code === 'identity-changed') this.#events.noted(cause);
      },
      asked: (cause) => this.#events.noted(cause),
    });
  }

  #completed(result: HandshakeResult, stood: boolean): void {
    if (stood) {
      this.#session?.drop();
      this.#session = null;
    }
    this.#dropPending();
    this.#pending = this.#pendingFrom(result, NEXT_LINK_PATIENCE);
  }

  #profile(): Profile {
    return { ...this.#options.profile, cursor: this.#options.delivery.shown, expected: this.contact.id };
  }

  #ended(session: Session, end: SessionEnd, tickets: readonly Ticket[]): void {
    if (session === this.#pending?.session) return this.#pendingEnded(end, tickets);
    this.#session = null;
    if (!(end instanceof AparteError)) return this.#over(end);
    if (end.code !== 'lost' && this.#offences.add(this.#context.now)) return this.#over(end);
    if (end.code !== 'lost') this.#events.noted(end);
    this.#reconnect(tickets);
  }

  #pendingEnded(end: SessionEnd, tickets: readonly Ticket[]): void {
    this.#pending?.result.wipe();
    this.#pending = null;
    if (this.status === 'connecting') return this.#over(end);
    const session = this.#session;
    if (session !== null) this.#reconnection?.renew(session.tickets);
    this.#reconnection?.again(tickets);
    // What came over the old path before may have left before the other side went over to the new one.
    session?.doubt();
  }

  #got(message: Parameters<Correspondence['got']>[0]): void {
    const before = this.#options.delivery.undelivered;
    this.#correspondence.got(message);
    if (this.#options.delivery.undelivered === before) return;
    this.#session?.answerBye();
    this.#events.delivered();
  }

  #over(end: SessionEnd): void {
    this.end();
    this.status = end instanceof AparteError ? 'lost' : 'left';
    if (end !== 'we-left') this.#emit();
    this.#events.ended(end);
  }

  #emit(): void {
    emit(this.#context, this.contact.event(this.status, this.route));
  }
}
