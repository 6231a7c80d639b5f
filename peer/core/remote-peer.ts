/** One remote peer: who they are, how we are connected to them, and the texts both ways, over any number of sessions. */
import { AparteError } from '../../shared/errors.ts';
import { TICKET_LIFE } from '../../shared/limits.ts';
import type { Ticket } from '../crypto/index.ts';
import type { Route } from '../link/link.ts';
import { type Profile, relayRefusal } from './claims.ts';
import { type Context, earliest, emit } from './context.ts';
import { Delivery, type Incoming, type Outgoing } from './delivery.ts';
import type { ChatEvent, KnownPeer, PeerStatus } from './facts-and-orders.ts';
import type { HandshakeResult } from './handshake.ts';
import type { ManualPairingOptions } from './manual-pairing.ts';
import { PeerIdentity } from './peer-identity.ts';
import { Reconnect } from './reconnect.ts';
import { Session, type SessionEnd, type SessionEvents, type TextMessage } from './session.ts';
import { SlidingWindow } from './sliding-window.ts';

/** How long (ms) the first link may take to open once both sides have proven themselves: time to find the cause. */
const LINK_PATIENCE = 25_000;
/** How long (ms) a later link may take to open. The path may be cut again while the link is made, so this is shorter. */
const NEXT_LINK_PATIENCE = 8_000;
/** Sessions that may end at a bad frame within OFFENCE_MEMORY (ms), before we give up reconnecting. */
const MAX_OFFENCES = 3;
const OFFENCE_MEMORY = 60_000;
/** Pause (ms) between two reports that the remote peer has begun to type. */
const TYPING_PAUSE = 250;

/** What a remote peer reports to the conversation. Called during a step. */
export interface RemotePeerEvents {
  /** A session is confirmed, or one that was silent is heard again. */
  connected(): void;
  /** The remote peer has shown at least one more of our texts. */
  delivered(): void;
  /** Something failed that does not end the conversation. */
  noted(cause: AparteError): void;
  /** Somebody with another identity tried to come back instead. That can happen again and again. */
  handshakeFailed(cause: AparteError): void;
  /** No session will follow. */
  ended(end: SessionEnd): void;
}

/** What the conversation knows when a remote peer has proven themselves. */
export interface RemotePeerOptions {
  /** Our own, as in the handshake. */
  readonly profile: Profile;
  readonly known: readonly KnownPeer[];
  /** Texts that were sent before anybody came. */
  readonly early: readonly Outgoing[];
  /** How long (ms) to try to reconnect after the path was lost; null for as long as the tickets are good. */
  readonly reconnect: number | null;
  /** How the two paired manually; undefined where they did not. */
  readonly manual?: ManualPairingOptions | undefined;
}

/** A session that is not confirmed yet, and the handshake it came from. */
interface Pending {
  readonly session: Session;
  readonly result: HandshakeResult;
}

/** A remote peer who has proven the code. */
export class RemotePeer {
  readonly identity: PeerIdentity;
  status: PeerStatus = 'connecting';
  /** When (ms) we give up reconnecting; null while we do not try. */
  giveUpAt: number | null = null;
  readonly #context: Context;
  readonly #options: RemotePeerOptions;
  readonly #events: RemotePeerEvents;
  readonly #delivery: Delivery;
  /** The confirmed session, until another one is confirmed. */
  #session: Session | null = null;
  #pending: Pending | null;
  #reconnect: Reconnect | null = null;
  readonly #offences = new SlidingWindow(MAX_OFFENCES, OFFENCE_MEMORY);
  /** Whether the user was told that the remote peer is typing, and when (ms). */
  #isTyping = false;
  #typingAt = Number.NEGATIVE_INFINITY;

  constructor(context: Context, options: RemotePeerOptions, result: HandshakeResult, events: RemotePeerEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = events;
    this.#delivery = new Delivery(options.early);
    const own = options.profile.identity.publicKey;
    this.identity = new PeerIdentity(`p${context.nextNumber()}`, result.claims, own, options.known);
    this.#pending = this.#pendingFrom(result, LINK_PATIENCE);
    this.#emitStatus();
  }

  get isConnected(): boolean {
    return this.status === 'connected';
  }

  /** Whether no session will follow. */
  get isOver(): boolean {
    return this.status === 'lost' || this.status === 'left';
  }

  /** How we are connected, with the last measured round trip; null while we are not. */
  get route(): Route | null {
    return this.#session?.route ?? null;
  }

  /** Number of our texts that the remote peer has not shown yet. */
  get undelivered(): number {
    return this.#delivery.undelivered;
  }

  get wakeAt(): number | null {
    const pending = this.#pending?.session.wakeAt ?? null;
    return earliest(this.#session?.wakeAt ?? null, pending, this.#reconnect?.wakeAt ?? null, this.giveUpAt);
  }

  /** Derives the keys of the next frame while nobody waits for it. */
  prepare(): void {
    this.#session?.prepare();
  }

  /** Throws `outbox-full` where a text is too much just now. */
  assertTakes(text: Outgoing): void {
    this.#delivery.assertTakes(text);
  }

  /** Takes a text over for delivery. Throws `outbox-full`. */
  send(text: Outgoing): void {
    this.#delivery.add(text);
    this.#session?.flush();
  }

  sendTyping(on: boolean): void {
    if (this.isConnected) this.#session?.send({ kind: 'typing', on });
  }

  /** The user has compared the safety numbers. Returns what to remember. */
  verify(): KnownPeer {
    this.identity.verify(this.#context.date);
    this.#emitStatus();
    return this.identity.record;
  }

  /** The user has seen text `seq` of this peer. */
  shown(seq: number): void {
    this.#delivery.markShown(seq);
    this.#session?.flush();
  }

  /** Takes what the user pasted, if we are pairing manually again. Returns whether we are. */
  take(pasted: string): boolean {
    return this.#reconnect?.take(pasted) === true;
  }

  /** Says goodbye. `ended` follows within `patience` ms; where there is no connection, it follows at once. */
  leave(patience: number): void {
    if (this.isConnected) this.#session?.leave(patience);
    else if (!this.isOver) this.#over('we-left');
  }

  /** Drops everything without telling anybody. Idempotent. */
  end(): void {
    this.#session?.drop();
    this.#dropPending();
    this.#reconnect?.close();
    this.giveUpAt = null;
  }

  tick(): void {
    this.#session?.tick();
    this.#pending?.session.tick();
    this.#reconnect?.tick();
    if (this.giveUpAt !== null && this.giveUpAt <= this.#context.now) this.#over(new AparteError('lost'));
  }

  #pendingFrom(result: HandshakeResult, patience: number): Pending {
    const events = this.#sessionEvents(() => session);
    const refusal = relayRefusal(this.#options.profile.relay, result.claims.capabilities);
    const limits = { patience, relayRefusal: refusal };
    const session: Session = new Session(this.#context, result, this.#delivery, limits, events);
    return { session, result };
  }

  #dropPending(): void {
    this.#pending?.session.drop();
    this.#forgetPending();
  }

  #forgetPending(): void {
    this.#pending?.result.wipe();
    this.#pending = null;
  }

  #sessionEvents(self: () => Session): SessionEvents {
    return {
      confirmed: () => this.#confirmed(self()),
      text: (message) => this.#got(message),
      routed: () => self() === this.#session && this.isConnected && this.#emitStatus(),
      silent: () => self() === this.#session && this.#startReconnect(self().tickets),
      heard: () => this.#heard(self()),
      ended: (end, tickets) => this.#ended(self(), end, tickets),
    };
  }

  /** The remote peer holds the keys of this session, which replaces the one before. */
  #confirmed(session: Session): void {
    const pending = this.#pending;
    if (pending?.session !== session) return;
    this.#emitDelivered(this.#delivery.resume(pending.result.claims.cursor));
    const isFirst = this.status === 'connecting';
    this.#session?.drop();
    this.#session = session;
    this.#forgetPending();
    this.#isBack();
    // A name that belonged to another identity is not remembered before the user has compared the safety numbers.
    if (isFirst && this.identity.trust !== 'changed' && !this.identity.isOwn) {
      this.#context.order({ type: 'remember', peer: this.identity.record });
    }
    this.#events.connected();
  }

  #isBack(): void {
    this.#reconnect?.close();
    this.#reconnect = null;
    this.giveUpAt = null;
    this.status = 'connected';
    this.#emitStatus();
  }

  #heard(session: Session): void {
    // The remote peer may have confirmed the pending session. Reconnecting goes on until that is ruled out.
    if (session !== this.#session || this.#pending !== null || this.#reconnect === null) return;
    this.#isBack();
    this.#events.connected();
  }

  #startReconnect(tickets: readonly Ticket[]): void {
    if (this.#reconnect !== null) return this.#reconnect.renew(tickets);
    const { reconnect, manual } = this.#options;
    this.giveUpAt = this.#context.now + Math.min(reconnect ?? TICKET_LIFE, TICKET_LIFE);
    this.status = 'reconnecting';
    this.#emitStatus();
    this.#reconnect = new Reconnect(this.#context, tickets, manual, () => this.#profile(), {
      completed: (result, stood) => this.#completed(result, stood),
      handshakeFailed: (cause) => {
        if (cause.code === 'identity-changed') this.#events.handshakeFailed(cause);
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
    return { ...this.#options.profile, cursor: this.#delivery.shown, expected: this.identity.id };
  }

  #ended(session: Session, end: SessionEnd, tickets: readonly Ticket[]): void {
    if (session === this.#pending?.session) return this.#pendingEnded(end, tickets);
    this.#session = null;
    if (!(end instanceof AparteError)) return this.#over(end);
    if (end.code !== 'lost' && this.#offences.add(this.#context.now)) return this.#over(end);
    if (end.code !== 'lost') this.#events.noted(end);
    this.#startReconnect(tickets);
  }

  #pendingEnded(end: SessionEnd, tickets: readonly Ticket[]): void {
    this.#forgetPending();
    if (this.status === 'connecting') return this.#over(end);
    const session = this.#session;
    if (session !== null) this.#reconnect?.renew(session.tickets);
    this.#reconnect?.again(tickets);
    // Frames that came over the old path may have left before the remote peer went over to the new one.
    session?.doubt();
  }

  #over(end: SessionEnd): void {
    this.end();
    this.status = end instanceof AparteError ? 'lost' : 'left';
    if (end !== 'we-left') this.#emitStatus();
    this.#events.ended(end);
  }

  /** Takes a message of the session. Throws `peer-protocol` for a message that breaks the order or a limit. */
  #got(message: TextMessage): void {
    if (message.kind === 'typing') return this.#gotTyping(message.on);
    if (message.kind === 'part') return this.#gotPiece(message);
    const delivered = this.#delivery.gotShown(message.kind === 'shown' ? message.seq : message.shown);
    this.#emitDelivered(delivered);
    if (message.kind === 'text') this.#gotPiece(message);
    if (delivered.length === 0) return;
    this.#session?.answerBye();
    this.#events.delivered();
  }

  #gotPiece(message: Extract<TextMessage, { kind: 'part' | 'text' }>): void {
    const text = this.#delivery.got(message);
    if (text !== null) this.#emitText(text);
  }

  #gotTyping(on: boolean): void {
    const { now } = this.#context;
    if (on === this.#isTyping || (on && now < this.#typingAt + TYPING_PAUSE)) return;
    emit(this.#context, { type: 'typing', peer: this.identity.handle, on });
    this.#isTyping = on;
    this.#typingAt = now;
  }

  #emitStatus(): void {
    emit(this.#context, this.identity.event(this.status, this.route));
  }

  #emitDelivered(ids: readonly string[]): void {
    for (const id of ids) emit(this.#context, { type: 'delivered', id, peer: this.identity.handle });
  }

  #emitText({ seq, id, text, at, raw }: Incoming): void {
    const { handle: peer, name } = this.identity;
    // The remote peer says when they sent it. A time ahead of our clock is replaced by ours.
    const sentAt = new Date(Math.min(at, this.#context.date)).toISOString();
    const message = { type: 'message', id, peer, name, text, at: sentAt } as const;
    const event: ChatEvent = raw ? { ...message, raw: true } : message;
    this.#context.order({ type: 'emit', event, shown: { peer, seq } });
  }
}
