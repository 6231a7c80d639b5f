/**
 * What is done about a person who is several members, seen on several servers (docs/PROTOCOL.md, Several servers): which
 * of two HELLOs that crossed is answered, and over which server a handshake goes on.
 */
import type { RoomMember } from '../rendezvous/rendezvous.ts';
import type { Handshake } from './handshake.ts';
import type { Handshakes } from './handshakes.ts';
import type { Newcomers } from './newcomers.ts';

/** What is asked of the rendezvous room. */
export interface DuplicateMembersRoom {
  /** Makes a handshake in role B with a member, with whom there is none. */
  respondTo(member: RoomMember): void;
  /** Asked before a HELLO is answered. */
  mayAnswer(): boolean;
}

/** See the head of this file. */
export class DuplicateMembers {
  readonly #handshakes: Handshakes;
  readonly #newcomers: Newcomers;
  readonly #room: DuplicateMembersRoom;

  constructor(handshakes: Handshakes, newcomers: Newcomers, room: DuplicateMembersRoom) {
    this.#handshakes = handshakes;
    this.#newcomers = newcomers;
    this.#room = room;
  }

  /**
   * Whether a HELLO may be answered: one person is never tried twice at once. Where it crossed one of ours to him, the
   * smaller card stays A (docs/PROTOCOL.md, Several servers).
   */
  mayTake(member: RoomMember, hello: Uint8Array): boolean {
    const { id, card } = member;
    const isGreeted = this.#handshakes.with(id) !== undefined;
    const ours = this.#handshakes.underWayWith(card);
    // Who came after us and is not greeted yet has no say.
    if (ours === undefined) return isGreeted && this.#room.mayAnswer();
    if (!ours.isUndecided) {
      if (ours.member !== id && ours.hasAccepted(hello)) this.#goOnWith(ours, id);
      return ours.member === id;
    }
    if (ours.member === id && !ours.isMoved && !this.#handshakes.hasTwin(ours)) return true;
    if (this.#handshakes.staysA(card)) {
      this.#handshakes.cross(member, hello);
      return false;
    }
    this.#handshakes.putAside(ours);
    if (ours.member !== id) this.giveBack({ id: ours.member, card });
    if (this.#handshakes.with(id) === undefined) {
      this.#newcomers.remove(id);
      this.#room.respondTo(member);
    }
    return this.#room.mayAnswer();
  }

  /** A handshake goes on with another member who is the same person. */
  #goOnWith(handshake: Handshake, id: string): void {
    const before = { id: handshake.member, card: handshake.card };
    this.#handshakes.moveTo(handshake, id);
    this.giveBack(before);
  }

  /** Nothing is under way with this member any more; he may still be of use. */
  giveBack(member: RoomMember): void {
    if (this.#handshakes.isHost(member.id)) this.#room.respondTo(member);
    else this.#newcomers.add(member);
  }
}
