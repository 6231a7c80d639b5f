/**
 * One rendezvous room: a room of a rendezvous, entered with one card and one secret. Starts a handshake with each member by
 * the rules of docs/PROTOCOL.md, Meeting and Guesses, and says what came of them. Where the room is on several servers a
 * person is several members, *twins* with one card: only one handshake with him is under way at a time.
 */

import { equalBytes } from '../../shared/bytes.ts';
import { encodeCard } from '../../shared/card.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import { VERSIONS } from '../../shared/limits.ts';
import { FLIGHT, frameType, type HandshakeInputs } from '../crypto/index.ts';
import type { RoomMember } from '../rendezvous/rendezvous.ts';
import { type Context, earliest, type RoomOwner } from './context.ts';
import { DuplicateMembers } from './duplicate-members.ts';
import type { RoomFact } from './facts-and-orders.ts';
import { ABORT, type Handshake, type HandshakeEvents, type HandshakeOptions } from './handshake.ts';
import { handshakeInputs, wipePairing } from './handshake-inputs.ts';
import { Handshakes } from './handshakes.ts';
import { InitiatorHandshake } from './initiator-handshake.ts';
import { Newcomers } from './newcomers.ts';
import { SpareLink } from './own-link.ts';
import type { RendezvousRoomEvents, RendezvousRoomOptions } from './rendezvous-room-options.ts';
import { ResponderHandshake } from './responder-handshake.ts';

/** A place that is entered when made. */
export class RendezvousRoom implements RoomOwner {
  readonly number: number;
  /** Whether we are in, as far as we know. */
  joined = false;
  readonly #context: Context;
  readonly #options: RendezvousRoomOptions;
  readonly #events: RendezvousRoomEvents;
  readonly #card: Uint8Array;
  readonly #newcomers = new Newcomers();
  readonly #handshakes: Handshakes;
  readonly #duplicates: DuplicateMembers;
  #nameplate = '';
  #left = false;
  readonly #spare: SpareLink;
  /** The handshake whose other side has proven the code; nobody else is let in. */
  #chosen: Handshake | null = null;

  constructor(context: Context, options: RendezvousRoomOptions, events: RendezvousRoomEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = events;
    this.#card = encodeCard({ versions: VERSIONS, nonce: context.random(16) });
    this.#handshakes = new Handshakes(this.#newcomers, this.#card);
    this.#duplicates = new DuplicateMembers(this.#handshakes, this.#newcomers, {
      respondTo: (member) => this.#respondTo(member),
      mayAnswer: () => options.mayStart('B'),
    });
    this.number = context.nextNumber();
    this.#spare = new SpareLink(context, this.number);
    context.rooms.set(this.number, this);
    const { nameplate, capacity, manual } = options;
    const entry = { room: this.number, card: this.#card };
    if (manual === undefined) context.order({ type: 'openRoom', ...entry, nameplate, capacity });
    else context.order({ type: 'openManualRoom', ...entry, invite: manual.invite });
  }

  /** Whether a handshake is under way, or done. */
  get busy(): boolean {
    return this.#handshakes.started.length > 0;
  }

  /** Earliest time something is due. */
  get wakeAt(): number | null {
    return earliest(this.#handshakes.wakeAt, this.#nextNewcomer() === undefined ? null : this.#nextHelloAt());
  }

  gotRoom(fact: RoomFact): void {
    switch (fact.type) {
      case 'joined':
        return this.#gotJoined(fact.nameplate, fact.members);
      case 'roomWidened':
        return this.#gotOthers(fact.members);
      case 'memberCame':
        return this.#gotMember(fact.member);
      case 'memberLeft':
        return this.#gotLeft(fact.member);
      case 'gotHandshake':
        return this.#gotFrame(fact.from, fact.bytes);
      case 'roomLost':
        this.joined = false;
        return this.#events.lost?.(fact.cause, fact.retryAt);
      case 'roomNoted':
        return this.#events.noted?.(fact.cause);
      case 'roomRefused':
        return this.#events.refused(fact.cause);
      case 'blob':
        return this.#events.blob?.(fact.kind, fact.text, fact.until);
      case 'roomResumed':
        this.joined = true;
        this.#events.resumed?.();
        for (const handshake of this.#handshakes.all) handshake.resend();
        return;
      default:
        fact satisfies never;
    }
  }

  /** We are in, as a new member: what was under way before is void. */
  #gotJoined(nameplate: string, members: readonly RoomMember[]): void {
    this.giveUp({ key: 'room-lost' });
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
    const handshake = this.#handshakes.with(member);
    if (handshake !== undefined && !this.#handshakes.move(handshake)) {
      if (handshake.isUndecided) this.#handshakes.putAside(handshake);
      else this.giveUp({ key: 'went-away' }, [handshake]);
    }
    this.#goOn();
  }

  #gotFrame(from: string, bytes: Uint8Array): void {
    const type = frameType(bytes);
    const card = this.#handshakes.with(from)?.card ?? this.#newcomers.with(from)?.card;
    if (card === undefined) return;
    if (type === FLIGHT.hello && !this.#duplicates.mayTake({ id: from, card }, bytes)) return;
    if (type === FLIGHT.reply && this.#options.guesses?.mayRisk === false) return;
    this.#handshakes.with(from)?.got(bytes);
  }

  /** Drops every handshake that is not done; the place stays entered. */
  abandon(): void {
    for (const handshake of this.#handshakes.all) if (!handshake.done) this.#handshakes.drop(handshake);
    this.#chosen = null;
  }

  tick(): void {
    for (const handshake of this.#handshakes.overdue(this.#context.now)) this.#overdue(handshake);
    this.#goOn();
  }

  /** Leaves and forgets every secret. The link of a handshake that is done stays with the session that uses it. */
  leave(): void {
    this.abandon();
    this.#handshakes.clear();
    this.#spare.close();
    this.#newcomers.clear();
    this.joined = false;
    this.#left = true;
    this.#context.rooms.delete(this.number);
    this.#context.order({ type: 'leaveRoom', room: this.number });
  }

  #overdue(handshake: Handshake): void {
    if (handshake.deadline === null) return;
    const cause = handshake.overdue();
    if (handshake.standing !== 'untried') return handshake.fail(cause);
    const { member: id, card, isMoved } = handshake;
    if (!handshake.started) handshake.deadline = null;
    else if (isMoved && this.#handshakes.isCrossed(card)) this.#handshakes.putAside(handshake);
    // One who may be reached over another server is no squatter.
    else if (this.#handshakes.move(handshake)) this.#duplicates.giveBack({ id, card });
    else if (!handshake.isRepeated) return handshake.repeat();
    else {
      this.#handshakes.drop(handshake);
      this.#context.order({ type: 'freeMember', room: this.number, member: id });
    }
    if (!isMoved) this.#events.handshakeFailed(cause);
  }

  /** Ends handshakes that cannot go on: without a word where nothing was risked yet, else as the guess that stays out. */
  giveUp(why: ErrorDetail, handshakes: Iterable<Handshake> = this.#handshakes.all): void {
    for (const handshake of handshakes) {
      if (handshake.done) continue;
      if (handshake.standing === 'untried') this.#handshakes.drop(handshake);
      else handshake.fail(handshake.silence(why));
    }
  }

  #nextHelloAt(): number {
    return this.#newcomers.nextAt(this.#context.now, this.#handshakes.started.length);
  }

  #nextNewcomer(): RoomMember | undefined {
    if (this.#chosen !== null) return undefined;
    return this.#newcomers.first((card) => this.#handshakes.underWayWith(card) !== undefined);
  }

  /** Turns to those who had to wait for another handshake to end. */
  #goOn(): void {
    for (const { member, hello } of this.#handshakes.takeCrossed()) {
      this.#newcomers.remove(member.id);
      if (this.#handshakes.with(member.id) === undefined) this.#respondTo(member);
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
      if (this.#handshakes.takeUp(member) !== undefined) continue;
      const inputs = this.#inputsWith(member, 'A');
      if (inputs === null) continue;
      this.#spare.open();
      const options = this.#handshakeOptions(member, inputs, () => handshake);
      const handshake: Handshake = new InitiatorHandshake(options, this.#spare);
      wipePairing(inputs, member);
      this.#handshakes.add(handshake);
    }
  }

  #respondTo(member: RoomMember): void {
    const inputs = this.#inputsWith(member, 'B');
    if (inputs === null) return;
    const options = this.#handshakeOptions(member, inputs, () => handshake);
    const handshake: Handshake = new ResponderHandshake(options, this.#options.guesses);
    wipePairing(inputs, member);
    this.#handshakes.addWithHost(handshake);
  }

  /** The inputs of a handshake with this member; null where there can be none, which is noted. */
  #inputsWith(member: RoomMember, role: 'A' | 'B'): HandshakeInputs | null {
    try {
      return handshakeInputs({ ...this.#options, role, card: this.#card, nameplate: this.#nameplate }, member);
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      const bytes = Uint8Array.of(FLIGHT.abort, error.code === 'version' ? ABORT.version : ABORT.failed);
      this.#context.order({ type: 'sendHandshake', room: this.number, to: member.id, bytes });
      if (error.code === 'version' && role === 'B') this.#events.failed(error);
      else this.#events.handshakeFailed(error);
      return null;
    }
  }

  #handshakeOptions(member: RoomMember, inputs: HandshakeInputs, self: () => Handshake): HandshakeOptions {
    const events: HandshakeEvents = {
      rightTag: () => this.#shutDoor(self()),
      completed: (result) => this.#events.completed(result),
      failed: (cause) => this.#handshakeFailed(self(), cause),
    };
    const { number: room } = this;
    return { context: this.#context, room, member, inputs, profile: this.#options.profile(), events };
  }

  #shutDoor(chosen: Handshake): void {
    this.#chosen = chosen;
    this.#newcomers.keepOnly(chosen.card);
    this.#handshakes.keepOnly(chosen);
  }

  #handshakeFailed(handshake: Handshake, cause: AparteError): void {
    this.#handshakes.delete(handshake);
    const { guesses } = this.#options;
    if (guesses === null) {
      if (this.#chosen === handshake) this.#chosen = null;
      this.#events.handshakeFailed(cause);
      return;
    }
    if (cause.code === 'wrong-code' && handshake instanceof InitiatorHandshake) guesses.judgedWrong();
    if (!guesses.spent && this.#chosen !== handshake) return this.#events.handshakeFailed(cause);
    this.#handshakes.clear();
    this.#events.failed(cause);
  }
}
