/**
 * A conversation over one open link: sealing, heartbeat, flow control, goodbye (docs/PROTOCOL.md, Session and Messages).
 * Ends at the first frame that is not right; what was not delivered is said again in the next session.
 */
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import type { RatchetChannel, Ticket } from '../crypto/index.ts';
import type { Route } from '../link/link.ts';
import { type Context, earliest } from './context.ts';
import type { HandshakeResult } from './handshake.ts';
import { Heartbeat } from './heartbeat.ts';
import type { LinkUser, OwnLink } from './own-link.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from './peer-messages.ts';

/** Frames that may be on their way, at most: 4 MiB, a quarter of what makes wrtc drop messages. */
const WINDOW = 256;
/** What was shown is said at once, but not more often than this (ms): an answer often carries it for nothing. */
const SHOWN_PAUSE = 20;
/** An acknowledgement is sent after so many frames, so that a window never runs dry. */
const ACK_EVERY = 64;
/** How long (ms) the other side's goodbye may take: for what it still wants delivered. */
const BYE_PATIENCE = 3_000;
/** How long (ms) the first frame may take once the link is open. */
const CONFIRM_PATIENCE = 5_000;

/** Why a session ended: the remote peer said goodbye (or gave up, with texts of theirs undelivered), we did, or it failed. */
export type SessionEnd = 'peer-left' | 'peer-gave-up' | 'we-left' | AparteError;

/** The messages that a session hands to the layer above. */
export type TextMessage = Extract<PeerMessage, { kind: 'part' | 'text' | 'shown' | 'typing' }>;

/** What a session reports. Called during a step. */
export interface SessionEvents {
  /** The first frame of the remote peer has opened: they hold the session keys. */
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

/** Where a session takes the texts it sends. */
export interface SessionOutbox {
  /** Number of our texts that the remote peer has not shown. */
  readonly undelivered: number;
  /** Takes the next piece to send in this session; null when all was sent. */
  next(): PeerMessage | null;
  /** Whether the remote peer does not know yet of something that was shown here. */
  readonly owesShown: boolean;
  /** Takes the message that says what was shown here. */
  takeShown(): PeerMessage;
}

/** One session. Its link is closed when it ends. */
export class Session implements LinkUser {
  /** How the link runs, with the round trip measured last; null while that is not known. */
  route: Route | null = null;
  readonly #context: Context;
  readonly #link: OwnLink;
  readonly #channel: RatchetChannel;
  readonly #role: 'A' | 'B';
  readonly #outbox: SessionOutbox;
  readonly #events: SessionEvents;
  #open = false;
  #confirmed = false;
  #over = false;
  /** When (ms) the link must be open, and then when the first frame must have come. */
  #standsBy: number;
  readonly #heartbeat = new Heartbeat();
  #ackedAt = 0;
  /** When (ms) we last said what was shown. */
  #shownAt = Number.NEGATIVE_INFINITY;
  /** When (ms) we stop being polite, once either side has said goodbye. */
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
    this.#standsBy = context.now + options.patience;
    this.#relayRefusal = options.relayRefusal;
  }

  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** Whether the path must be taken for lost; it may come back. */
  get isSilent(): boolean {
    return this.#heartbeat.lost;
  }

  get wakeAt(): number | null {
    if (this.#over) return null;
    if (!this.#open) return this.#standsBy;
    const pulse = this.#confirmed ? this.#heartbeat.wakeAt : earliest(this.#heartbeat.pingAt, this.#standsBy);
    const step = this.isSilent || this.#byeAnswered ? null : this.#channel.nextStepAt();
    const shown = this.#confirmed && !this.isSilent && this.#outbox.owesShown ? this.#shownAt + SHOWN_PAUSE : null;
    return earliest(pulse, step, shown, this.#byeUntil);
  }

  /** The tickets that are good now, newest first. None once the session has ended. */
  get tickets(): Ticket[] {
    return this.#over ? [] : this.#channel.tickets();
  }

  /** The link runs over this route. A relay that either side refuses ends the session, before it stands as a rule. */
  gotRoute(route: Route): void {
    this.route = { ...route, rttMs: this.#heartbeat.roundTrip ?? route.rttMs };
    if (route.path !== 'relay' || this.#relayRefusal === null) return this.#events.routed();
    this.end(new AparteError(this.#confirmed ? 'lost' : 'no-direct-path', this.#relayRefusal));
  }

  /** The link is open: A's first frame is a STEP, B's a hello. */
  opened(): void {
    const { now } = this.#context;
    if (this.#over) return;
    this.#open = true;
    this.#standsBy = now + CONFIRM_PATIENCE;
    this.#heartbeat.start(now);
    if (this.#role === 'A') this.#step(false);
    else this.#seal({ kind: 'hello' });
  }

  /** A frame came over the link. */
  got(frame: Uint8Array): void {
    if (this.#over) return;
    try {
      const plain = this.#channel.open(frame, this.#context.now);
      this.#heartbeat.heard(this.#context.now);
      if (!this.#confirmed) this.#confirm();
      const message = plain === null ? null : decodeMessage(plain);
      if (message !== null) this.#take(message);
      if (this.#over) return;
      if (this.#channel.received - this.#ackedAt >= ACK_EVERY) this.#ack();
      this.flush();
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      this.end(error);
    }
  }

  #confirm(): void {
    this.#confirmed = true;
    this.#events.confirmed();
  }

  #take(message: PeerMessage): void {
    switch (message.kind) {
      case 'hello': // whose coming is all it says
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

  /** Says what waits in the delivery, as far as the window allows, and what was shown. */
  flush(): void {
    if (!this.#confirmed || this.isSilent || this.#over) return;
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

  /** Seals and sends a message of the layers above, and a ratchet step behind it when one is due. */
  send(message: PeerMessage): void {
    if (!this.#open || this.#over) return;
    this.#seal(message);
    if (!this.isSilent) this.#step(false);
  }

  #seal(message: PeerMessage): void {
    // The answer to a goodbye is our last frame: wrtc crashes where one is sent while the other side closes the channel.
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

  /** Derives at leisure what the next frame needs. */
  prepare(): void {
    this.#channel.prepare();
  }

  /**
   * Says goodbye, to be answered within `patience` ms. The caller has seen to it that nothing is left to deliver, or that
   * there is no more time. Again, with less: hurries.
   */
  leave(patience: number): void {
    if (this.#over) return;
    if (!this.#confirmed) return this.end('we-left');
    const until = this.#context.now + patience;
    this.#byeUntil = Math.min(this.#byeUntil ?? until, until);
    if (this.#byeSaid) return;
    this.#byeSaid = true;
    if (this.#outbox.owesShown) this.#seal(this.#outbox.takeShown());
    this.#seal({ kind: 'bye', complete: this.#outbox.undelivered === 0 });
    this.answerBye();
  }

  /** Answers the other side's goodbye once our own messages have been shown there; it waits for that. */
  answerBye(): void {
    if (this.#over || this.#byeHeard === null || this.#byeAnswered || this.#outbox.undelivered > 0) return;
    if (this.#outbox.owesShown) this.#seal(this.#outbox.takeShown());
    this.#seal({ kind: 'byeAck' });
    this.#byeAnswered = true;
  }

  /** The link is gone. Behind a goodbye that is how it should end. */
  linkClosed(cause: AparteError): void {
    if (this.#byeHeard !== null) this.end(this.#byeHeard);
    else if (this.#byeSaid) this.end('we-left');
    else this.end(this.#confirmed ? new AparteError('lost') : cause);
  }

  tick(): void {
    if (this.#over) return;
    const { now } = this.#context;
    if (!this.#confirmed && this.#standsBy <= now) {
      return this.end(new AparteError('no-direct-path', { key: 'no-connection-in-time' }));
    }
    if (!this.#open) return;
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

  /** Takes the path for lost until the other side has seen what is sent from now on; then it is `heard`. */
  doubt(): void {
    this.#heartbeat.doubt(this.#channel.sent);
  }

  /** Ends the session: wipes its keys and closes its link. Idempotent. */
  end(end: SessionEnd): void {
    if (this.#over) return;
    const tickets = this.#channel.tickets();
    this.drop();
    this.#events.ended(end, tickets);
  }

  /** As `end`, without a word to anybody: another session has taken its room. */
  drop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#channel.wipe();
    this.#link.close();
  }
}
