/**
 * What is done about a person who is several members, seen on several servers (docs/PROTOCOL.md, Several servers): which
 * of two HELLOs that crossed is answered, and over which server a handshake goes on.
 */
import type { RoomMember } from '../rendezvous/rendezvous.ts';
import type { Attempt } from './handshake.ts';
import type { Attempts } from './handshakes.ts';
import type { Newcomers } from './newcomers.ts';

/** What is asked of the meeting place. */
export interface TwinsPlace {
  /** Makes an attempt in role B with a member, with whom there is none. */
  respondTo(member: RoomMember): void;
  /** Asked before a HELLO is answered. */
  mayAnswer(): boolean;
}

/** See the head of this file. */
export class Twins {
  readonly #attempts: Attempts;
  readonly #newcomers: Newcomers;
  readonly #place: TwinsPlace;

  constructor(attempts: Attempts, newcomers: Newcomers, place: TwinsPlace) {
    this.#attempts = attempts;
    this.#newcomers = newcomers;
    this.#place = place;
  }

  /**
   * Whether a HELLO may be answered: one person is never tried twice at once. Where it crossed one of ours to him, the
   * smaller card stays A (docs/PROTOCOL.md, Several servers).
   */
  mayTake(member: RoomMember, hello: Uint8Array): boolean {
    const { id, card } = member;
    const isGreeted = this.#attempts.with(id) !== undefined;
    const ours = this.#attempts.underWayWith(card);
    // Who came after us and is not greeted yet has no say.
    if (ours === undefined) return isGreeted && this.#place.mayAnswer();
    if (!ours.isUndecided) {
      if (ours.member !== id && ours.hasAccepted(hello)) this.#goOnWith(ours, id);
      return ours.member === id;
    }
    if (ours.member === id && !ours.isMoved && !this.#attempts.hasTwin(ours)) return true;
    if (this.#attempts.staysA(card)) {
      this.#attempts.cross(member, hello);
      return false;
    }
    this.#attempts.putAside(ours);
    if (ours.member !== id) this.giveBack({ id: ours.member, card });
    if (this.#attempts.with(id) === undefined) {
      this.#newcomers.remove(id);
      this.#place.respondTo(member);
    }
    return this.#place.mayAnswer();
  }

  /** A handshake goes on with another member who is the same person. */
  #goOnWith(attempt: Attempt, id: string): void {
    const before = { id: attempt.member, card: attempt.card };
    this.#attempts.moveTo(attempt, id);
    this.giveBack(before);
  }

  /** Nothing is under way with this member any more; he may still be of use. */
  giveBack(member: RoomMember): void {
    if (this.#attempts.isHost(member.id)) this.#place.respondTo(member);
    else this.#newcomers.add(member);
  }
}
