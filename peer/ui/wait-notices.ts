/** Says in lines what the program waits for, where there is no status line. */
import type { Waiting } from '../core/facts-and-orders.ts';
import { words } from '../words/index.ts';

/** How often a wait that goes on is said again, in ms. */
const AGAIN = 60_000;
/** How often, at most, another try to reach the server is said, in ms. */
const RETRIED = 5_000;
/** How long a wait lasts before it is worth a line, in ms. */
const PATIENCE = 1_000;

/** Prints a sentence when a wait takes long, when it changes, and from time to time while it goes on. */
export class WaitNotices {
  readonly #print: (sentence: string) => void;
  #waiting: Waiting = { for: null, since: 0, until: null };
  /** When the last line was printed, in ms, on the clock of the waits. */
  #printedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(print: (sentence: string) => void) {
    this.#print = print;
  }

  /** Takes what the program waits for now. */
  waiting(state: Waiting): void {
    const { for: what, until } = this.#waiting;
    // Each try to reach the server sets a new time for the next try.
    const retried = what === 'server' && state.until !== until;
    const now = performance.now();
    const changed = state.for !== what || (retried && now >= this.#printedAt + RETRIED);
    this.#waiting = state;
    if (!changed) return;
    this.stop();
    if (state.for === null) return;
    const early = state.since + PATIENCE - now;
    if (early <= 0) this.#notice();
    else this.#timer = setTimeout(() => this.#notice(), early);
  }

  /** Prints nothing more until the program waits for something else. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #notice(): void {
    this.#timer = setTimeout(() => this.#notice(), AGAIN);
    const now = performance.now();
    const wait = words.waitingWords(this.#waiting, now);
    if (wait === null) return;
    this.#printedAt = now;
    this.#print(`${wait}.`);
  }
}
