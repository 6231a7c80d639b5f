/**
 * Whoever shows one card in a room: one remote program, which may be a member on each of several servers (docs/PROTOCOL.md,
 * Several servers). Only one handshake with it is under way at a time, over one of these members; the others are its
 * other routes.
 */
import { FLIGHT_TIMEOUT } from '../../shared/limits.ts';
import type { RoomMember } from '../rendezvous/rendezvous.ts';
import type { Handshake } from './handshake.ts';
import type { InitiatorHandshake } from './initiator-handshake.ts';
import type { ResponderHandshake } from './responder-handshake.ts';

/**
 * When (ms) a HELLO that nobody has answered is sent over another route, or again over the only one. Where HELLOs may
 * cross, the side with the smaller card is first. All of it ends before a REPLY has waited for FLIGHT_TIMEOUT.
 */
const OTHER_ROUTE = 5_000;
const OTHER_ROUTE_LATER = 7_000;
/** How long (ms) our HELLO then has, before a HELLO of the other side that crossed ours is answered instead. */
const ANSWER_CROSSED = 3_000;
/** HELLOs that crossed ours and are kept, at most. */
const MAX_CROSSED = 8;

/** A HELLO, and the id of the member it came from. */
export interface CrossedHello {
  readonly from: string;
  readonly hello: Uint8Array;
}

/** One remote program, with its routes and the handshake with it. */
export class CardHolder {
  /** Our handshake in role A: under way, or put aside to be used again. */
  initiator: InitiatorHandshake | null = null;
  /** Our handshake in role B: under way, or waiting for HELLO. */
  responder: ResponderHandshake | null = null;
  /** Whether our HELLO was put aside. There is one HELLO for a card, so it is used again. */
  isAside = false;
  /** Whether our HELLO counts, and not theirs, where the two cross: our card is the smaller one. */
  readonly #staysA: boolean;
  /** The members that show the card, by id, in the order they came; and whether each was there before us. */
  readonly #routes = new Map<string, { readonly member: RoomMember; readonly isHost: boolean }>();
  /** HELLOs that crossed ours, by the id of the member they came from. The first is answered if ours is not. */
  readonly #crossed = new Map<string, Uint8Array>();

  constructor(staysA: boolean) {
    this.#staysA = staysA;
  }

  /** The handshake that is under way or done; null where there is none. */
  get handshake(): Handshake | null {
    if (this.responder?.started === true) return this.responder;
    return this.isAside ? null : this.initiator;
  }

  /** Whether nothing is left of it. */
  get isEmpty(): boolean {
    return this.#routes.size === 0 && this.handshake === null && this.initiator === null;
  }

  add(member: RoomMember, isHost: boolean): void {
    this.#routes.set(member.id, { member, isHost });
  }

  /** Forgets a route. */
  remove(id: string): void {
    this.#routes.delete(id);
    this.#crossed.delete(id);
    if (this.handshake === null && !this.#hasHost()) this.#drop((handshake) => handshake === this.responder);
  }

  /** Forgets all routes. Returns the ids of their members. */
  removeAll(): string[] {
    const ids = [...this.#routes.keys()];
    this.#routes.clear();
    this.#crossed.clear();
    return ids;
  }

  member(id: string): RoomMember | undefined {
    return this.#routes.get(id)?.member;
  }

  /** Whether this member was there before us, so that it speaks first. */
  isHost(id: string): boolean {
    return this.#routes.get(id)?.isHost === true;
  }

  /** The first member who came after us, so that we speak first; undefined where there is none. */
  get newcomer(): RoomMember | undefined {
    return [...this.#routes.values()].find(({ isHost }) => !isHost)?.member;
  }

  #hasHost(except?: string): boolean {
    return [...this.#routes].some(([id, { isHost }]) => isHost && id !== except);
  }

  /** Another route than `via`: first one over which a HELLO came, then one whose member was there before us. */
  #otherRoute(via: string): string | undefined {
    const others = [...this.#routes.keys()].filter((id) => id !== via);
    return others.find((id) => this.#crossed.has(id)) ?? others.find((id) => this.isHost(id)) ?? others[0];
  }

  /** Earliest time (ms) at which something is overdue; null for never. */
  get dueAt(): number | null {
    const { handshake } = this;
    if (handshake === null) return this.responder?.deadline ?? null;
    const { deadline, via } = handshake;
    if (deadline === null || !handshake.isUndecided) return deadline;
    const sentAt = deadline - FLIGHT_TIMEOUT;
    if (this.hasCrossed) return sentAt + (handshake.isMoved ? ANSWER_CROSSED : OTHER_ROUTE);
    if (this.#otherRoute(via) === undefined) return handshake.isRepeated ? deadline : sentAt + OTHER_ROUTE;
    return sentAt + (this.#staysA || !this.#hasHost(via) ? OTHER_ROUTE : OTHER_ROUTE_LATER);
  }

  /** Whether a HELLO of theirs waits for ours to be answered. */
  get hasCrossed(): boolean {
    return this.#crossed.size > 0;
  }

  /**
   * What becomes of a HELLO that comes while ours is unanswered. `ignore`: a side that is A ignores a HELLO, where there
   * is one route only. `keep`: ours counts. `answer`: theirs counts.
   */
  whenCrossing(from: string): 'ignore' | 'keep' | 'answer' {
    const { handshake } = this;
    const isOnlyRoute = handshake?.via === from && !handshake.isMoved && this.#otherRoute(from) === undefined;
    if (isOnlyRoute) return 'ignore';
    return this.#staysA ? 'keep' : 'answer';
  }

  /** Keeps a HELLO that crossed ours. Of too many the oldest is dropped. */
  keepCrossed({ from, hello }: CrossedHello): void {
    this.#crossed.set(from, hello);
    for (const first of this.#crossed.keys()) if (this.#crossed.size > MAX_CROSSED) this.#crossed.delete(first);
  }

  /** Takes the HELLOs that crossed ours. */
  takeCrossed(): CrossedHello[] {
    const taken = Array.from(this.#crossed, ([from, hello]) => ({ from, hello }));
    this.#crossed.clear();
    return taken;
  }

  /** The handshake goes on over another route. Returns whether there is one. */
  moveOn(): boolean {
    const { handshake } = this;
    const other = handshake === null ? undefined : this.#otherRoute(handshake.via);
    if (other !== undefined) handshake?.moveTo(other);
    return other !== undefined;
  }

  /** Puts our unanswered HELLO aside. */
  putAside(): void {
    this.isAside = true;
    if (this.initiator !== null) this.initiator.deadline = null;
  }

  /** Sends the HELLO that was put aside to `via`. Returns whether there is one. */
  takeUp(via: string): boolean {
    if (!this.isAside || this.initiator === null) return false;
    this.isAside = false;
    this.initiator.moveTo(via);
    return true;
  }

  /** Forgets a handshake that is over. */
  forget(handshake: Handshake): void {
    if (this.responder === handshake) this.responder = null;
    if (this.initiator !== handshake) return;
    this.initiator = null;
    this.isAside = false;
  }

  #drop(which: (handshake: Handshake) => boolean): void {
    for (const handshake of [this.initiator, this.responder]) {
      if (handshake === null || !which(handshake)) continue;
      handshake.wipe();
      this.forget(handshake);
    }
  }

  /** Drops the handshake that is under way, unless it is done, and the one that waits for HELLO. */
  drop(): void {
    this.#drop((handshake) => !handshake.done && !(this.isAside && handshake === this.initiator));
  }

  /** Drops the HELLO that was put aside. */
  dropAside(): void {
    this.#drop((handshake) => this.isAside && handshake === this.initiator);
  }

  /** The remote program has proven the code, so everything else that was begun with it is dropped. */
  keepHandshake(): void {
    const kept = this.handshake;
    this.#crossed.clear();
    this.#drop((handshake) => handshake !== kept);
  }

  /** Forgets every secret. */
  clear(): void {
    this.#crossed.clear();
    this.#drop(() => true);
  }
}
