/**
 * One meeting place: a room of one rendezvous, entered with one card and one secret. Starts an attempt with each
 * member by the rules of docs/PROTOCOL.md, Meeting and Guesses, and says what came of them.
 */
import { encodeCard } from '../../shared/card.ts';
import { AparteError } from '../../shared/errors.ts';
import { VERSIONS } from '../../shared/limits.ts';
import { FLIGHT, frameType, type Meeting, type Mode } from '../crypto/index.ts';
import type { JoinRequest, RoomMember } from '../rendezvous/rendezvous.ts';
import { ABORT, type Attempt, type AttemptEvents, type AttemptOptions, type Met, type Profile } from './attempt.ts';
import { type Context, earliest } from './context.ts';
import type { RoomFact } from './events.ts';
import type { Guesses } from './guesses.ts';
import { handshakeInputs, wipePairing } from './handshake-inputs.ts';
import { Initiating } from './initiating.ts';
import { SpareLink } from './local-link.ts';
import { Recent } from './recent.ts';
import { Responding } from './responding.ts';

/** HELLOs open at once and new ones a second, at most (docs/PROTOCOL.md, Guesses). */
const MAX_OPEN_HELLOS = 8;
const MAX_HELLOS_PER_SECOND = 5;
/** How long (ms) until a newcomer that could not be greeted is looked at again. */
const ASK_AGAIN = 500;

/** What is needed to enter. */
export interface PlaceOptions {
  readonly mode: Mode;
  /** Null asks for a fresh one. */
  readonly nameplate: string | null;
  /** Null in manual pairing, unless both agreed on a code. */
  readonly secret: Uint8Array | null;
  readonly manual?: JoinRequest['manual'];
  /** People the room is for. */
  readonly capacity: number;
  /** Null where guesses are not counted: the secret is a ticket. */
  readonly guesses: Guesses | null;
  /** Asked when an attempt starts. */
  profile(): Profile;
  /** Asked before a handshake starts here, in role A by our HELLO, in role B by answering one. */
  mayStart(role: 'A' | 'B'): boolean;
}

/** What a place reports, during a step. */
export interface PlaceEvents {
  /** We are in; the room is called `nameplate`. */
  opened(nameplate: string): void;
  /** Both sides have proven everything. */
  met(met: Met, attempt: Attempt): void;
  /** Something failed that leaves the place as it was. */
  noted(cause: AparteError): void;
  /** The code is dead, or the one person it was for is gone. The place is of no more use. */
  failed(cause: AparteError): void;
}

/** A place that is entered when made. */
export class Place {
  readonly number: number;
  /** Whether we are in, as far as we know. */
  joined = false;
  readonly #context: Context;
  readonly #options: PlaceOptions;
  readonly #events: PlaceEvents;
  readonly #card: Uint8Array;
  readonly #attempts = new Map<string, Attempt>();
  readonly #newcomers: RoomMember[] = [];
  readonly #hellos = new Recent(MAX_HELLOS_PER_SECOND, 1_000);
  /** Whether the last newcomer may not be greeted yet. */
  #heldBack = false;
  #nameplate = '';
  #left = false;
  readonly #spare: SpareLink;
  /** The attempt whose other side has proven the code; nobody else is let in. */
  #chosen: Attempt | null = null;

  constructor(context: Context, options: PlaceOptions, events: PlaceEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = events;
    this.#card = encodeCard({ versions: VERSIONS, nonce: context.random(16) });
    this.number = context.nextNumber();
    this.#spare = new SpareLink(context, this.number);
    const { nameplate, capacity, manual } = options;
    context.emit({ type: 'openPlace', place: this.number, nameplate, card: this.#card, capacity, manual });
  }

  /** Whether a handshake is under way, or done. */
  get busy(): boolean {
    return Array.from(this.#attempts.values()).some((attempt) => attempt.started);
  }

  /** Earliest time something is due. */
  get wakeAt(): number | null {
    const deadlines = Array.from(this.#attempts.values(), (attempt) => attempt.deadline);
    return earliest(...deadlines, this.#newcomers.length > 0 ? this.#nextHelloAt() : null);
  }

  /** Takes a fact about this place. */
  got(fact: RoomFact): void {
    switch (fact.type) {
      case 'joined':
        return this.#gotJoined(fact.nameplate, fact.members);
      case 'memberCame':
        return this.#gotMember(fact.member);
      case 'memberLeft':
        return this.#gotLeft(fact.member);
      case 'gotHandshake':
        return this.#gotFrame(fact.from, fact.bytes);
      case 'placeLost':
        this.joined = false;
        return;
      case 'placeResumed':
        this.joined = true;
        for (const attempt of this.#attempts.values()) attempt.resend();
    }
  }

  /** We are in, as a new member: what was under way before is void. */
  #gotJoined(nameplate: string, members: readonly RoomMember[]): void {
    this.giveUp('the server lost the room meanwhile');
    if (this.#left) return;
    this.#newcomers.length = 0;
    this.joined = true;
    this.#nameplate = nameplate;
    this.#events.opened(nameplate);
    if (this.#chosen === null) for (const member of members) this.#respondTo(member);
  }

  #gotMember(member: RoomMember): void {
    if (this.#chosen !== null) return;
    this.#newcomers.push(member);
    this.#greet();
  }

  #gotLeft(member: string): void {
    const waiting = this.#newcomers.findIndex((newcomer) => newcomer.id === member);
    if (waiting >= 0) this.#newcomers.splice(waiting, 1);
    const attempt = this.#attempts.get(member);
    if (attempt !== undefined) this.giveUp('the other side went away', [attempt]);
  }

  #gotFrame(from: string, bytes: Uint8Array): void {
    const attempt = this.#attempts.get(from);
    if (attempt === undefined) return;
    const type = frameType(bytes);
    if (type === FLIGHT.hello && attempt.silence() === 'silent' && !this.#options.mayStart('B')) return;
    if (type === FLIGHT.reply && this.#options.guesses?.mayRisk === false) return;
    attempt.got(bytes);
  }

  /** Drops every handshake that is not done; the place stays entered. */
  abandon(): void {
    for (const attempt of this.#attempts.values()) {
      if (!attempt.done) this.#drop(attempt);
    }
    this.#chosen = null;
  }

  /** A description or candidate of link `number`. Returns whether the link is of this place. */
  gotLocalSignal(number: number, signal: { description: string } | { candidate: Uint8Array }): boolean {
    const attempt = Array.from(this.#attempts.values()).find((one) => one.link?.number === number);
    const link = attempt?.link ?? this.#spare.numbered(number);
    if (link === null) return false;
    if ('description' in signal) link.description = signal.description;
    else link.addCandidate(signal.candidate);
    attempt?.localSignal();
    return true;
  }

  /** Link `number` is gone. Returns whether it is of an attempt here that is still under way. */
  gotLinkClosed(number: number, cause: AparteError): boolean {
    if (this.#spare.numbered(number) !== null) {
      this.#spare.take();
      return true;
    }
    const attempt = Array.from(this.#attempts.values()).find((one) => one.link?.number === number && !one.done);
    attempt?.fail(cause);
    return attempt !== undefined;
  }

  tick(): void {
    for (const attempt of this.#attempts.values()) {
      if (attempt.deadline !== null && attempt.deadline <= this.#context.now) this.#overdue(attempt);
    }
    this.#greet();
  }

  /** Leaves and forgets every secret. The link of an attempt that is done stays with the session that uses it. */
  leave(): void {
    this.abandon();
    for (const attempt of this.#attempts.values()) attempt.wipe();
    this.#attempts.clear();
    this.#spare.close();
    this.#newcomers.length = 0;
    this.joined = false;
    this.#left = true;
    this.#context.emit({ type: 'leavePlace', place: this.number });
  }

  #overdue(attempt: Attempt): void {
    const cause = new AparteError(attempt.silence(), 'nothing came for 10 s');
    if (cause.code === 'silent') {
      this.#drop(attempt);
      this.#context.emit({ type: 'freeMember', place: this.number, member: attempt.member });
      this.#events.noted(cause);
    } else attempt.fail(cause);
  }

  /** Ends attempts that cannot go on: without a word where nothing was risked yet, else as the guess that stays out. */
  giveUp(why: string, attempts: Iterable<Attempt> = this.#attempts.values()): void {
    for (const attempt of attempts) {
      if (attempt.done) continue;
      if (attempt.silence() === 'silent') this.#drop(attempt);
      else attempt.fail(new AparteError(attempt.silence(), why));
    }
  }

  #drop(attempt: Attempt): void {
    attempt.wipe();
    this.#attempts.delete(attempt.member);
  }

  #nextHelloAt(): number {
    const { now } = this.#context;
    if (this.#attempts.size >= MAX_OPEN_HELLOS || this.#heldBack) return now + ASK_AGAIN;
    return this.#hellos.nextAt(now);
  }

  #greet(): void {
    this.#heldBack = false;
    while (this.#newcomers.length > 0 && this.#chosen === null && this.#nextHelloAt() <= this.#context.now) {
      if (!this.#options.mayStart('A')) {
        this.#heldBack = true;
        return;
      }
      const member = this.#newcomers.shift() as RoomMember;
      this.#hellos.add(this.#context.now);
      const meeting = this.#meetingWith(member, 'A');
      if (meeting === null) continue;
      this.#spare.open();
      const options = this.#attemptOptions(member, meeting, () => attempt);
      const attempt: Attempt = new Initiating(options, () => this.#spare.take());
      wipePairing(meeting, member);
      this.#attempts.set(member.id, attempt);
    }
  }

  #respondTo(member: RoomMember): void {
    const meeting = this.#meetingWith(member, 'B');
    if (meeting === null) return;
    const options = this.#attemptOptions(member, meeting, () => attempt);
    const attempt: Attempt = new Responding(options, this.#options.guesses);
    wipePairing(meeting, member);
    this.#attempts.set(member.id, attempt);
  }

  /** The inputs of a handshake with this member; null where there can be none, which is noted. */
  #meetingWith(member: RoomMember, role: 'A' | 'B'): Meeting | null {
    try {
      return handshakeInputs({ ...this.#options, role, card: this.#card, nameplate: this.#nameplate }, member);
    } catch (error) {
      if (!(error instanceof AparteError) || error.code === 'bug') throw error;
      const bytes = Uint8Array.of(FLIGHT.abort, error.code === 'version' ? ABORT.version : ABORT.failed);
      this.#context.emit({ type: 'sendHandshake', place: this.number, to: member.id, bytes });
      if (error.code === 'version' && role === 'B') this.#events.failed(error);
      else this.#events.noted(error);
      return null;
    }
  }

  #attemptOptions(member: RoomMember, meeting: Meeting, self: () => Attempt): AttemptOptions {
    const events: AttemptEvents = {
      rightTag: () => this.#shutDoor(self()),
      met: (met) => this.#events.met(met, self()),
      failed: (cause) => this.#attemptFailed(self(), cause),
    };
    const { number: place } = this;
    return { context: this.#context, place, member: member.id, meeting, profile: this.#options.profile(), events };
  }

  #shutDoor(chosen: Attempt): void {
    this.#chosen = chosen;
    this.#newcomers.length = 0;
    for (const other of this.#attempts.values()) if (other !== chosen) this.#drop(other);
  }

  #attemptFailed(attempt: Attempt, cause: AparteError): void {
    this.#attempts.delete(attempt.member);
    const { guesses } = this.#options;
    if (guesses === null) {
      if (this.#chosen === attempt) this.#chosen = null;
      this.#events.noted(cause);
      return;
    }
    if (cause.code === 'wrong-code' && attempt instanceof Initiating) guesses.judgedWrong();
    if (!guesses.spent && this.#chosen !== attempt) return this.#events.noted(cause);
    for (const other of this.#attempts.values()) this.#drop(other);
    this.#events.failed(cause);
  }
}
