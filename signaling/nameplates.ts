/** Nameplates that the server chooses: short numbers that are neither in use nor freed recently. */

/** Random numbers of one length that are tried before the next longer length. */
export const TRIES_PER_LENGTH = 16;
/** How long a freed nameplate is not given out again, in ms. A friend who comes late must not meet strangers. */
export const QUARANTINE = 600_000;
/** Freed nameplates that are remembered. */
export const MAX_FREED = 10_000;

/** Chooses a free nameplate of the shortest length with enough free ones: 1 to 9, else 10 to 99, and so on. */
export function allocate(isTaken: (nameplate: string) => boolean, random: (below: number) => number): string {
  for (let first = 1; ; first *= 10) {
    for (let tries = 0; tries < TRIES_PER_LENGTH; tries++) {
      const nameplate = String(first + random(9 * first));
      if (!isTaken(nameplate)) return nameplate;
    }
  }
}

/** Nameplates that were freed recently. */
export class FreedNameplates {
  /** When each was freed, earliest first. */
  readonly #freedAt = new Map<string, number>();

  /** Remembers a nameplate, if it is one that {@link allocate} could choose. */
  add(nameplate: string, now: number): void {
    if (!/^[1-9][0-9]{0,7}$/.test(nameplate)) return;
    this.#freedAt.delete(nameplate);
    this.#freedAt.set(nameplate, now);
    if (this.#freedAt.size <= MAX_FREED) return;
    const [earliest] = this.#freedAt.keys();
    if (earliest !== undefined) this.#freedAt.delete(earliest);
  }

  /** Whether a nameplate was freed recently. */
  has(nameplate: string, now: number): boolean {
    const at = this.#freedAt.get(nameplate);
    return at !== undefined && now - at < QUARANTINE;
  }

  /** Forgets nameplates that were freed long enough ago. */
  sweep(now: number): void {
    for (const [nameplate, at] of this.#freedAt) {
      if (now - at < QUARANTINE) return;
      this.#freedAt.delete(nameplate);
    }
  }
}
