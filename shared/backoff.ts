/** Retry delays that grow with the length of the outage, so that short outages heal fast. */

/** Bounds of a pause, in ms. */
const SHORTEST = 500;
const LONGEST = 15_000;
/** A pause is this part of the outage so far. */
const PART = 1 / 6;

/**
 * The pause before the next try, in ms.
 * @param age length of the outage so far, in ms
 * @param chance random number from 0 to less than 1. Up to half of the pause is random, so that the clients of a server
 * that restarts do not all return at once.
 */
export function retryPause(age: number, chance: number): number {
  return Math.round(Math.min(LONGEST, Math.max(SHORTEST, age * PART)) * (0.5 + chance / 2));
}
