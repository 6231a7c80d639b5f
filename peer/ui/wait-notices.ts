/**
 * Says in lines what is waited for, where no status line can be kept: once it takes long, when it changes, and now and
 * then after that.
 */
import type { Waiting } from '../core/facts-and-orders.ts';
import { waitingWords } from './status-line.ts';

/** How often a wait that goes on is said again, in ms. */
const AGAIN = 60_000;
/** How often, at most, a further try to reach the server is said, in ms. */
const RETRIED = 5_000;
/** A wait is worth a line only when it takes so long, in ms. */
const PATIENCE = 1_000;

/** See the head of this file. */
export class Reminder {
  readonly #say: (sentence: string) => void;
  #waiting: Waiting = { for: null, since: 0, until: null };
  /** When (ms, as in a wait) a line was said last. */
  #saidAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  /** Takes in what is waited for now. */
  waiting(state: Waiting): void {
    const { for: what, until } = this.#waiting;
    // Each try to reach the server sets another time for the next.
    const retried = what === 'server' && state.until !== until;
    const now = performance.now();
    const changed = state.for !== what || (retried && now >= this.#saidAt + RETRIED);
    this.#waiting = state;
    if (!changed) return;
    this.stop();
    if (state.for === null) return;
    const early = state.since + PATIENCE - now;
    if (early <= 0) this.#remind();
    else this.#timer = setTimeout(() => this.#remind(), early);
  }

  /** Says nothing more until something else is waited for. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #remind(): void {
    this.#timer = setTimeout(() => this.#remind(), AGAIN);
    const now = performance.now();
    const words = waitingWords(this.#waiting, now);
    if (words === null) return;
    this.#saidAt = now;
    this.#say(words);
  }
}
