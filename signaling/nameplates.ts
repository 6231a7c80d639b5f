/** Nameplates that the server makes: short numbers, never one in use or freed just now. */

/** Numbers tried at random before the next longer length: short ones are found while some of them are free. */
export const TRIES_PER_LENGTH = 16;
/** How long a freed nameplate is not given to others, in ms: a friend who comes late must not meet strangers. */
export const QUARANTINE = 600_000;
/** Freed nameplates remembered, at most. */
export const MAX_FREED = 10_000;

/** The shortest nameplate that is reasonably free: 1 to 9, else 10 to 99, and so on. `random(n)` is in 0 to n - 1. */
export function allocate(taken: (nameplate: string) => boolean, random: (below: number) => number): string {
  for (let first = 1; ; first *= 10) {
    for (let tries = 0; tries < TRIES_PER_LENGTH; tries++) {
      const nameplate = String(first + random(9 * first));
      if (!taken(nameplate)) return nameplate;
    }
  }
}

/** The nameplates freed lately. */
export class FreedNameplates {
  /** When each was freed, the earliest first. */
  readonly #freedAt = new Map<string, number>();

  /** Remembers a nameplate, unless it is none that {@link allocate} would make. */
  add(nameplate: string, now: number): void {
    if (!/^[1-9][0-9]{0,7}$/.test(nameplate)) return;
    this.#freedAt.delete(nameplate);
    this.#freedAt.set(nameplate, now);
    if (this.#freedAt.size <= MAX_FREED) return;
    for (const earliest of this.#freedAt.keys()) {
      this.#freedAt.delete(earliest);
      return;
    }
  }

  /** Whether a nameplate was freed a short time ago. */
  has(nameplate: string, now: number): boolean {
    const at = this.#freedAt.get(nameplate);
    return at !== undefined && now - at < QUARANTINE;
  }

  /** Forgets those freed long enough ago. */
  sweep(now: number): void {
    for (const [nameplate, at] of this.#freedAt) {
      if (now - at < QUARANTINE) return;
      this.#freedAt.delete(nameplate);
    }
  }
}
