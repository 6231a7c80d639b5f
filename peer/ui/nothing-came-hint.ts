/** Tells the user of `receive` once when nothing comes although the two are connected: both may be receiving. */
import type { ChatEvent, Waiting } from '../core/facts-and-orders.ts';
import { words } from '../words/index.ts';

/** How long nothing comes before the user is told, in ms. */
const LONG = 30_000;

/** Watches the events and waits of a program that only receives. */
export class NothingCameHint {
  readonly #print: (sentence: string) => void;
  #isConnected = false;
  #isWaiting = false;
  #isTold = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(print: (sentence: string) => void) {
    this.#print = print;
  }

  /** Takes an event that the user is shown. */
  event(event: ChatEvent): void {
    if (event.type === 'peer') this.#isConnected = event.status === 'connected';
    if (event.type === 'message') this.#isTold = true;
    this.#update();
  }

  /** Takes what the program waits for now. */
  waiting({ for: what }: Waiting): void {
    this.#isWaiting = what !== null;
    this.#update();
  }

  /** Tells nothing more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #update(): void {
    if (this.#isTold || !this.#isConnected || this.#isWaiting) return this.stop();
    this.#timer ??= setTimeout(() => {
      this.#isTold = true;
      this.#print(words.NOTHING_HAS_COME);
    }, LONG);
  }
}
