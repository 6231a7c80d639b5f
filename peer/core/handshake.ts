/**
 * A handshake with one remote program, from the first flight to both proofs (docs/PROTOCOL.md, Handshake): what is the
 * same on side A (initiator-handshake.ts) and side B (responder-handshake.ts).
 */
import { equalBytes } from '../../shared/bytes.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError, type ErrorCode } from '../../shared/errors.ts';
import { FLIGHT_TIMEOUT } from '../../shared/limits.ts';
import { FLIGHT, frameType, type HandshakeInputs, type ProvenClaims, type RatchetChannel } from '../crypto/index.ts';
import type { Profile } from './claims.ts';
import type { Context } from './context.ts';
import type { LinkPreparer, OwnLink } from './own-link.ts';

/** Reason bytes of an ABORT: a hint to the remote peer, never trusted. */
export const ABORT = { wrongCode: 1, version: 2, failed: 3, self: 4 } as const;

/** How long (ms) our own link may take to make its offer or answer: less than the remote peer waits for our flight. */
export const OWN_LINK_TIMEOUT = 8_000;

/** What came of a handshake in which both sides have proven everything. */
export interface HandshakeResult {
  readonly role: 'A' | 'B';
  readonly claims: ProvenClaims;
  readonly channel: RatchetChannel;
  /** Our end of the link; the session takes it over. */
  readonly link: OwnLink;
  /** Wipes the last keys of the handshake. No candidate is sent or taken afterwards. */
  wipe(): void;
}

/** What a handshake reports to its room. Called during a step. */
export interface HandshakeEvents {
  /** The remote peer has proven the code. */
  rightTag(): void;
  /** Both sides have proven everything. Candidates may still follow. */
  completed(result: HandshakeResult): void;
  /** The handshake has failed. Nothing is called after it. */
  failed(cause: AparteError): void;
}

/** What a handshake is made of. */
export interface HandshakeOptions {
  readonly context: Context;
  /** Number of the room. */
  readonly room: number;
  /** Id of the member that the first frame goes to, or comes from. */
  readonly via: string;
  readonly inputs: HandshakeInputs;
  readonly profile: Profile;
  readonly events: HandshakeEvents;
}

/**
 * What the handshake has put the code to so far. `none`: nothing, so that its end costs nothing. `out`: our REPLY has
 * left, which is a guess at us until it is answered. `right`: the remote peer has proven the code.
 */
export type GuessState = 'none' | 'out' | 'right';

/**
 * What the handshake waits for: `hello` of A or `reply` of B, our own `link`, `proof` of the other side; or it is `done`.
 * A goes from `reply` over `link` and `proof` to `done`, B from `hello` over `proof` and `link`.
 */
type State = 'hello' | 'reply' | 'link' | 'proof' | 'done';

/** What silence means, by what the code has been put to. A wrong code looks like silence behind our REPLY. */
const SILENCE = { none: 'silent', out: 'wrong-code', right: 'no-answer' } as const satisfies Record<
  GuessState,
  ErrorCode
>;

/** The part of the crypto module's Initiator and Responder that both sides use. */
interface HandshakeCrypto {
  sealSignal(signal: Uint8Array): Uint8Array;
  openSignal(frame: Uint8Array): Uint8Array | null;
  wipe(): void;
}

/** One handshake. Each side takes the flights of the other in `flight`. */
export abstract class Handshake implements LinkPreparer {
  /** Id of the member that frames go to and come from. */
  via: string;
  /** Whether the handshake has gone on over another member than the one it began with. */
  isMoved = false;
  /** Whether our HELLO was sent twice. */
  isRepeated = false;
  /** When (ms) the flight we wait for, or our own link, is overdue; null while we wait for neither. */
  deadline: number | null;
  protected state: State;
  /** Our link, whose candidates travel in this handshake; null before there is one. */
  protected link: OwnLink | null = null;
  protected readonly context: Context;
  protected readonly events: HandshakeEvents;
  protected readonly profile: Profile;
  protected readonly room: number;
  /** The last accepted frame of each type, with our answer: the same frame gets the same answer again. */
  readonly #accepted = new Map<number, { frame: Uint8Array; answer: Uint8Array | null }>();
  /** The SIG frames we sent, to send them again byte for byte. */
  readonly #signals: Uint8Array[] = [];
  /** Whether either side has sent an ABORT. */
  #isAborted = false;
  #isOver = false;

  constructor({ context, events, profile, room, via }: HandshakeOptions, state: State) {
    this.state = state;
    this.context = context;
    this.events = events;
    this.profile = profile;
    this.room = room;
    this.via = via;
    this.deadline = context.now + FLIGHT_TIMEOUT;
  }

  /** Whether we have sent a flight. */
  get started(): boolean {
    return this.state !== 'hello';
  }

  /** Whether both sides have proven everything. */
  get done(): boolean {
    return this.state === 'done';
  }

  get guess(): GuessState {
    if (this.state === 'hello' || this.state === 'reply') return 'none';
    return this.state === 'proof' && this.role === 'B' ? 'out' : 'right';
  }

  /** Whether our HELLO is unanswered: it risked nothing, and may still be put aside. */
  get isUndecided(): boolean {
    return this.state === 'reply';
  }

  protected abstract readonly role: 'A' | 'B';
  protected abstract readonly crypto: HandshakeCrypto;
  /** Takes a flight of the remote peer. */
  protected abstract flight(type: number, frame: Uint8Array): void;
  abstract localSignal(): void;

  /** The error that an overdue flight, or our own overdue link, means. */
  overdue(): AparteError {
    if (this.state === 'link')
      return new AparteError('no-direct-path', { key: 'link-not-ready', seconds: OWN_LINK_TIMEOUT / 1_000 });
    return this.silence({ key: 'nothing-for', seconds: FLIGHT_TIMEOUT / 1_000 });
  }

  /** The error that silence means; `why` is its detail. */
  silence(why: ErrorDetail): AparteError {
    return new AparteError(SILENCE[this.guess], why);
  }

  /** Takes a frame of the remote peer. */
  got(frame: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#take(frame);
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      this.fail(error);
    }
  }

  #take(frame: Uint8Array): void {
    const type = frameType(frame);
    if (type === null) throw new AparteError('unexpected', { key: 'malformed', part: 'frame-type' });
    if (type === FLIGHT.abort) this.#isAborted = true;
    const before = this.#accepted.get(type);
    if (type === FLIGHT.signal) this.#gotSignal(frame);
    else if (before === undefined || !equalBytes(before.frame, frame)) this.flight(type, frame);
    else if (before.answer !== null) this.#sendAgain(before.answer);
  }

  #gotSignal(frame: Uint8Array): void {
    // The remote peer proves themselves and sends their offer or answer first.
    if (!this.done && (this.role === 'A' || this.state !== 'link'))
      throw new AparteError('unexpected', { key: 'out-of-turn', frame: 'signal', state: this.state });
    const bytes = this.crypto.openSignal(frame);
    if (bytes !== null && this.link !== null)
      this.context.order({ type: 'addCandidate', link: this.link.number, bytes });
  }

  /** Sends all our answers again, which may have been lost with the connection to the server. */
  resend(): void {
    const answers = Array.from(this.#accepted.values(), ({ answer }) => answer);
    this.#sendAgain(...answers.filter((answer) => answer !== null));
  }

  /** Candidates may have been lost together with the answer, so they are sent again behind it. */
  #sendAgain(...answers: readonly Uint8Array[]): void {
    for (const frame of [...answers, ...this.#signals]) this.send(frame);
  }

  /** Sends our HELLO again, which may have been lost with a connection of the remote peer. */
  repeat(): void {
    this.isRepeated = true;
    this.resend();
  }

  /** Goes on over another member that shows the same card, on another server. */
  moveTo(via: string): void {
    this.isMoved = true;
    this.via = via;
    if (this.guess === 'none') this.deadline = this.context.now + FLIGHT_TIMEOUT;
    this.resend();
  }

  /** Whether this very frame was accepted. */
  hasAccepted(frame: Uint8Array): boolean {
    const before = this.#accepted.get(frame[0] ?? -1);
    return before !== undefined && equalBytes(before.frame, frame);
  }

  /** An error for a flight that this state does not allow. */
  protected outOfTurn(type: number): AparteError {
    return new AparteError('unexpected', { key: 'out-of-turn', frame: String(type), state: this.state });
  }

  /** Remembers the accepted frame of this type. */
  protected accept(type: number, frame: Uint8Array): void {
    this.#accepted.set(type, { frame, answer: null });
  }

  /** Sends our answer to the accepted frame of this type, and remembers it. */
  protected answer(type: number, answer: Uint8Array): void {
    const accepted = this.#accepted.get(type);
    if (accepted !== undefined) accepted.answer = answer;
    this.send(answer);
  }

  /** Sends the candidates that our link has gathered, if they may be sent. */
  protected sendCandidates(): void {
    const hasProven = this.done || (this.role === 'A' && this.state === 'proof');
    if (this.#isOver || !hasProven || this.link === null) return;
    for (const candidate of this.link.takeCandidates()) {
      const frame = this.crypto.sealSignal(candidate);
      this.#signals.push(frame);
      this.send(frame);
    }
  }

  protected send(bytes: Uint8Array): void {
    this.context.order({ type: 'sendHandshake', room: this.room, to: this.via, bytes });
  }

  /** Tells the remote peer that we give up. `reason` is one of {@link ABORT}. */
  protected abort(reason: number): void {
    this.#isAborted = true;
    this.send(Uint8Array.of(FLIGHT.abort, reason));
  }

  /** The error that an ABORT means, unless it says that the code is wrong. */
  protected aborted(frame: Uint8Array): AparteError {
    const isSelf = frame[1] === ABORT.self && this.guess === 'right';
    return isSelf ? new AparteError('self', { key: 'hearsay' }) : new AparteError('peer-abort');
  }

  linkClosed(cause: AparteError): void {
    if (!this.done) this.fail(cause);
  }

  /** Ends the handshake, and tells the remote peer so that they need not wait. */
  fail(cause: AparteError): void {
    if (this.#isOver) return;
    if (!this.#isAborted) this.abort(cause.code === 'self' ? ABORT.self : ABORT.failed);
    this.wipe();
    this.events.failed(cause);
  }

  /** Forgets every secret, and closes the link unless a session has it. Nothing happens afterwards. Idempotent. */
  wipe(): void {
    if (!this.#isOver && !this.done) this.link?.close();
    this.#isOver = true;
    this.deadline = null;
    this.crypto.wipe();
  }
}
