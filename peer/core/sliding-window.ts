/** Counts how often something happened within the last span of time. */
export class SlidingWindow {
  readonly #limit: number;
  readonly #span: number;
  #times: number[] = [];

  /** Allows less than `limit` times in `span` ms. */
  constructor(limit: number, span: number) {
    this.#limit = limit;
    this.#span = span;
  }

  /** It happened at `now` (ms). Returns whether that is too often. */
  add(now: number): boolean {
    this.#times = [...this.#times.filter((at) => at > now - this.#span), now];
    return this.#times.length >= this.#limit;
  }

  /** When (ms) it may happen again; `now` if that is at once. */
  nextAt(now: number): number {
    const oldest = this.#times.at(-this.#limit);
    return oldest === undefined ? now : Math.max(now, oldest + this.#span);
  }
}
