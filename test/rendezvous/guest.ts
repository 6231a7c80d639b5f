/** Someone who meets through a server, and a log of what he is told. */
import type { JoinRequest, Rendezvous } from '../../peer/rendezvous/rendezvous.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { hex } from '../../shared/bytes.ts';
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
  members: readonly Member[] = [];
  nameplate = '';
  readonly rendezvous: Rendezvous;
  #waiting: { met: () => boolean; resolve: () => void }[] = [];

  constructor(url: string, nameplate: string | null, n: number, more: Partial<JoinRequest> = {}) {
    const open = socketIoRendezvous(url, { now: () => 1_000_000, random: () => 0 });
    this.rendezvous = open(
      { nameplate, card: cardOf(n), capacity: 2, ...more },
      {
        joined: (joined, members) => {
          this.nameplate = joined;
          this.members = members;
          this.#note('joined', ...members.map(({ id }) => id));
        },
        came: ({ id, card }) => this.#note('came', id, hex(card.slice(-1))),
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
    const met = () => this.log.filter((each) => each === line).length >= times;
    if (met()) return;
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => reject(new Error(`waited for "${line}", heard: ${this.log.join(', ')}`));
      const timer = setTimeout(giveUp, patience);
      this.#waiting.push({ met, resolve: () => resolve(clearTimeout(timer)) });
    });
  }

  #note(...words: string[]): void {
    this.log.push(words.join(' '));
    const met = this.#waiting.filter((waiting) => waiting.met());
    this.#waiting = this.#waiting.filter((waiting) => !met.includes(waiting));
    for (const { resolve } of met) resolve();
  }
}
