/**
 * Rate limits by token buckets. A bucket is one number, to save memory: the time at which it will be full again, in ms
 * of any clock that does not go back.
 */

/** How often something may happen: `burst` times at once, then `perSecond` times a second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A full bucket. */
export const FULL_BUCKET = 0;

/** Tokens by which sums of times may be off, so that rounding takes none away. */
export const TOLERANCE = 0.001;

/** Takes tokens out of a bucket. Returns the bucket after that, or null, with nothing taken, if it holds too few. */
export function takeTokens(bucket: number, { burst, perSecond }: Rate, now: number, count = 1): number | null {
  const fullAt = Math.max(bucket, now) + (count / perSecond) * 1_000;
  return fullAt - now <= ((burst + TOLERANCE) / perSecond) * 1_000 ? fullAt : null;
}

/** One bucket per key, for a limited number of keys. Past that number, the key unused for longest is forgotten. */
export class KeyedBuckets {
  readonly #rate: Rate;
  readonly #maxKeys: number;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, number>();

  constructor(rate: Rate, maxKeys: number) {
    this.#rate = rate;
    this.#maxKeys = maxKeys;
  }

  /** Takes one token of a key. Returns false if the key has none left. */
  take(key: string, now: number): boolean {
    const before = this.#buckets.get(key) ?? FULL_BUCKET;
    const bucket = takeTokens(before, this.#rate, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket ?? before);
    if (this.#buckets.size > this.#maxKeys) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket !== null;
  }

  /** Forgets keys whose buckets are full again. Stops at the first that is not: the others are used later. */
  sweep(now: number): void {
    for (const [key, fullAt] of this.#buckets) {
      if (fullAt > now) return;
      this.#buckets.delete(key);
    }
  }

  /** The number of keys that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }
}
