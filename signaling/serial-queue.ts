/** Doing one thing after the other. */
import type { Eventually } from './rooms-interface.ts';

/** Acts in the order they were given, each when the one before is done. */
export class SerialQueue {
  #last: Promise<void> | null = null;
  #length = 0;

  /** How many acts are not done. */
  get length(): number {
    return this.#length;
  }

  /**
   * Does something in its turn: at once where nothing is before it. Where it or its turn takes time, `failed` is told
   * of a rejection, and `done` when it is over either way; what has to be done after it goes on.
   */
  add(act: () => Eventually<void>, failed: (error: unknown) => void, done = () => {}): void {
    const doing = this.#last === null ? act() : this.#last.then(act);
    if (!(doing instanceof Promise)) return;
    this.#length += 1;
    const last = doing.catch(failed).finally(() => {
      this.#length -= 1;
      if (this.#last === last) this.#last = null;
      done();
    });
    this.#last = last;
  }
}
