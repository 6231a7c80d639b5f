/** Something a test looks at whenever it has changed. */

const PATIENCE = 20_000;

/** See the head of this file. */
export abstract class Watch {
  readonly #waiting = new Set<() => void>();

  protected changed(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Waits until `look` finds something. Fails, saying what `state` is, at the end of patience. */
  protected async until<Found>(look: () => Found | undefined, state: () => string): Promise<Found> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited in vain: ${state()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.add(() => resolve(clearTimeout(timer)));
      });
    }
  }
}
