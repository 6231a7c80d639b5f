/** How often something happened lately: times (ms) within a window that moves along. */
export class Recent {
  readonly #limit: number;
  readonly #window: number;
  #times: number[] = [];

  /** `limit` times in `window` ms are allowed. */
  constructor(limit: number, window: number) {
    this.#limit = limit;
    this.#window = window;
  }

  /** It happened. Returns whether that makes it too often. */
  add(now: number): boolean {
    this.#times = [...this.#times.filter((at) => at > now - this.#window), now];
    return this.#times.length >= this.#limit;
  }

  /** When (ms) it may happen again; `now` where it may at once. */
  nextAt(now: number): number {
    const oldest = this.#times.at(-this.#limit);
    return oldest === undefined ? now : Math.max(now, oldest + this.#window);
  }
}
