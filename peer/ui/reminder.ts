/** Says in lines what is waited for, where no status line can be kept: when it changes, and now and then after that. */
import type { Waiting } from '../core/events.ts';
import { waitingWords } from './status.ts';

/** How often a wait that goes on is said again, in ms. */
const AGAIN = 60_000;
/** Delivery is worth a line only when it takes so long, in ms. */
const DELIVERY_PATIENCE = 2_000;

/** See the head of this file. */
export class Reminder {
  readonly #say: (sentence: string) => void;
  #waiting: Waiting = { for: null, since: 0, until: null };
  #timer: NodeJS.Timeout | null = null;

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  /** Takes in what is waited for now. */
  waiting(state: Waiting): void {
    const { for: what, until } = this.#waiting;
    const changed = state.for !== what || (state.until === null) !== (until === null);
    this.#waiting = state;
    if (!changed) return;
    this.stop();
    if (state.for === 'delivery') this.#timer = setTimeout(() => this.#remind(), DELIVERY_PATIENCE);
    else if (state.for !== null) this.#remind();
  }

  /** Says nothing more until something else is waited for. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #remind(): void {
    this.#timer = setTimeout(() => this.#remind(), AGAIN);
    const words = waitingWords(this.#waiting, Date.now());
    if (words !== null) this.#say(words);
  }
}
