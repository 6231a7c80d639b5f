/**
 * The handshakes of one rendezvous room, by the member each is with. A person who is seen on several servers is several
 * members with one card, twins of each other, and only one handshake with him is under way at a time.
 */
import { compareBytes, equalBytes } from '../../shared/bytes.ts';
import { FLIGHT_TIMEOUT } from '../../shared/limits.ts';
import type { Member } from '../../shared/signal-wire.ts';
import { earliest } from './context.ts';
import type { Handshake } from './handshake.ts';
import type { Newcomers } from './newcomers.ts';

/**
 * After how long (ms) an unanswered HELLO goes to a twin of its receiver, and where there is none to him again. Where
 * HELLOs may cross, the side with the smaller card is first. Answered by neither, a HELLO of the other side is answered
 * instead. All in time for a REPLY that waits FLIGHT_TIMEOUT for what follows it.
 */
const TO_TWIN = 5_000;
const TO_TWIN_LATER = 7_000;
const TO_CROSSED = 3_000;

/** HELLOs that are kept for those who may come back, at most, and as many that crossed one of ours. */
const MAX_KEPT = 8;

/** See the head of this file. */
export class Handshakes {
  readonly #byMember = new Map<string, Handshake>();
  readonly #newcomers: Newcomers;
  /** Our card. */
  readonly #card: Uint8Array;
  /** HELLOs that crossed ours to the same person, by the member they came from: answered if ours is not. */
  readonly #crossed = new Map<string, { readonly member: Member; readonly hello: Uint8Array }>();

  /** Those in role A whose member is gone before it answered: their HELLO is used again should he come back. */
  #orphans: Handshake[] = [];
  /** Members who were there before us. */
  readonly #hosts = new Set<string>();

  constructor(newcomers: Newcomers, card: Uint8Array) {
    this.#newcomers = newcomers;
    this.#card = card;
  }

  /** All, as they are now. */
  get all(): Handshake[] {
    return Array.from(this.#byMember.values());
  }

  /** Those in which flights have been exchanged, or at least one was sent. */
  get started(): Handshake[] {
    return this.all.filter(({ started }) => started);
  }

  with(member: string): Handshake | undefined {
    return this.#byMember.get(member);
  }

  /** The one that is under way with whoever shows this card. */
  underWayWith(card: Uint8Array): Handshake | undefined {
    return this.started.find((handshake) => equalBytes(handshake.card, card));
  }

  add(handshake: Handshake): void {
    this.#byMember.set(handshake.member, handshake);
  }

  delete(handshake: Handshake): void {
    this.#byMember.delete(handshake.member);
  }

  /** Drops one without a word. */
  drop(handshake: Handshake): void {
    handshake.wipe();
    this.delete(handshake);
  }

  /** Earliest time (ms) at which one is overdue. */
  get wakeAt(): number | null {
    return earliest(...this.all.map((handshake) => this.#dueAt(handshake)));
  }

  /** Those that are overdue. */
  overdue(now: number): Handshake[] {
    return this.all.filter((handshake) => (this.#dueAt(handshake) ?? Infinity) <= now);
  }

  #dueAt(handshake: Handshake): number | null {
    const { deadline, card, started } = handshake;
    if (deadline === null || (!started && this.underWayWith(card) !== undefined)) return null;
    if (!handshake.isUndecided) return deadline;
    const sentAt = deadline - FLIGHT_TIMEOUT;
    if (this.isCrossed(card)) return sentAt + (handshake.isMoved ? TO_CROSSED : TO_TWIN);
    if (!this.hasTwin(handshake)) return handshake.isRepeated ? deadline : sentAt + TO_TWIN;
    return sentAt + (this.staysA(card) || this.#idleWith(card) === undefined ? TO_TWIN : TO_TWIN_LATER);
  }

  /** Whether, of two HELLOs that crossed, the one that counts is ours and not that of whoever shows this card. */
  staysA(card: Uint8Array): boolean {
    return compareBytes(this.#card, card) < 0;
  }

  /** Whether a HELLO of this person's waits. */
  isCrossed(card: Uint8Array): boolean {
    return Array.from(this.#crossed.values()).some(({ member }) => equalBytes(member.card, card));
  }

  /** Keeps a HELLO that crossed ours. */
  cross(member: Member, hello: Uint8Array): void {
    this.#crossed.set(member.id, { member, hello });
    for (const first of this.#crossed.keys()) if (this.#crossed.size > MAX_KEPT) this.#crossed.delete(first);
  }

  /** Takes those that crossed one of ours which is over. */
  takeCrossed(): { readonly member: Member; readonly hello: Uint8Array }[] {
    const free = [...this.#crossed.values()].filter(({ member }) => this.underWayWith(member.card) === undefined);
    for (const { member } of free) this.#crossed.delete(member.id);
    return free;
  }

  /** Whether one that is under way goes on over another server, where the same person is seen. */
  move(handshake: Handshake): boolean {
    const twin = handshake.started ? this.#twinOf(handshake) : undefined;
    if (twin !== undefined) this.moveTo(handshake, twin);
    return twin !== undefined;
  }

  /** One that is under way goes on with this member, who is the same person. */
  moveTo(handshake: Handshake, member: string): void {
    this.#byMember.get(member)?.wipe();
    this.#newcomers.remove(member);
    this.delete(handshake);
    handshake.moveTo(member);
    this.add(handshake);
  }

  /** Puts one of ours aside that was not answered. */
  putAside(handshake: Handshake): void {
    this.delete(handshake);
    handshake.deadline = null;
    this.#orphans.push(handshake);
    if (this.#orphans.length > MAX_KEPT) this.#orphans.shift()?.wipe();
  }

  /** Takes one up again that was put aside, with the same person; undefined where there is none. */
  takeUp({ id, card }: Member): Handshake | undefined {
    const found = this.#orphans.find((orphan) => equalBytes(orphan.card, card));
    this.#orphans = this.#orphans.filter((orphan) => orphan !== found);
    if (found !== undefined) this.moveTo(found, id);
    return found;
  }

  /** A member was there before us. */
  isHost(id: string): boolean {
    return this.#hosts.has(id);
  }

  /** Adds one whose member was there before us. */
  addWithHost(handshake: Handshake): void {
    this.#hosts.add(handshake.member);
    this.add(handshake);
  }

  /** Whether the same person is also another member, with whom nothing has begun. */
  hasTwin(handshake: Handshake): boolean {
    return this.#twinOf(handshake) !== undefined;
  }

  #twinOf({ member, card }: Handshake): string | undefined {
    const newcomer = this.#newcomers.withCard(card);
    for (const crossed of this.#crossed.values()) {
      if (crossed.member.id !== member && equalBytes(crossed.member.card, card)) return crossed.member.id;
    }
    return this.#idleWith(card)?.member ?? (newcomer?.id === member ? undefined : newcomer?.id);
  }

  #idleWith(card: Uint8Array): Handshake | undefined {
    return this.all.find((other) => !other.started && equalBytes(other.card, card));
  }

  /** Drops all but one and those that may take its room. */
  keepOnly(chosen: Handshake): void {
    for (const other of this.all) {
      if (other !== chosen && (other.started || !equalBytes(other.card, chosen.card))) this.drop(other);
    }
  }

  /** Forgets every secret. */
  clear(): void {
    for (const handshake of [...this.all, ...this.#orphans]) handshake.wipe();
    this.#orphans = [];
    this.#hosts.clear();
    this.#byMember.clear();
    this.#crossed.clear();
  }
}
