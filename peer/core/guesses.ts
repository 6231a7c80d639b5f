/** Wrong guesses that a code for two withstands (docs/PROTOCOL.md, Guesses). */
const LIMIT = 1;

/** The guesses at a code: one counter per program and code, over all sockets, servers and roles. */
export class Guesses {
  #wrong = 0;
  #unproven = 0;

  /** Whether the code is dead. */
  get spent(): boolean {
    return this.#wrong >= LIMIT;
  }

  /**
   * Whether one more guess at us may be risked, be it that a REPLY of ours leaves or that we judge one: never more are
   * out unproven than are left.
   */
  get mayRisk(): boolean {
    return this.#wrong + this.#unproven < LIMIT;
  }

  /** A REPLY leaves: a guess at us is out. */
  replied(): void {
    this.#unproven += 1;
  }

  /** The one we replied to has proven the code: that was no guess. */
  proven(): void {
    this.#unproven -= 1;
  }

  /** The one we replied to never proved the code. */
  unproven(): void {
    this.#unproven -= 1;
    this.#wrong += 1;
  }

  /** We judged a REPLY and its tag was wrong. */
  judgedWrong(): void {
    this.#wrong += 1;
  }
}
