/** How often something happened lately: times (ms) within a span that moves along. */
export class SlidingWindow {
  readonly #limit: number;
  readonly #span: number;
  #times: number[] = [];

  /** `limit` times in `span` ms are allowed. */
  constructor(limit: number, span: number) {
    this.#limit = limit;
    this.#span = span;
  }

  /** It happened. Returns whether that makes it too often. */
  add(now: number): boolean {
    this.#times = [...this.#times.filter((at) => at > now - this.#span), now];
    return this.#times.length >= this.#limit;
  }

  /** When (ms) it may happen again; `now` where it may at once. */
  nextAt(now: number): number {
    const oldest = this.#times.at(-this.#limit);
    return oldest === undefined ? now : Math.max(now, oldest + this.#span);
  }
}
