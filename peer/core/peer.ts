/** One remote person: who they are, how we are connected, and what is to be delivered, over any number of sessions. */
import { AparteError } from '../../shared/errors.ts';
import type { Ticket } from '../crypto/index.ts';
import type { Path } from '../link/link.ts';
import type { Attempt, Met, Profile } from './attempt.ts';
import { Contact } from './contact.ts';
import { type Context, earliest, tell } from './context.ts';
import { Delivery, type Incoming, type Outgoing } from './delivery.ts';
import type { ChatEvent, Fact, KnownPeer, PeerStatus } from './events.ts';
import { Recent } from './recent.ts';
import { Reunion } from './reunion.ts';
import { Session, type SessionEnd } from './session.ts';
import type { PeerMessage } from './wire.ts';

/** Tickets are good for so long (ms) after the link was lost: 24 h. */
const TICKET_LIFE = 24 * 3_600_000;
/** Sessions that may end at a bad frame within a minute (ms) before we stop to come back. */
const MAX_OFFENCES = 3;
const OFFENCE_MEMORY = 60_000;

/** What a peer reports to the room. Called during a step. */
export interface PeerEvents {
  /** A session with this peer stands: the room may leave the rendezvous. */
  connected(): void;
  /** Something was delivered, perhaps the last. */
  delivered(): void;
  /** Something failed that does not end the conversation. */
  noted(cause: AparteError): void;
  ended(peer: Peer, end: SessionEnd): void;
}

/** What the room knows when somebody has proven the code. */
export interface PeerOptions {
  /** Ours, as in the handshake. */
  readonly profile: Profile;
  readonly known: readonly KnownPeer[];
  /** How long (ms) to try to come back after the path was lost; null for as long as the tickets are good. */
  readonly reconnect: number | null;
}

/** A session that is being set up, with the handshake whose signals it still needs. */
interface Pending {
  readonly session: Session;
  readonly attempt: Attempt;
  readonly cursor: number;
}

/** A peer who has proven the code. */
export class Peer {
  readonly contact: Contact;
  status: PeerStatus = 'connecting';
  /** How the link runs, null while there is none. */
  path: Path | null = null;
  readonly #context: Context;
  readonly #options: PeerOptions;
  readonly #events: PeerEvents;
  readonly #delivery = new Delivery();
  /** The session that stands, until another does. */
  #session: Session | null = null;
  #pending: Pending | null;
  #reunion: Reunion | null = null;
  /** Of the last session that stood, once it has ended. */
  #tickets: readonly Ticket[] = [];
  /** When (ms) we stop trying to come back; null while there is no need to. */
  giveUpAt: number | null = null;
  #typing = false;
  readonly #offences = new Recent(MAX_OFFENCES, OFFENCE_MEMORY);

  constructor(context: Context, options: PeerOptions, met: Met, attempt: Attempt, events: PeerEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = events;
    const own = options.profile.identity.publicKey;
    this.contact = new Contact(`p${context.nextNumber()}`, met.claims, own, options.known);
    this.#pending = this.#pendingFrom(met, attempt);
    this.#tell();
  }

  /** Messages this peer has not shown yet. */
  get undelivered(): number {
    return this.#delivery.undelivered;
  }

  /** Last measured round trip in ms, null while unknown. */
  get roundTrip(): number | null {
    return this.#session?.roundTrip ?? null;
  }

  get wakeAt(): number | null {
    const pending = this.#pending?.session.wakeAt ?? null;
    return earliest(this.#session?.wakeAt ?? null, pending, this.#reunion?.wakeAt ?? null, this.giveUpAt);
  }

  /** Takes a message over. Throws `outbox-full`. */
  say(message: Outgoing): void {
    this.#delivery.add(message);
    this.#session?.flush();
  }

  typing(on: boolean): void {
    if (this.status === 'connected') this.#session?.send({ kind: 'typing', on });
  }

  /** The user compared the safety numbers. Returns what to remember. */
  verify(): KnownPeer {
    this.contact.trust = 'verified';
    this.#tell();
    return this.contact.record;
  }

  /** The user has seen message `seq`. */
  shown(seq: number): void {
    this.#delivery.markShown(seq);
    this.#session?.flush();
  }

  /** A fact about a meeting place of ours. */
  gotPlace(fact: Extract<Fact, { place: number }>): void {
    if (fact.type === 'placeRefused') this.#reunion?.refused();
    else this.#reunion?.place(fact.place)?.got(fact);
  }

  /** A fact about a link, perhaps of ours. */
  gotLink(fact: Extract<Fact, { link: number }>): void {
    const session = [this.#session, this.#pending?.session].find((one) => one?.link === fact.link);
    switch (fact.type) {
      case 'linkDescription':
      case 'linkCandidate':
        return this.#reunion?.gotLocalSignal(fact);
      case 'linkOpened':
        return session?.opened();
      case 'linkFrame':
        return session?.got(fact.bytes);
      case 'linkPath':
        return this.#gotPath(fact.path);
      case 'linkClosed':
        if (session === null || session === undefined) this.#reunion?.gotLinkClosed(fact.link, fact.cause);
        else session.linkClosed(session.confirmed ? new AparteError('lost') : fact.cause);
    }
  }

  /** Says goodbye; `ended` follows. */
  leave(): void {
    this.#session?.leave();
  }

  /** Drops everything without a word. Idempotent. */
  end(): void {
    this.#session?.drop();
    this.#pending?.session.drop();
    this.#pending?.attempt.wipe();
    this.#pending = null;
    this.#reunion?.close();
    for (const ticket of this.#tickets) ticket.wipe();
    this.#tickets = [];
    this.giveUpAt = null;
  }

  tick(): void {
    this.#session?.tick();
    this.#pending?.session.tick();
    this.#reunion?.tick();
    if (this.giveUpAt !== null && this.giveUpAt <= this.#context.now) this.#over(new AparteError('lost'));
  }

  #pendingFrom(met: Met, attempt: Attempt): Pending {
    const session: Session = new Session(this.#context, met, this.#delivery, {
      confirmed: () => this.#stands(session),
      message: (message) => this.#got(message),
      quiet: () => this.#quiet(session),
      heard: () => this.#heard(session),
      ended: (end, tickets) => this.#ended(session, end, tickets),
    });
    return { session, attempt, cursor: met.claims.cursor };
  }

  /** The other side holds the keys of this session: it takes the place of the one before. */
  #stands(session: Session): void {
    const pending = this.#pending;
    if (pending?.session !== session) return;
    for (const id of this.#delivery.resume(pending.cursor)) this.#tellDelivered(id);
    const first = this.status === 'connecting';
    this.#session?.drop();
    this.#session = session;
    this.#pending = null;
    pending.attempt.wipe();
    this.#backAgain();
    // A name that used to belong to another identity is not taken over before the user has compared the numbers.
    if (first && this.contact.trust !== 'changed') this.#context.emit({ type: 'remember', peer: this.contact.record });
    this.#events.connected();
  }

  #backAgain(): void {
    this.#reunion?.close();
    this.#reunion = null;
    this.giveUpAt = null;
    for (const ticket of this.#tickets) ticket.wipe();
    this.#tickets = [];
    this.status = 'connected';
    this.#tell();
  }

  #gotPath(path: Path): void {
    const changed = this.path !== path;
    this.path = path;
    if (changed && this.status === 'connected') this.#tell();
  }

  #quiet(session: Session): void {
    if (session === this.#session) this.#reconnect(session.tickets);
  }

  #heard(session: Session): void {
    if (session === this.#session && this.#pending === null && this.status === 'reconnecting') this.#backAgain();
  }

  #reconnect(tickets: readonly Ticket[]): void {
    this.#tickets = tickets;
    if (this.#reunion !== null) return;
    const { now } = this.#context;
    this.giveUpAt = now + Math.min(this.#options.reconnect ?? TICKET_LIFE, TICKET_LIFE);
    this.status = 'reconnecting';
    this.#tell();
    this.#reunion = new Reunion(this.#context, tickets, () => this.#profile(), {
      met: (met, attempt) => {
        this.#pending = this.#pendingFrom(met, attempt);
      },
      noted: (cause) => {
        if (cause.code === 'identity-changed') this.#events.noted(cause);
      },
    });
  }

  #profile(): Profile {
    return { ...this.#options.profile, cursor: this.#delivery.shown, expected: this.contact.id };
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
    this.#pending?.attempt.wipe();
    this.#pending = null;
    if (this.status === 'connecting') return this.#over(end);
    this.#reunion?.again([...tickets, ...this.#provenTickets()]);
  }

  #provenTickets(): readonly Ticket[] {
    return this.#session?.tickets ?? this.#tickets;
  }

  #got(message: Extract<PeerMessage, { kind: 'part' | 'text' | 'shown' | 'typing' }>): void {
    if (message.kind === 'typing') {
      if (message.on !== this.#typing)
        tell(this.#context, { type: 'typing', peer: this.contact.handle, on: message.on });
      this.#typing = message.on;
      return;
    }
    if (message.kind === 'shown') return this.#gotShown(message.seq);
    if (message.kind === 'text' && message.shown > 0) this.#gotShown(message.shown);
    const whole = this.#delivery.got(message);
    if (whole !== null) this.#context.emit({ type: 'tell', event: this.#messageEvent(whole), seq: whole.seq });
  }

  #messageEvent({ id, text, at, raw }: Incoming): ChatEvent {
    // The time is the sender's word: one that lies ahead of our clock is replaced by ours.
    const said = new Date(Math.min(at, this.#context.date)).toISOString();
    const event = { type: 'message', id, peer: this.contact.handle, name: this.contact.name, text, at: said } as const;
    return raw ? { ...event, raw: true } : event;
  }

  #gotShown(seq: number): void {
    for (const id of this.#delivery.gotShown(seq)) this.#tellDelivered(id);
    this.#session?.answerBye();
    this.#events.delivered();
  }

  #tellDelivered(id: string): void {
    tell(this.#context, { type: 'delivered', id, peer: this.contact.handle });
  }

  #over(end: SessionEnd): void {
    this.end();
    this.status = end instanceof AparteError ? 'lost' : 'left';
    this.path = null;
    if (end !== 'we-left') this.#tell();
    this.#events.ended(this, end);
  }

  #tell(): void {
    tell(this.#context, this.contact.event(this.status, this.path));
  }
}
