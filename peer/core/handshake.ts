/**
 * One handshake with one member of a rendezvous room, from the first flight to both proofs (docs/PROTOCOL.md,
 * Handshake). Side A is in `initiating.ts`, side B in `responding.ts`; what they share is here.
 */

import { equalBytes } from '../../shared/bytes.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError, type ErrorCode } from '../../shared/errors.ts';
import type { RelayPolicy } from '../../shared/ice-servers.ts';
import { FLIGHT_TIMEOUT } from '../../shared/limits.ts';
import type { Member } from '../../shared/signal-wire.ts';
import {
  type Channel,
  FLIGHT,
  frameType,
  type HandshakeInputs,
  type Identity,
  type ProvenClaims,
} from '../crypto/index.ts';
import type { Context } from './context.ts';
import type { LinkPreparer, OwnLink } from './own-link.ts';

/** Reason bytes of an ABORT: a hint to the other side, never trusted. */
export const ABORT = { wrongCode: 1, version: 2, failed: 3, self: 4 } as const;

/** How long (ms) our own link may take to make its offer or answer: less than the other side waits for our flight. */
export const OWN_LINK_TIMEOUT = 8_000;

/** What the handshake needs to know about us. */
export interface Profile {
  readonly identity: Identity;
  readonly name: string;
  /** Sequence number of the peer's last message shown here; 0 where the conversation is new. */
  readonly cursor: number;
  /** The only identity this handshake may end with; null for anybody. */
  readonly expected: Uint8Array | null;
  /** Whether the other side may have our own identity, as another program on our data folder has. */
  readonly allowsOwn: boolean;
  readonly relay: RelayPolicy;
}

/** What came of a handshake in which both sides have proven everything. */
export interface HandshakeResult {
  readonly role: 'A' | 'B';
  readonly claims: ProvenClaims;
  readonly channel: Channel;
  /** Our end of the link; the session takes it over. */
  readonly link: OwnLink;
  /** Wipes the last keys of the handshake, so that no further candidate is sent or taken. */
  wipe(): void;
}

/** What a handshake reports to its rendezvous room. Called during a step. */
export interface HandshakeEvents {
  /** The other side has proven the code. */
  rightTag(): void;
  /** Both sides have proven everything; candidates may still follow. */
  completed(result: HandshakeResult): void;
  /** It is over. Nothing is called after it. */
  failed(cause: AparteError): void;
}

/** What a handshake is made of. */
export interface HandshakeOptions {
  readonly context: Context;
  /** Number of the rendezvous room. */
  readonly room: number;
  /** Whom it is with, as the server he was first seen on shows him. */
  readonly member: Member;
  readonly inputs: HandshakeInputs;
  readonly profile: Profile;
  readonly events: HandshakeEvents;
}

/**
 * What the code, or ticket, has been put to so far: nothing, so that an end costs nothing (`untried`); a REPLY of ours,
 * which is a guess that is out (`guessed`); and the other side has proven it (`proven`).
 */
export type Standing = 'untried' | 'guessed' | 'proven';

/** What it means where the other side falls silent. */
const SILENCE = {
  untried: 'silent',
  // From here a wrong code looks like this.
  guessed: 'wrong-code',
  proven: 'no-answer',
} as const satisfies Record<Standing, ErrorCode>;

/** The part of Initiator and Responder both sides use. */
interface HandshakeCrypto {
  sealSignal(signal: Uint8Array): Uint8Array;
  openSignal(frame: Uint8Array): Uint8Array | null;
  wipe(): void;
}

/** How a handshake is told what happened; a side answers frames of its own flights in `flight`. */
export abstract class Handshake implements LinkPreparer {
  /** The other side's. */
  readonly card: Uint8Array;
  /** Whether it has gone on over another server than the one it began at. */
  isMoved = false;
  /** Whether our HELLO was said twice. */
  isRepeated = false;
  /** When (ms) the flight we wait for is overdue; null once nothing is. */
  deadline: number | null;
  protected readonly context: Context;
  protected readonly events: HandshakeEvents;
  protected readonly profile: Profile;
  protected readonly room: number;
  #member: string;
  /** The last frame of each type that was accepted, with what we answered: a resent one gets the same again. */
  readonly #accepted = new Map<number, { frame: Uint8Array; answer: Uint8Array | null }>();
  /** SIG frames sent, to send them again byte for byte. */
  readonly #signals: Uint8Array[] = [];
  /** Whether either side has said that it gives up. */
  #aborted = false;
  #over = false;

  constructor(options: HandshakeOptions) {
    this.context = options.context;
    this.events = options.events;
    this.profile = options.profile;
    this.card = options.member.card;
    this.#member = options.member.id;
    this.room = options.room;
    this.deadline = this.context.now + FLIGHT_TIMEOUT;
  }

  /** Whom its frames go to. */
  get member(): string {
    return this.#member;
  }

  /** The link whose signals travel in this handshake; null before it has one. */
  abstract get link(): OwnLink | null;
  /** Whether flights have been exchanged, or at least one was sent. */
  abstract get started(): boolean;
  /** Whether both sides have proven everything. */
  abstract get done(): boolean;
  protected abstract readonly crypto: HandshakeCrypto;
  /** Whether SIG frames may come: the other side has proven itself and said its offer or answer. */
  protected abstract get signalsMayCome(): boolean;
  /** Whether our own candidates may be sealed and sent. */
  protected abstract get maySignal(): boolean;
  /** Takes a flight of the other side. */
  protected abstract flight(type: number, frame: Uint8Array): void;
  /** Our link has made its description, or has more candidates. */
  abstract localSignal(): void;

  linkClosed(cause: AparteError): void {
    if (!this.done) this.fail(cause);
  }

  abstract get standing(): Standing;

  /** Whether it waits for our own link, and not for the other side. */
  protected abstract get awaitsOwnLink(): boolean;

  /** Whether it is our HELLO that nobody has answered: nothing was risked in it. */
  get isUndecided(): boolean {
    return this.started && this.standing === 'untried';
  }

  /** What it means that the flight, or our own link, is overdue. */
  overdue(): AparteError {
    if (this.awaitsOwnLink) return new AparteError('no-direct-path', { key: 'link-not-ready', seconds: 8 });
    return this.silence({ key: 'nothing-for', seconds: 10 });
  }

  /** What it means that nothing comes any more, `why` said in the detail. */
  silence(why: ErrorDetail): AparteError {
    return new AparteError(SILENCE[this.standing], why);
  }

  /** A frame of this member came. */
  got(frame: Uint8Array): void {
    if (this.#over) return;
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
    if (type === FLIGHT.abort) this.#aborted = true;
    const before = this.#accepted.get(type);
    if (type === FLIGHT.signal) this.#signal(frame);
    else if (before === undefined || !equalBytes(before.frame, frame)) this.flight(type, frame);
    else if (before.answer !== null) this.#sendAgain(before.answer);
  }

  #signal(frame: Uint8Array): void {
    if (!this.signalsMayCome)
      throw new AparteError('unexpected', { key: 'out-of-turn', frame: 'a candidate', state: this.standing });
    const bytes = this.crypto.openSignal(frame);
    if (bytes !== null && this.link !== null)
      this.context.order({ type: 'addCandidate', link: this.link.number, bytes });
  }

  /** Sends again what may have been lost with the connection to the place. */
  resend(): void {
    const answers = Array.from(this.#accepted.values(), ({ answer }) => answer);
    this.#sendAgain(...answers.filter((answer) => answer !== null));
  }

  /** What was lost with one of our answers, or with the connection of whoever asks again, may be candidates, too. */
  #sendAgain(...answers: readonly Uint8Array[]): void {
    for (const frame of [...answers, ...this.#signals]) this.send(frame);
  }

  /** Says our HELLO again, which may have been lost with a connection of the other side. */
  repeat(): void {
    this.isRepeated = true;
    this.resend();
  }

  /** Goes on over another server, where the same person is this member. */
  moveTo(member: string): void {
    this.isMoved = true;
    this.#member = member;
    if (this.standing === 'untried') this.deadline = this.context.now + FLIGHT_TIMEOUT;
    this.resend();
  }

  /** Whether it was this frame that it accepted as the one of its type. */
  hasAccepted(frame: Uint8Array): boolean {
    const before = this.#accepted.get(frame[0] ?? -1);
    return before !== undefined && equalBytes(before.frame, frame);
  }

  /** Remembers a frame that was accepted, and what it was answered with. */
  protected accept(type: number, frame: Uint8Array, answer: Uint8Array | null): void {
    this.#accepted.set(type, { frame, answer });
  }

  /** Sends what our link has gathered, if it may. */
  protected sendCandidates(): void {
    if (this.#over || !this.maySignal || this.link === null) return;
    for (const candidate of this.link.takeCandidates()) {
      const frame = this.crypto.sealSignal(candidate);
      this.#signals.push(frame);
      this.send(frame);
    }
  }

  /** Sends a frame to this member. */
  protected send(bytes: Uint8Array): void {
    this.context.order({ type: 'sendHandshake', room: this.room, to: this.#member, bytes });
  }

  /** Tells the other side that we give up, without saying more than one byte can. */
  protected abort(reason: number): void {
    this.#aborted = true;
    this.send(Uint8Array.of(FLIGHT.abort, reason));
  }

  /** What an ABORT is shown as, unless it says that the code is wrong. */
  protected aborted(frame: Uint8Array): AparteError {
    const isSelf = frame[1] === ABORT.self && this.standing === 'proven';
    return isSelf ? new AparteError('self', { key: 'hearsay' }) : new AparteError('peer-abort');
  }

  /** Ends the handshake for a cause of ours or of the other side, which is told so that it need not wait. */
  fail(cause: AparteError): void {
    if (this.#over) return;
    if (!this.#aborted) this.abort(cause.code === 'self' ? ABORT.self : ABORT.failed);
    this.wipe();
    this.events.failed(cause);
  }

  /** Forgets every secret, and closes its link unless a session has it. Nothing happens after it. Idempotent. */
  wipe(): void {
    if (!this.#over && !this.done) this.link?.close();
    this.#over = true;
    this.deadline = null;
    this.crypto.wipe();
  }
}

/** Checks the identity that was proven against our own and the one expected. Throws `self` or `identity-changed`. */
export function checkIdentity(claims: ProvenClaims, profile: Profile): void {
  if (!profile.allowsOwn && equalBytes(claims.id, profile.identity.publicKey)) throw new AparteError('self');
  if (profile.expected !== null && !equalBytes(claims.id, profile.expected)) throw new AparteError('identity-changed');
}
