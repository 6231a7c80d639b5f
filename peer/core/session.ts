/**
 * A session over one link: sealing, heartbeat, flow control and goodbye (docs/PROTOCOL.md, Session and Messages). It ends
 * at the first frame that is not right. Undelivered texts are sent again in the next session.
 */
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import type { RatchetChannel, Ticket } from '../crypto/index.ts';
import type { Route } from '../link/link.ts';
import { type Context, earliest } from './context.ts';
import type { Delivery } from './delivery.ts';
import type { HandshakeResult } from './handshake.ts';
import { Heartbeat } from './heartbeat.ts';
import type { LinkUser, OwnLink } from './own-link.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from './peer-messages.ts';

/** Frames on their way at most: 4 MiB, a quarter of what makes wrtc drop messages. */
const WINDOW = 256;
/** Pause (ms) between two messages that say what was shown here. A text often carries that for nothing. */
const SHOWN_PAUSE = 20;
/** Frames after which an acknowledgement is sent, so that the window of the other side never fills up. */
const ACK_EVERY = 64;
/** How long (ms) the remote peer may take to leave after their goodbye: they wait for our acknowledgements. */
const BYE_PATIENCE = 3_000;
/** How long (ms) the first frame may take after the link has opened. */
const CONFIRM_PATIENCE = 5_000;

/** Why a session ended: the remote peer said goodbye (or gave up, with texts of theirs undelivered), we did, or it failed. */
export type SessionEnd = 'peer-left' | 'peer-gave-up' | 'we-left' | AparteError;

/** The messages that a session hands to the layer above. */
export type TextMessage = Extract<PeerMessage, { kind: 'part' | 'text' | 'shown' | 'typing' }>;

/** What a session reports. Called during a step. */
export interface SessionEvents {
  /** The first frame of the remote peer has opened, so they hold the session keys. */
  confirmed(): void;
  text(message: TextMessage): void;
  /** It is known how the link runs, and both sides allow that. */
  routed(): void;
  /** Nothing was heard for so long that the path counts as lost. The path may come back. */
  silent(): void;
  /** The path that was lost has come back. */
  heard(): void;
  /** `tickets`: those that were good at the end, newest first. */
  ended(end: SessionEnd, tickets: readonly Ticket[]): void;
}

/** What limits a session. */
export interface SessionOptions {
  /** How long (ms) the link may take to open. */
  readonly patience: number;
  /** Why no relay may carry the session; null where one may. */
  readonly relayRefusal: ErrorDetail | null;
}

/** Where a session takes the texts it sends. The remote peer owns it. */
export type SessionOutbox = Pick<Delivery, 'undelivered' | 'next' | 'owesShown' | 'takeShown'>;

/** One session. Its link is closed when it ends. */
export class Session implements LinkUser {
  /** How the link runs, with the last measured round trip; null while that is not known. */
  route: Route | null = null;
  readonly #context: Context;
  readonly #link: OwnLink;
  readonly #channel: RatchetChannel;
  readonly #role: 'A' | 'B';
  readonly #outbox: SessionOutbox;
  readonly #events: SessionEvents;
  #isOpen = false;
  #confirmed = false;
  #isOver = false;
  /** When (ms) the link must have opened; after that, when the first frame must have come. */
  #confirmBy: number;
  readonly #heartbeat = new Heartbeat();
  #ackedAt = 0;
  /** When (ms) we last told the remote peer what was shown. */
  #shownAt = Number.NEGATIVE_INFINITY;
  /** When (ms) the session ends at the latest, after either side has said goodbye; null before. */
  #byeUntil: number | null = null;
  #byeSaid = false;
  #byeHeard: 'peer-left' | 'peer-gave-up' | null = null;
  #byeAnswered = false;
  readonly #relayRefusal: ErrorDetail | null;

  constructor(
    context: Context,
    result: HandshakeResult,
    outbox: SessionOutbox,
    options: SessionOptions,
    events: SessionEvents,
  ) {
    this.#context = context;
    this.#channel = result.channel;
    this.#role = result.role;
    this.#link = result.link;
    this.#link.user = this;
    this.#outbox = outbox;
    this.#events = events;
    this.#confirmBy = context.now + options.patience;
    this.#relayRefusal = options.relayRefusal;
  }

  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** Whether the path counts as lost. It may come back. */
  get isSilent(): boolean {
    return this.#heartbeat.lost;
  }

  /** When (ms) a tick is due; null for never. */
  get wakeAt(): number | null {
    if (this.#isOver) return null;
    if (!this.#isOpen) return this.#confirmBy;
    const beat = this.#confirmed ? this.#heartbeat.wakeAt : earliest(this.#heartbeat.pingAt, this.#confirmBy);
    const step = this.isSilent || this.#byeAnswered ? null : this.#channel.nextStepAt();
    const shown = this.#confirmed && !this.isSilent && this.#outbox.owesShown ? this.#shownAt + SHOWN_PAUSE : null;
    return earliest(beat, step, shown, this.#byeUntil);
  }

  /** The tickets that are good now, newest first. None once the session has ended. */
  get tickets(): Ticket[] {
    return this.#isOver ? [] : this.#channel.tickets();
  }

  /** A relay that either side refuses ends the session, usually before it is confirmed. */
  gotRoute(route: Route): void {
    this.route = { ...route, rttMs: this.#heartbeat.roundTrip ?? route.rttMs };
    if (route.path !== 'relay' || this.#relayRefusal === null) return this.#events.routed();
    this.end(new AparteError(this.#confirmed ? 'lost' : 'no-direct-path', this.#relayRefusal));
  }

  /** A's first frame is a STEP, B's a hello. */
  opened(): void {
    const { now } = this.#context;
    if (this.#isOver) return;
    this.#isOpen = true;
    this.#confirmBy = now + CONFIRM_PATIENCE;
    this.#heartbeat.start(now);
    if (this.#role === 'A') this.#step(false);
    else this.#seal({ kind: 'hello' });
  }

  got(frame: Uint8Array): void {
    if (this.#isOver) return;
    try {
      const plain = this.#channel.open(frame, this.#context.now);
      this.#heartbeat.heard(this.#context.now);
      if (!this.#confirmed) {
        this.#confirmed = true;
        this.#events.confirmed();
      }
      const message = plain === null ? null : decodeMessage(plain);
      if (message !== null) this.#take(message);
      if (this.#isOver) return;
      if (this.#channel.received - this.#ackedAt >= ACK_EVERY) this.#ack();
      this.flush();
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      this.end(error);
    }
  }

  #take(message: PeerMessage): void {
    switch (message.kind) {
      case 'hello': // only confirms the session
        break;
      case 'ping':
        this.#seenUpTo(message.seen);
        this.#ack();
        break;
      case 'ack':
        this.#seenUpTo(message.seen);
        break;
      case 'bye':
        this.#byeHeard = message.complete ? 'peer-left' : 'peer-gave-up';
        this.#byeUntil ??= this.#context.now + BYE_PATIENCE;
        this.answerBye();
        break;
      case 'byeAck':
        if (!this.#byeSaid) throw new AparteError('peer-protocol', { key: 'broken-rule', rule: 'goodbye-never-said' });
        this.end('we-left');
        break;
      case 'part':
      case 'text':
      case 'shown':
      case 'typing':
        this.#events.text(message);
        break;
      default:
        message satisfies never;
    }
  }

  #seenUpTo(seen: number): void {
    if (seen < this.#heartbeat.seen || seen > this.#channel.sent) {
      throw new AparteError('peer-protocol', { key: 'broken-rule', rule: 'frames-never-sent' });
    }
    const before = this.#heartbeat.roundTrip;
    const isBack = this.#heartbeat.acknowledged(seen, this.#context.now);
    const rttMs = this.#heartbeat.roundTrip;
    if (this.route !== null && rttMs !== before) this.route = { ...this.route, rttMs };
    if (isBack) this.#events.heard();
  }

  /** Sends the texts that wait, as far as the window allows, and tells what was shown. */
  flush(): void {
    if (!this.#confirmed || this.isSilent || this.#isOver) return;
    while (this.#channel.sent - this.#heartbeat.seen < WINDOW) {
      const message = this.#outbox.next();
      if (message === null) break;
      this.send(message);
      if (message.kind === 'text') this.#shownAt = this.#context.now;
    }
    if (this.#outbox.owesShown && this.#shownAt + SHOWN_PAUSE <= this.#context.now) {
      this.#shownAt = this.#context.now;
      this.send(this.#outbox.takeShown());
    }
  }

  /** Seals and sends a message, and a ratchet step behind it when one is due. */
  send(message: PeerMessage): void {
    if (!this.#isOpen || this.#isOver) return;
    this.#seal(message);
    if (!this.isSilent) this.#step(false);
  }

  #seal(message: PeerMessage): void {
    // Nothing follows the answer to a goodbye: wrtc crashes if it sends while the other side closes the channel.
    if (this.#byeAnswered) return;
    this.#heartbeat.sends(this.#channel.sent, this.#context.now);
    const bytes = this.#channel.seal(encodeMessage(message));
    this.#context.order({ type: 'sendFrame', link: this.#link.number, bytes });
  }

  #step(idle: boolean): void {
    if (this.#byeAnswered) return;
    const bytes = this.#channel.step(this.#context.now, idle);
    if (bytes !== null) this.#context.order({ type: 'sendFrame', link: this.#link.number, bytes });
  }

  #ack(): void {
    this.#ackedAt = this.#channel.received;
    this.#seal({ kind: 'ack', seen: this.#channel.received });
  }

  /** Derives the keys of the next frame. Called while nobody waits for it. */
  prepare(): void {
    this.#channel.prepare();
  }

  /** Says goodbye, which has `patience` ms to be answered. A second call can shorten that time. */
  leave(patience: number): void {
    if (this.#isOver) return;
    if (!this.#confirmed) return this.end('we-left');
    const until = this.#context.now + patience;
    this.#byeUntil = Math.min(this.#byeUntil ?? until, until);
    if (this.#byeSaid) return;
    this.#byeSaid = true;
    if (this.#outbox.owesShown) this.#seal(this.#outbox.takeShown());
    this.#seal({ kind: 'bye', complete: this.#outbox.undelivered === 0 });
    this.answerBye();
  }

  /** Answers the goodbye of the remote peer once they have shown all our texts. They wait for that. */
  answerBye(): void {
    if (this.#isOver || this.#byeHeard === null || this.#byeAnswered || this.#outbox.undelivered > 0) return;
    if (this.#outbox.owesShown) this.#seal(this.#outbox.takeShown());
    this.#seal({ kind: 'byeAck' });
    this.#byeAnswered = true;
  }

  /** After a goodbye this is the normal end. */
  linkClosed(cause: AparteError): void {
    if (this.#byeHeard !== null) this.end(this.#byeHeard);
    else if (this.#byeSaid) this.end('we-left');
    else this.end(this.#confirmed ? new AparteError('lost') : cause);
  }

  tick(): void {
    if (this.#isOver) return;
    const { now } = this.#context;
    if (!this.#confirmed && this.#confirmBy <= now) {
      return this.end(new AparteError('no-direct-path', { key: 'no-connection-in-time' }));
    }
    if (!this.#isOpen) return;
    const lost = this.#confirmed && this.#heartbeat.tick(this.#channel.sent, now);
    if (this.#byeUntil !== null && this.#byeUntil <= now) return this.end(this.#byeHeard ?? 'we-left');
    if (this.#channel.stale(now)) return this.end(new AparteError('no-rekey'));
    if (this.#heartbeat.pingAt <= now) this.#sendPing();
    if (lost) this.#events.silent();
    if (this.isSilent || !this.#confirmed) return;
    this.#step(true);
    this.flush();
  }

  #sendPing(): void {
    this.#heartbeat.pings(this.#channel.sent, this.#context.now);
    this.#seal({ kind: 'ping', seen: this.#channel.received });
  }

  /** Counts the path as lost until the remote peer has seen a frame that is sent from now on. Then it is `heard`. */
  doubt(): void {
    this.#heartbeat.doubt(this.#channel.sent);
  }

  /** Ends the session: wipes its keys and closes its link. Idempotent. */
  end(end: SessionEnd): void {
    if (this.#isOver) return;
    const tickets = this.#channel.tickets();
    this.drop();
    this.#events.ended(end, tickets);
  }

  /** Ends the session without reporting it: another session replaces it. Idempotent. */
  drop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#channel.wipe();
    this.#link.close();
  }
}
