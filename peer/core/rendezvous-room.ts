/**
 * A room of a rendezvous, entered with one card and one secret. Starts a handshake with each remote program in it by the
 * rules of docs/PROTOCOL.md, Meeting and Guesses, and reports what came of it.
 */
import { compareBytes, hex } from '../../shared/bytes.ts';
import { checkCards, decodeCard, encodeCard } from '../../shared/card.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import { VERSIONS } from '../../shared/limits.ts';
import { FLIGHT, frameType, type HandshakeInputs, type Mode, pairingSecret } from '../crypto/index.ts';
import type { RoomMember } from '../rendezvous/rendezvous.ts';
import { CardHolder } from './card-holder.ts';
import type { Profile } from './claims.ts';
import { type Context, earliest, type RoomOwner } from './context.ts';
import type { RoomFact } from './facts-and-orders.ts';
import type { Guesses } from './guesses.ts';
import { ABORT, type Handshake, type HandshakeOptions, type HandshakeResult } from './handshake.ts';
import { InitiatorHandshake } from './initiator-handshake.ts';
import { OwnLink } from './own-link.ts';
import { ResponderHandshake } from './responder-handshake.ts';
import { SlidingWindow } from './sliding-window.ts';

/** HELLOs open at once, and new ones a second, at most (docs/PROTOCOL.md, Guesses). */
const MAX_OPEN_HELLOS = 8;
const MAX_HELLOS_PER_SECOND = 5;
/** How long (ms) until a newcomer is looked at again who may not be greeted yet. */
const ASK_AGAIN = 500;
/** HELLOs of ours that are put aside, at most. */
const MAX_ASIDE = 8;

const NO_CONTEXT = new Uint8Array(0);

/** What a room is entered with. */
export interface RendezvousRoomOptions {
  readonly mode: Mode;
  /** Null asks the server for a new room. */
  readonly nameplate: string | null;
  /** Null in manual pairing, unless both agreed on a code. */
  readonly secret: Uint8Array | null;
  /** The text with the other side's invite, null to make one. Left out unless the pairing is manual. */
  readonly manual?: { readonly invite: string | null };
  /** Number of people the room is for. */
  readonly capacity: number;
  /** Null where guesses are not counted. */
  readonly guesses: Guesses | null;
  /** Asked when a handshake is made. */
  profile(): Profile;
  /** Asked before we send a HELLO (A), and before we answer one (B). */
  mayStart(role: 'A' | 'B'): boolean;
}

/** What a room reports, during a step. */
export interface RendezvousRoomEvents {
  /** We are in; the room is called `nameplate`. */
  opened?(nameplate: string): void;
  /** Both sides have proven everything. What happens to the rendezvous is not reported any more. */
  completed(result: HandshakeResult): void;
  /** A handshake failed, and the room stays as it was. */
  handshakeFailed(cause: AparteError): void;
  /** The code is dead, or the one person it was for is gone. The room is of no more use. */
  failed(cause: AparteError): void;
  /** The rendezvous has ended for good. The room is of no more use. */
  refused(cause: AparteError): void;
  /** The rendezvous has something to tell the user. The room stays as it was. */
  noted?(cause: AparteError): void;
  /** The connection to the rendezvous is lost, and is tried again at `retryAt` (ms). */
  lost?(cause: AparteError, retryAt: number): void;
  /** The connection to the rendezvous is back. */
  resumed?(): void;
  /** Manual pairing: a text for the user to hand over, good until `until` (ms). */
  blob?(kind: 'invite' | 'answer', text: string, until: number): void;
}

/** A room, entered when made. */
export class RendezvousRoom implements RoomOwner {
  readonly number: number;
  /** Whether we are in the room, as far as we know. */
  joined = false;
  readonly #context: Context;
  readonly #options: RendezvousRoomOptions;
  readonly #events: RendezvousRoomEvents;
  readonly #card: Uint8Array;
  /** By card, in hexadecimal; in the order they came. */
  readonly #holders = new Map<string, CardHolder>();
  /** By id of each member. */
  readonly #byMember = new Map<string, CardHolder>();
  /** Opened before anybody has proven the code, so that the first who does need not wait for its offer. */
  #spareLink: OwnLink | null = null;
  readonly #hellos = new SlidingWindow(MAX_HELLOS_PER_SECOND, 1_000);
  /** Whether no HELLO may be sent just now. */
  #heldBack = false;
  #nameplate = '';
  #left = false;
  /** The one who has proven the code. Nobody else is greeted or answered. */
  #chosen: CardHolder | null = null;

  constructor(context: Context, options: RendezvousRoomOptions, events: RendezvousRoomEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = events;
    this.#card = encodeCard({ versions: VERSIONS, nonce: context.random(16) });
    this.number = context.nextNumber();
    context.rooms.set(this.number, this);
    const { nameplate, capacity, manual } = options;
    const entry = { room: this.number, card: this.#card };
    if (manual === undefined) context.order({ type: 'openRoom', ...entry, nameplate, capacity });
    else context.order({ type: 'openManualRoom', ...entry, invite: manual.invite });
  }

  /** Whether a handshake is under way, or done. */
  get busy(): boolean {
    return this.#underWay.length > 0;
  }

  /** Whether we are in the room and nobody else is. */
  get isAlone(): boolean {
    return this.joined && this.#byMember.size === 0;
  }

  get #underWay(): CardHolder[] {
    return this.#all.filter(({ handshake }) => handshake !== null);
  }

  get #all(): CardHolder[] {
    return [...this.#holders.values()];
  }

  /** When (ms) a tick is due; null for never. */
  get wakeAt(): number | null {
    const helloAt = this.#nextToGreet === undefined ? null : this.#nextHelloAt;
    return earliest(helloAt, ...this.#all.map(({ dueAt }) => dueAt));
  }

  gotRoom(fact: RoomFact): void {
    switch (fact.type) {
      case 'joined':
        return this.#gotJoined(fact.nameplate, fact.members);
      case 'roomWidened':
        return this.#gotHosts(fact.members);
      case 'memberCame':
        return this.#gotNewcomer(fact.member);
      case 'memberLeft':
        return this.#gotLeft(fact.member);
      case 'gotHandshake':
        return this.#gotFrame(fact.from, fact.bytes);
      case 'roomLost':
        this.joined = false;
        return this.#whilePairing(() => this.#events.lost?.(fact.cause, fact.retryAt));
      case 'roomResumed':
        this.joined = true;
        this.#events.resumed?.();
        for (const { handshake } of this.#all) handshake?.resend();
        return;
      case 'roomNoted':
        return this.#whilePairing(() => this.#events.noted?.(fact.cause));
      case 'roomRefused':
        return this.#whilePairing(() => this.#events.refused(fact.cause));
      case 'blob':
        return this.#events.blob?.(fact.kind, fact.text, fact.until);
      default:
        fact satisfies never;
    }
  }

  #whilePairing(report: () => void): void {
    if (this.#chosen?.handshake?.done !== true) report();
  }

  /** We are a new member, so whatever was under way is void. */
  #gotJoined(nameplate: string, members: readonly RoomMember[]): void {
    this.giveUp({ key: 'room-lost' });
    if (this.#left) return;
    for (const holder of this.#all) holder.removeAll();
    this.#byMember.clear();
    this.#prune();
    this.joined = true;
    this.#nameplate = nameplate;
    this.#events.opened?.(nameplate);
    this.#gotHosts(members);
  }

  /** These members were there before us: we wait for their HELLO. */
  #gotHosts(members: readonly RoomMember[]): void {
    for (const member of members) {
      if (!this.#isWelcome(member) || !this.#isPossible(member, 'B')) continue;
      const holder = this.#add(member, true);
      if (holder.handshake === null) holder.responder ??= this.#newResponder(holder, member);
    }
  }

  /** This member came after us: we send HELLO. */
  #gotNewcomer(member: RoomMember): void {
    if (!this.#isWelcome(member)) return;
    this.#add(member, false);
    this.#greet();
  }

  /** Once somebody has proven the code, only further routes to them are of use. */
  #isWelcome({ card }: RoomMember): boolean {
    return this.#chosen === null || this.#holders.get(hex(card)) === this.#chosen;
  }

  #add(member: RoomMember, isHost: boolean): CardHolder {
    const card = hex(member.card);
    const holder = this.#holders.get(card) ?? new CardHolder(compareBytes(this.#card, member.card) < 0);
    this.#holders.set(card, holder);
    this.#byMember.set(member.id, holder);
    holder.add(member, isHost);
    return holder;
  }

  #gotLeft(id: string): void {
    const holder = this.#byMember.get(id);
    if (holder === undefined) return;
    const { handshake } = holder;
    this.#remove(id);
    if (handshake?.via === id && !holder.moveOn()) {
      if (handshake.isUndecided) this.#putAside(holder);
      else this.giveUp({ key: 'went-away' }, [holder]);
    }
    this.#prune();
    this.#goOn();
  }

  #remove(id: string): void {
    this.#byMember.get(id)?.remove(id);
    this.#byMember.delete(id);
  }

  /** Forgets those of whom nothing is left. */
  #prune(): void {
    for (const [card, holder] of this.#holders) if (holder.isEmpty) this.#holders.delete(card);
  }

  #gotFrame(from: string, bytes: Uint8Array): void {
    const holder = this.#byMember.get(from);
    if (holder === undefined) return;
    const type = frameType(bytes);
    if (type === FLIGHT.hello) return this.#gotHello(holder, from, bytes);
    if (type === FLIGHT.reply && this.#options.guesses?.mayRisk === false) return;
    const { handshake } = holder;
    if (handshake?.via === from) return handshake.got(bytes);
    const { responder } = holder;
    if (handshake !== null || responder === null || !holder.isHost(from)) return;
    // Before HELLO only an ABORT is right.
    responder.via = from;
    responder.got(bytes);
  }

  #gotHello(holder: CardHolder, from: string, hello: Uint8Array): void {
    const { handshake } = holder;
    if (handshake === null) {
      // A member who came after us waits for our HELLO.
      if (holder.isHost(from)) this.#answer(holder, from, hello);
      return;
    }
    if (!handshake.isUndecided) {
      if (handshake.via === from) handshake.got(hello);
      else if (handshake.hasAccepted(hello)) handshake.moveTo(from);
      return;
    }
    const outcome = holder.whenCrossing(from);
    if (outcome === 'keep') holder.keepCrossed({ from, hello });
    if (outcome !== 'answer') return;
    this.#putAside(holder);
    this.#answer(holder, from, hello);
  }

  #answer(holder: CardHolder, from: string, hello: Uint8Array): void {
    const member = holder.member(from);
    if (member === undefined || !this.#options.mayStart('B')) return;
    const responder = holder.responder ?? this.#newResponder(holder, member);
    holder.responder = responder;
    responder.via = from;
    responder.got(hello);
  }

  #putAside(holder: CardHolder): void {
    holder.putAside();
    const aside = this.#all.filter(({ isAside }) => isAside);
    if (aside.length > MAX_ASIDE) aside[0]?.dropAside();
    this.#prune();
  }

  /** Drops every handshake that is not done. We stay in the room. */
  abandon(): void {
    for (const holder of this.#all) holder.drop();
    this.#chosen = null;
  }

  tick(): void {
    const { now } = this.#context;
    for (const holder of this.#all) if ((holder.dueAt ?? Number.POSITIVE_INFINITY) <= now) this.#overdue(holder);
    this.#goOn();
  }

  #overdue(holder: CardHolder): void {
    const handshake = holder.handshake ?? holder.responder;
    if (handshake === null) return;
    const cause = handshake.overdue();
    if (handshake.guess !== 'none') return handshake.fail(cause);
    const { isMoved, via } = handshake;
    if (holder.handshake === null) handshake.deadline = null;
    else if (isMoved && holder.hasCrossed) this.#putAside(holder);
    else if (!holder.moveOn()) {
      if (!handshake.isRepeated) return handshake.repeat();
      // Only a member who cannot be reached over another server either is asked to be removed.
      holder.drop();
      this.#remove(via);
      this.#prune();
      this.#context.order({ type: 'freeMember', room: this.number, member: via });
    }
    if (!isMoved) this.#events.handshakeFailed(cause);
  }

  /** Ends handshakes that cannot go on: silently where nothing was risked yet, else as a guess that stays out. */
  giveUp(why: ErrorDetail, holders: readonly CardHolder[] = this.#all): void {
    for (const holder of holders) {
      const { handshake } = holder;
      if (handshake === null || handshake.isUndecided) holder.drop();
      else if (!handshake.done) handshake.fail(handshake.silence(why));
    }
  }

  /** Leaves the room and forgets every secret. The link of a handshake that is done stays with its session. */
  leave(): void {
    this.#clear();
    this.#chosen = null;
    this.#spareLink?.close();
    this.#spareLink = null;
    this.joined = false;
    this.#left = true;
    this.#context.rooms.delete(this.number);
    this.#context.order({ type: 'leaveRoom', room: this.number });
  }

  #clear(): void {
    for (const holder of this.#all) holder.clear();
    this.#holders.clear();
    this.#byMember.clear();
  }

  /** When (ms) the next HELLO may be sent. */
  get #nextHelloAt(): number {
    const { now } = this.#context;
    if (this.#heldBack || this.#underWay.length >= MAX_OPEN_HELLOS) return now + ASK_AGAIN;
    return this.#hellos.nextAt(now);
  }

  get #nextToGreet(): CardHolder | undefined {
    if (this.#chosen !== null) return undefined;
    return this.#all.find(({ handshake, newcomer }) => handshake === null && newcomer !== undefined);
  }

  /** Turns to those who had to wait for another handshake to end. */
  #goOn(): void {
    for (const holder of this.#all) {
      if (holder.handshake !== null) continue;
      for (const { from, hello } of holder.takeCrossed()) {
        if (holder.handshake === null) this.#answer(holder, from, hello);
        else this.#gotHello(holder, from, hello);
      }
    }
    this.#greet();
  }

  #greet(): void {
    this.#heldBack = false;
    for (let holder = this.#nextToGreet; holder?.newcomer !== undefined; holder = this.#nextToGreet) {
      const { now } = this.#context;
      if (this.#nextHelloAt > now) return;
      if (!this.#options.mayStart('A')) {
        this.#heldBack = true;
        return;
      }
      this.#hellos.add(now);
      this.#sendHello(holder, holder.newcomer);
    }
  }

  #sendHello(holder: CardHolder, member: RoomMember): void {
    if (holder.takeUp(member.id)) return;
    if (!this.#isPossible(member, 'A')) {
      this.#remove(member.id);
      return this.#prune();
    }
    this.#spareLink = this.#freshLink();
    const options = this.#handshakeOptions(holder, member, 'A', () => handshake);
    const handshake: InitiatorHandshake = new InitiatorHandshake(options, () => this.#takeLink());
    wipePairing(options.inputs, member);
    holder.initiator = handshake;
  }

  #freshLink(): OwnLink {
    if (this.#spareLink?.isFresh === true) return this.#spareLink;
    this.#spareLink?.close();
    return new OwnLink(this.#context, true, this.number);
  }

  #takeLink(): OwnLink {
    const link = this.#freshLink();
    this.#spareLink = null;
    return link;
  }

  #newResponder(holder: CardHolder, member: RoomMember): ResponderHandshake {
    const options = this.#handshakeOptions(holder, member, 'B', () => handshake);
    const handshake: ResponderHandshake = new ResponderHandshake(options, this.#options.guesses);
    wipePairing(options.inputs, member);
    return handshake;
  }

  /** Whether a handshake with this member is possible. Where it is not, the cause is reported and sent. */
  #isPossible(member: RoomMember, role: 'A' | 'B'): boolean {
    try {
      checkCards(decodeCard(this.#card), decodeCard(member.card));
      return true;
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      const bytes = Uint8Array.of(FLIGHT.abort, error.code === 'version' ? ABORT.version : ABORT.failed);
      this.#context.order({ type: 'sendHandshake', room: this.number, to: member.id, bytes });
      if (error.code === 'version' && role === 'B') this.#events.failed(error);
      else this.#events.handshakeFailed(error);
      return false;
    }
  }

  #handshakeOptions(holder: CardHolder, member: RoomMember, role: 'A' | 'B', self: () => Handshake): HandshakeOptions {
    return {
      context: this.#context,
      room: this.number,
      via: member.id,
      inputs: this.#inputsWith(member, role),
      profile: this.#options.profile(),
      events: {
        rightTag: () => this.#shutDoor(holder),
        completed: (result) => this.#events.completed(result),
        failed: (cause) => this.#handshakeFailed(holder, self(), cause),
      },
    };
  }

  #inputsWith(member: RoomMember, role: 'A' | 'B'): HandshakeInputs {
    const { mode, secret: agreed } = this.#options;
    const pairing = 'pairing' in member ? member.pairing : null;
    const secret = pairing === null ? agreed : pairingSecret(pairing.secret, agreed);
    if (secret === null) throw new Error('a handshake without a secret');
    const [cardA, cardB] = role === 'A' ? [this.#card, member.card] : [member.card, this.#card];
    return { mode, nameplate: this.#nameplate, secret, context: pairing?.context ?? NO_CONTEXT, cardA, cardB };
  }

  #shutDoor(chosen: CardHolder): void {
    this.#chosen = chosen;
    for (const [card, holder] of this.#holders) {
      if (holder === chosen) continue;
      holder.clear();
      for (const id of holder.removeAll()) this.#byMember.delete(id);
      this.#holders.delete(card);
    }
    chosen.keepHandshake();
  }

  #handshakeFailed(holder: CardHolder, handshake: Handshake, cause: AparteError): void {
    holder.forget(handshake);
    this.#remove(handshake.via);
    this.#prune();
    const { guesses } = this.#options;
    if (guesses === null) {
      if (this.#chosen === holder) this.#chosen = null;
      return this.#events.handshakeFailed(cause);
    }
    if (cause.code === 'wrong-code' && handshake instanceof InitiatorHandshake) guesses.judgedWrong();
    if (!guesses.spent && this.#chosen !== holder) return this.#events.handshakeFailed(cause);
    this.#clear();
    this.#events.failed(cause);
  }
}

/** Wipes the secret of an invite, once a handshake has begun under it. */
function wipePairing(inputs: HandshakeInputs, member: RoomMember): void {
  if (!('pairing' in member)) return;
  member.pairing.secret.fill(0);
  inputs.secret.fill(0);
}
