/** A guest of a rendezvous, with a log of the events that it reports. */
import type { OpenRendezvous, Rendezvous, RoomRequest } from '../../peer/rendezvous/rendezvous.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { equalBytes, hex } from '../../shared/bytes.ts';
import { encodeCard } from '../../shared/card.ts';
import type { AparteError } from '../../shared/errors.ts';
import type { Member } from '../../shared/signal-wire.ts';

/** Returns a card whose nonce is all `n`. */
export function cardOf(n: number): Uint8Array {
  return encodeCard({ versions: [1], nonce: new Uint8Array(16).fill(n) });
}

const guests = new Set<Guest>();

/** Makes all guests of a test leave. */
export async function allLeave(): Promise<void> {
  await Promise.all([...guests].map((guest) => guest.rendezvous.leave()));
  guests.clear();
}

/** Joins when made. `log` has a line for each event: its name and arguments, with bytes in hexadecimal. */
export class Guest {
  readonly log: string[] = [];
  readonly causes: AparteError[] = [];
  /** The time of the next try, as the last `lost` gave it. */
  retryAt = 0;
  /** The members that were there before. */
  members: readonly Member[] = [];
  /** All members that were ever reported, in order. */
  readonly others: Member[] = [];
  /** Length of the log when each of them was reported. */
  readonly #shownAfter: number[] = [];
  nameplate = '';
  /** The event in which the guest leaves. */
  leavesAt: string | null = null;
  readonly rendezvous: Rendezvous;
  #waiting: { met: () => boolean; resolve: () => void }[] = [];

  /** `way`: a rendezvous, or the URL of a server. */
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
    // No event may come during the call that opens a rendezvous.
    if (this.log.length > 0) throw new Error('an event came during a call');
    guests.add(this);
  }

  /** Waits until a line is in the log `times` times. Rejects after `patience` ms. */
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

  /** The first word of each line. */
  get kinds(): string[] {
    return this.log.map((line) => line.split(' ')[0] ?? '');
  }

  /** Waits until so many lines begin with a word. */
  heardKind(kind: string, times = 1): Promise<void> {
    return this.#heard(kind, () => this.kinds.filter((each) => each === kind).length >= times);
  }

  /** Waits until a line from index `after` on begins with one of the words. */
  heardAny(kinds: readonly string[], after = 0): Promise<void> {
    return this.#heard(kinds.join(' or '), () => this.kinds.slice(after).some((kind) => kinds.includes(kind)));
  }

  /** Waits until a member with the card `cardOf(n)` is reported. */
  isShown(n: number): Promise<void> {
    return this.#heard(`the card ${n}`, () => this.#indexOf(n) >= 0);
  }

  /** Returns the number of lines up to the one that first reports `cardOf(n)`. */
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
