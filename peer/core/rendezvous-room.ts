/**
 * One meeting place: a room of a rendezvous, entered with one card and one secret. Starts an attempt with each member by
 * the rules of docs/PROTOCOL.md, Meeting and Guesses, and says what came of them. Where the room is on several servers a
 * person is several members, *twins* with one card: only one attempt with him is under way at a time.
 */
import { equalBytes } from '../../shared/bytes.ts';
import { encodeCard } from '../../shared/card.ts';
import { AparteError } from '../../shared/errors.ts';
import { VERSIONS } from '../../shared/limits.ts';
import { FLIGHT, frameType, type HandshakeInputs } from '../crypto/index.ts';
import type { RoomMember } from '../rendezvous/rendezvous.ts';
import { type Context, earliest } from './context.ts';
import { Twins } from './duplicate-members.ts';
import type { RoomFact } from './facts-and-orders.ts';
import { ABORT, type Attempt, type AttemptEvents, type AttemptOptions } from './handshake.ts';
import { handshakeInputs, wipePairing } from './handshake-inputs.ts';
import { Attempts, type LocalSignal } from './handshakes.ts';
import { Initiating } from './initiator-handshake.ts';
import { Newcomers } from './newcomers.ts';
import { SpareLink } from './own-link.ts';
import type { PlaceEvents, PlaceOptions } from './rendezvous-room-options.ts';
import { Responding } from './responder-handshake.ts';

/** A place that is entered when made. */
export class Place {
  readonly number: number;
  /** Whether we are in, as far as we know. */
  joined = false;
  readonly #context: Context;
  readonly #options: PlaceOptions;
  readonly #events: PlaceEvents;
  readonly #card: Uint8Array;
  readonly #newcomers = new Newcomers();
  readonly #attempts: Attempts;
  readonly #twins: Twins;
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
    this.#attempts = new Attempts(this.#newcomers, this.#card);
    this.#twins = new Twins(this.#attempts, this.#newcomers, {
      respondTo: (member) => this.#respondTo(member),
      mayAnswer: () => options.mayStart('B'),
    });
    this.number = context.nextNumber();
    this.#spare = new SpareLink(context, this.number);
    const { nameplate, capacity, manual } = options;
    context.emit({ type: 'openPlace', place: this.number, nameplate, card: this.#card, capacity, manual });
  }

  /** Whether a handshake is under way, or done. */
  get busy(): boolean {
    return this.#attempts.started.length > 0;
  }

  /** Earliest time something is due. */
  get wakeAt(): number | null {
    return earliest(this.#attempts.wakeAt, this.#nextNewcomer() === undefined ? null : this.#nextHelloAt());
  }

  /** Takes a fact about this place. */
  got(fact: RoomFact): void {
    switch (fact.type) {
      case 'joined':
        return this.#gotJoined(fact.nameplate, fact.members);
      case 'placeWidened':
        return this.#gotOthers(fact.members);
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
        for (const attempt of this.#attempts.all) attempt.resend();
        return;
      default:
        fact satisfies never;
    }
  }

  /** We are in, as a new member: what was under way before is void. */
  #gotJoined(nameplate: string, members: readonly RoomMember[]): void {
    this.giveUp('the server lost the room meanwhile');
    if (this.#left) return;
    this.#newcomers.clear();
    this.joined = true;
    this.#nameplate = nameplate;
    this.#events.opened(nameplate);
    this.#gotOthers(members);
  }

  /** They were there before us. */
  #gotOthers(members: readonly RoomMember[]): void {
    for (const member of members) if (this.#isWelcome(member)) this.#respondTo(member);
  }

  #gotMember(member: RoomMember): void {
    if (!this.#isWelcome(member)) return;
    this.#newcomers.add(member);
    this.#greet();
  }

  /** Once somebody has proven the code, only twins of his are of use. */
  #isWelcome({ card }: RoomMember): boolean {
    return this.#chosen === null || equalBytes(card, this.#chosen.card);
  }

  #gotLeft(member: string): void {
    this.#newcomers.remove(member);
    const attempt = this.#attempts.with(member);
    if (attempt !== undefined && !this.#attempts.move(attempt)) {
      if (attempt.isUndecided) this.#attempts.putAside(attempt);
      else this.giveUp('the other side went away', [attempt]);
    }
    this.#goOn();
  }

  #gotFrame(from: string, bytes: Uint8Array): void {
    const type = frameType(bytes);
    const card = this.#attempts.with(from)?.card ?? this.#newcomers.with(from)?.card;
    if (card === undefined) return;
    if (type === FLIGHT.hello && !this.#twins.mayTake({ id: from, card }, bytes)) return;
    if (type === FLIGHT.reply && this.#options.guesses?.mayRisk === false) return;
    this.#attempts.with(from)?.got(bytes);
  }

  /** Drops every handshake that is not done; the place stays entered. */
  abandon(): void {
    for (const attempt of this.#attempts.all) if (!attempt.done) this.#attempts.drop(attempt);
    this.#chosen = null;
  }

  /** A description or candidate of link `number`. Returns whether the link is of this place. */
  gotLocalSignal(number: number, signal: LocalSignal): boolean {
    return this.#attempts.localSignal(number, this.#spare.numbered(number), signal);
  }

  /** Link `number` is gone. Returns whether it is of an attempt here that is still under way. */
  gotLinkClosed(number: number, cause: AparteError): boolean {
    if (this.#spare.numbered(number) !== null) {
      this.#spare.take();
      return true;
    }
    const attempt = this.#attempts.withLink(number);
    if (attempt === undefined || attempt.done) return false;
    attempt.fail(cause);
    return true;
  }

  tick(): void {
    for (const attempt of this.#attempts.overdue(this.#context.now)) this.#overdue(attempt);
    this.#goOn();
  }

  /** Leaves and forgets every secret. The link of an attempt that is done stays with the session that uses it. */
  leave(): void {
    this.abandon();
    this.#attempts.clear();
    this.#spare.close();
    this.#newcomers.clear();
    this.joined = false;
    this.#left = true;
    this.#context.emit({ type: 'leavePlace', place: this.number });
  }

  #overdue(attempt: Attempt): void {
    if (attempt.deadline === null) return;
    const cause = attempt.overdue();
    if (attempt.standing !== 'untried') return attempt.fail(cause);
    const { member: id, card, isMoved } = attempt;
    if (!attempt.started) attempt.deadline = null;
    else if (isMoved && this.#attempts.isCrossed(card)) this.#attempts.putAside(attempt);
    // One who may be reached over another server is no squatter.
    else if (this.#attempts.move(attempt)) this.#twins.giveBack({ id, card });
    else if (!attempt.isRepeated) return attempt.repeat();
    else {
      this.#attempts.drop(attempt);
      this.#context.emit({ type: 'freeMember', place: this.number, member: id });
    }
    if (!isMoved) this.#events.noted(cause);
  }

  /** Ends attempts that cannot go on: without a word where nothing was risked yet, else as the guess that stays out. */
  giveUp(why: string, attempts: Iterable<Attempt> = this.#attempts.all): void {
    for (const attempt of attempts) {
      if (attempt.done) continue;
      if (attempt.standing === 'untried') this.#attempts.drop(attempt);
      else attempt.fail(attempt.silence(why));
    }
  }

  #nextHelloAt(): number {
    return this.#newcomers.nextAt(this.#context.now, this.#attempts.started.length);
  }

  #nextNewcomer(): RoomMember | undefined {
    if (this.#chosen !== null) return undefined;
    return this.#newcomers.first((card) => this.#attempts.underWayWith(card) !== undefined);
  }

  /** Turns to those who had to wait for another attempt to end. */
  #goOn(): void {
    for (const { member, hello } of this.#attempts.takeCrossed()) {
      this.#newcomers.remove(member.id);
      if (this.#attempts.with(member.id) === undefined) this.#respondTo(member);
      this.#gotFrame(member.id, hello);
    }
    this.#greet();
  }

  #greet(): void {
    const { now } = this.#context;
    this.#newcomers.holdBack(false);
    for (let member = this.#nextNewcomer(); member !== undefined; member = this.#nextNewcomer()) {
      if (this.#nextHelloAt() > now) return;
      if (!this.#options.mayStart('A')) return this.#newcomers.holdBack(true);
      this.#newcomers.greet(member.id, now);
      if (this.#attempts.takeUp(member) !== undefined) continue;
      const inputs = this.#inputsWith(member, 'A');
      if (inputs === null) continue;
      this.#spare.open();
      const options = this.#attemptOptions(member, inputs, () => attempt);
      const attempt: Attempt = new Initiating(options, () => this.#spare.take());
      wipePairing(inputs, member);
      this.#attempts.add(attempt);
    }
  }

  #respondTo(member: RoomMember): void {
    const inputs = this.#inputsWith(member, 'B');
    if (inputs === null) return;
    const options = this.#attemptOptions(member, inputs, () => attempt);
    const attempt: Attempt = new Responding(options, this.#options.guesses);
    wipePairing(inputs, member);
    this.#attempts.addWithHost(attempt);
  }

  /** The inputs of a handshake with this member; null where there can be none, which is noted. */
  #inputsWith(member: RoomMember, role: 'A' | 'B'): HandshakeInputs | null {
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

  #attemptOptions(member: RoomMember, inputs: HandshakeInputs, self: () => Attempt): AttemptOptions {
    const events: AttemptEvents = {
      rightTag: () => this.#shutDoor(self()),
      met: (met) => this.#events.met(met, self()),
      failed: (cause) => this.#attemptFailed(self(), cause),
    };
    const { number: place } = this;
    return { context: this.#context, place, member, inputs, profile: this.#options.profile(), events };
  }

  #shutDoor(chosen: Attempt): void {
    this.#chosen = chosen;
    this.#newcomers.keepOnly(chosen.card);
    this.#attempts.keepOnly(chosen);
  }

  #attemptFailed(attempt: Attempt, cause: AparteError): void {
    this.#attempts.delete(attempt);
    const { guesses } = this.#options;
    if (guesses === null) {
      if (this.#chosen === attempt) this.#chosen = null;
      this.#events.noted(cause);
      return;
    }
    if (cause.code === 'wrong-code' && attempt instanceof Initiating) guesses.judgedWrong();
    if (!guesses.spent && this.#chosen !== attempt) return this.#events.noted(cause);
    this.#attempts.clear();
    this.#events.failed(cause);
  }
}
