/** How long to wait before the next try at what failed: a person came back from a short outage does not want to wait. */

/** Pauses in ms: between the first tries, and after a long time. */
const SHORTEST = 500;
const LONGEST = 15_000;
/** A pause is this part of the time it has failed for already, so the wait behind an outage is in proportion to it. */
const PART = 1 / 6;

/**
 * The pause in ms before another try.
 * @param age for how long it has failed, in ms
 * @param chance 0 to less than 1: up to half of the pause is random, lest all who lost one server return at once
 */
export function retryPause(age: number, chance: number): number {
  return Math.round(Math.min(LONGEST, Math.max(SHORTEST, age * PART)) * (0.5 + chance / 2));
}
