/**
 * The handshakes of one meeting place, by the member each is with. A person who is seen on several servers is several
 * members with one card, twins of each other, and only one attempt with him is under way at a time.
 */
import { compareBytes, equalBytes } from '../../shared/bytes.ts';
import type { Member } from '../../shared/signal-wire.ts';
import type { Attempt } from './attempt.ts';
import { earliest } from './context.ts';
import type { LocalLink } from './local-link.ts';
import type { Newcomers } from './newcomers.ts';

/** How much sooner (ms) than after FLIGHT_TIMEOUT a HELLO is given up where its receiver can be tried as a twin. */
const TWIN_LEAD = 5_000;

/** See the head of this file. */
export class Attempts {
  readonly #byMember = new Map<string, Attempt>();
  readonly #newcomers: Newcomers;
  /** Our card. */
  readonly #card: Uint8Array;
  /** HELLOs that crossed ours to the same person, by the member they came from: answered if ours is not. */
  readonly #crossed = new Map<string, { readonly member: Member; readonly hello: Uint8Array }>();

  constructor(newcomers: Newcomers, card: Uint8Array) {
    this.#newcomers = newcomers;
    this.#card = card;
  }

  /** All, as they are now. */
  get all(): Attempt[] {
    return Array.from(this.#byMember.values());
  }

  /** Those in which flights have been exchanged, or at least one was sent. */
  get started(): Attempt[] {
    return this.all.filter(({ started }) => started);
  }

  with(member: string): Attempt | undefined {
    return this.#byMember.get(member);
  }

  withLink(number: number): Attempt | undefined {
    return this.all.find(({ link }) => link?.number === number);
  }

  /** The one that is under way with whoever shows this card. */
  underWayWith(card: Uint8Array): Attempt | undefined {
    return this.started.find((attempt) => equalBytes(attempt.card, card));
  }

  add(attempt: Attempt): void {
    this.#byMember.set(attempt.member, attempt);
  }

  delete(attempt: Attempt): void {
    this.#byMember.delete(attempt.member);
  }

  /** Drops one without a word. */
  drop(attempt: Attempt): void {
    attempt.wipe();
    this.delete(attempt);
  }

  /** Earliest time (ms) at which one is overdue. */
  get wakeAt(): number | null {
    return earliest(...this.all.map((attempt) => this.#dueAt(attempt)));
  }

  /** Those that are overdue. */
  overdue(now: number): Attempt[] {
    return this.all.filter((attempt) => (this.#dueAt(attempt) ?? Infinity) <= now);
  }

  /** Where HELLOs may cross, the smaller card is the one that gives its own up in time to answer the other. */
  #dueAt(attempt: Attempt): number | null {
    const { deadline, card, started } = attempt;
    if (deadline === null || (!started && this.underWayWith(card) !== undefined)) return null;
    if (!started || attempt.silence() !== 'silent') return deadline;
    const isCrossed = Array.from(this.#crossed.values()).some(({ member }) => equalBytes(member.card, card));
    const givesWay = this.staysA(card) || this.#idleWith(card) === undefined;
    return isCrossed || (this.hasTwin(attempt) && givesWay) ? deadline - TWIN_LEAD : deadline;
  }

  /** Whether, of two HELLOs that crossed, the one that counts is ours and not that of whoever shows this card. */
  staysA(card: Uint8Array): boolean {
    return compareBytes(this.#card, card) < 0;
  }

  /** Keeps a HELLO that crossed ours. */
  cross(member: Member, hello: Uint8Array): void {
    this.#crossed.set(member.id, { member, hello });
  }

  /** Takes those that crossed one of ours which is over. */
  takeCrossed(): { readonly member: Member; readonly hello: Uint8Array }[] {
    const free = [...this.#crossed.values()].filter(({ member }) => this.underWayWith(member.card) === undefined);
    for (const { member } of free) this.#crossed.delete(member.id);
    return free;
  }

  /** Whether one that is under way goes on over another server, where the same person is seen. */
  move(attempt: Attempt): boolean {
    const twin = attempt.started ? this.#twinOf(attempt) : undefined;
    if (twin === undefined) return false;
    this.#byMember.get(twin)?.wipe();
    this.#newcomers.remove(twin);
    this.delete(attempt);
    attempt.moveTo(twin);
    this.add(attempt);
    return true;
  }

  /** Whether the same person is also another member, with whom nothing has begun. */
  hasTwin(attempt: Attempt): boolean {
    return this.#twinOf(attempt) !== undefined;
  }

  #twinOf({ member, card }: Attempt): string | undefined {
    const newcomer = this.#newcomers.withCard(card);
    return this.#idleWith(card)?.member ?? (newcomer?.id === member ? undefined : newcomer?.id);
  }

  #idleWith(card: Uint8Array): Attempt | undefined {
    return this.all.find((other) => !other.started && equalBytes(other.card, card));
  }

  /** Drops all but one and those that may take its place. */
  keepOnly(chosen: Attempt): void {
    for (const other of this.all) {
      if (other !== chosen && (other.started || !equalBytes(other.card, chosen.card))) this.drop(other);
    }
  }

  /** Forgets every secret. */
  clear(): void {
    for (const attempt of this.all) attempt.wipe();
    this.#byMember.clear();
    this.#crossed.clear();
  }

  /** What a link says goes to the attempt it belongs to, or to the spare one. Returns whether there is one. */
  localSignal(link: number, spare: LocalLink | null, signal: LocalSignal): boolean {
    const attempt = this.withLink(link);
    const local = attempt?.link ?? spare;
    if (local === null) return false;
    if ('description' in signal) local.description = signal.description;
    else local.addCandidate(signal.candidate);
    attempt?.localSignal();
    return true;
  }
}

/** A description or candidate of a link of ours. */
export type LocalSignal = { readonly description: string } | { readonly candidate: Uint8Array };
