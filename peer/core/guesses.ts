/** Wrong guesses that a code for two withstands (docs/PROTOCOL.md, Guesses). */
const LIMIT = 1;

/** The guesses at a code: one counter for a program and a code, over all connections, servers and roles. */
export class Guesses {
  #wrong = 0;
  #unproven = 0;

  /** Whether the code is dead. */
  get spent(): boolean {
    return this.#wrong >= LIMIT;
  }

  /** Whether a REPLY of ours has left, and nobody has proven the code since. */
  get isOut(): boolean {
    return this.#unproven > 0;
  }

  /**
   * Whether we may risk one more guess: send a REPLY, or judge one. There are never more unproven REPLYs out than guesses
   * left.
   */
  get mayRisk(): boolean {
    return this.#wrong + this.#unproven < LIMIT;
  }

  /** A REPLY of ours leaves: a guess at us is out. */
  replied(): void {
    this.#unproven += 1;
  }

  /** The remote peer we replied to has proven the code, so that was no guess. */
  proven(): void {
    this.#unproven -= 1;
  }

  /** The remote peer we replied to has not proven the code. */
  unproven(): void {
    this.#unproven -= 1;
    this.#wrong += 1;
  }

  /** We judged a REPLY and its tag was wrong. */
  judgedWrong(): void {
    this.#wrong += 1;
  }
}
