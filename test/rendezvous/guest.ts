/** Someone who meets through a server, and a log of what he is told. */
import type { OpenRendezvous, Rendezvous, RoomRequest } from '../../peer/rendezvous/rendezvous.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { equalBytes, hex } from '../../shared/bytes.ts';
import { encodeCard } from '../../shared/card.ts';
import type { AparteError } from '../../shared/errors.ts';
import type { Member } from '../../shared/signal-wire.ts';

/** A card whose nonce is all `n`. */
export function cardOf(n: number): Uint8Array {
  return encodeCard({ versions: [1], nonce: new Uint8Array(16).fill(n) });
}

const guests = new Set<Guest>();

/** Makes all guests of a test leave. */
export async function allLeave(): Promise<void> {
  await Promise.all([...guests].map((guest) => guest.rendezvous.leave()));
  guests.clear();
}

/** Meets at once. `log` has a line for each event: its name and arguments, bytes as hexadecimal. */
export class Guest {
  readonly log: string[] = [];
  readonly causes: AparteError[] = [];
  /** When the last `lost` said that it would be tried again. */
  retryAt = 0;
  /** Who was there before. */
  members: readonly Member[] = [];
  /** All who were ever there, in the order they were told of. */
  readonly others: Member[] = [];
  /** Lines of the log before each of them was told of. */
  readonly #shownAfter: number[] = [];
  nameplate = '';
  /** The event on which he leaves, before it has been told to the end. */
  leavesAt: string | null = null;
  readonly rendezvous: Rendezvous;
  #waiting: { met: () => boolean; resolve: () => void }[] = [];

  /** `way`: how to meet, or the URL of a server to meet at. */
  constructor(way: string | OpenRendezvous, nameplate: string | null, n: number, more: Partial<RoomRequest> = {}) {
    const open = typeof way === 'string' ? socketIoRendezvous(way, { now: () => 1_000_000, random: () => 0 }) : way;
    this.rendezvous = open(
      { nameplate, card: cardOf(n), capacity: 2, ...more },
      {
        joined: (joined, members) => {
          this.nameplate = joined;
          this.members = members;
          this.#show(members);
          this.#note('joined', ...members.map(({ id }) => id));
        },
        widened: (members) => {
          this.#show(members);
          this.#note('widened', ...members.map(({ id }) => id));
        },
        came: (member) => {
          this.#show([member]);
          this.#note('came', member.id, hex(member.card.slice(-1)));
        },
        left: (member) => this.#note('left', member),
        frame: (from, bytes) => this.#note('frame', from, hex(bytes)),
        lost: (cause, retryAt) => {
          this.causes.push(cause);
          this.retryAt = retryAt;
          this.#note('lost');
        },
        resumed: () => this.#note('resumed'),
        noted: ({ code }) => this.#note('noted', code),
        refused: (cause) => {
          this.causes.push(cause);
          this.#note('refused', cause.code);
        },
      },
    );
    // It would be said during the call that opened it.
    if (this.log.length > 0) throw new Error('told something during a call');
    guests.add(this);
  }

  /** Resolves once a line is in the log, as often as `times` says; gives up after `patience` ms. */
  async heard(line: string, times = 1, patience = 10_000): Promise<void> {
    await this.#heard(line, () => this.log.filter((each) => each === line).length >= times, patience);
  }

  async #heard(what: string, met: () => boolean, patience = 10_000): Promise<void> {
    if (met()) return;
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => reject(new Error(`waited for "${what}", heard: ${this.log.join(', ')}`));
      const timer = setTimeout(giveUp, patience);
      this.#waiting.push({ met, resolve: () => resolve(clearTimeout(timer)) });
    });
  }

  /** The first words of the log. */
  get kinds(): string[] {
    return this.log.map((line) => line.split(' ')[0] ?? '');
  }

  /** Resolves once so many lines begin with a word. */
  heardKind(kind: string, times = 1): Promise<void> {
    return this.#heard(kind, () => this.kinds.filter((each) => each === kind).length >= times);
  }

  /** Resolves once a line begins with one of the words, the first lines left out. */
  heardAny(kinds: readonly string[], after = 0): Promise<void> {
    return this.#heard(kinds.join(' or '), () => this.kinds.slice(after).some((kind) => kinds.includes(kind)));
  }

  /** Resolves once somebody with the card `cardOf(n)` is shown. */
  isShown(n: number): Promise<void> {
    return this.#heard(`the card ${n}`, () => this.#indexOf(n) >= 0);
  }

  /** How many lines the log has up to the one that first shows `cardOf(n)`. */
  shownAt(n: number): number {
    return (this.#shownAfter[this.#indexOf(n)] ?? 0) + 1;
  }

  #indexOf(n: number): number {
    return this.others.findIndex(({ card }) => equalBytes(card, cardOf(n)));
  }

  #show(members: readonly Member[]): void {
    this.others.push(...members);
    this.#shownAfter.push(...members.map(() => this.log.length));
  }

  #note(...words: string[]): void {
    this.log.push(words.join(' '));
    if (words[0] === this.leavesAt) void this.rendezvous.leave();
    const met = this.#waiting.filter((waiting) => waiting.met());
    this.#waiting = this.#waiting.filter((waiting) => !met.includes(waiting));
    for (const { resolve } of met) resolve();
  }
}
