/** Those who came after us into a rendezvous room and were not greeted yet, and how fast they may be. */
import { equalBytes } from '../../shared/bytes.ts';
import type { RoomMember } from '../rendezvous/rendezvous.ts';
import { SlidingWindow } from './sliding-window.ts';

/** HELLOs open at once and new ones a second, at most (docs/PROTOCOL.md, Guesses). */
const MAX_OPEN_HELLOS = 8;
const MAX_HELLOS_PER_SECOND = 5;
/** How long (ms) until a newcomer that could not be greeted is looked at again. */
const ASK_AGAIN = 500;

/** In the order they came. */
export class Newcomers {
  #members: RoomMember[] = [];
  readonly #hellos = new SlidingWindow(MAX_HELLOS_PER_SECOND, 1_000);
  /** Whether the next may not be greeted yet, whoever he is. */
  #heldBack = false;

  add(member: RoomMember): void {
    this.#members.push(member);
  }

  /** Forgets one. */
  remove(id: string): void {
    this.#members = this.#members.filter((member) => member.id !== id);
  }

  /** Forgets all who do not show this card. */
  keepOnly(card: Uint8Array): void {
    this.#members = this.#members.filter((member) => equalBytes(member.card, card));
  }

  clear(): void {
    this.#members = [];
  }

  with(id: string): RoomMember | undefined {
    return this.#members.find((member) => member.id === id);
  }

  /** One who shows this card. */
  withCard(card: Uint8Array): RoomMember | undefined {
    return this.#members.find((member) => equalBytes(member.card, card));
  }

  /** The first who need not wait, leaving out those with whose card something `isUnderWay`. */
  first(isUnderWay: (card: Uint8Array) => boolean): RoomMember | undefined {
    return this.#members.find(({ card }) => !isUnderWay(card));
  }

  /** When (ms) the next may be greeted, while `open` HELLOs are out. */
  nextAt(now: number, open: number): number {
    return open >= MAX_OPEN_HELLOS || this.#heldBack ? now + ASK_AGAIN : this.#hellos.nextAt(now);
  }

  /** Whether the next must wait a moment. */
  holdBack(held: boolean): void {
    this.#heldBack = held;
  }

  /** Takes one who is greeted now. */
  greet(id: string, now: number): void {
    this.remove(id);
    this.#hellos.add(now);
  }
}
