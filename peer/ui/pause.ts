/** Recognizes a pause in the input. */
export class Pause {
  #timer: NodeJS.Timeout | undefined;

  /** Calls `over` after `ms` without another start. Input that came while the program was busy is read before that. */
  start(ms: number, over: () => void): void {
    this.stop();
    const timer = setTimeout(() => {
      setImmediate(() => {
        if (this.#timer === timer) over();
      });
    }, ms);
    this.#timer = timer;
  }

  /** Calls nothing any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
