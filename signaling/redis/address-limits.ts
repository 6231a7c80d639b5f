/** Limits per address that hold for all servers on one Redis. */
import { addressKey, isGuess, SITE_FACTOR, siteKey } from '../address-limits.ts';
import type { AddressLimits } from '../limits.ts';
import type { SharedAddressLimits } from '../rooms-interface.ts';
import type { Rate } from '../token-bucket.ts';
import type { RedisConnection } from './connection.ts';

/** Counts like `AddressLimiter`, for all servers together. */
export class RedisAddressLimits implements SharedAddressLimits {
  readonly #redis: Pick<RedisConnection, 'run' | 'runLater'>;
  readonly #limits: AddressLimits;

  constructor(redis: Pick<RedisConnection, 'run' | 'runLater'>, limits: AddressLimits) {
    this.#redis = redis;
    this.#limits = limits;
  }

  async connected(address: string): Promise<'limit' | 'rate' | null> {
    const { connections, connects } = this.#limits;
    const args = keysOf(address).flatMap(([key, factor]) => [
      key,
      String(connections * factor),
      ...bucket('connects', key, connects, factor),
    ]);
    // Without Redis the client may stay, but it cannot join a room.
    const rows = await this.#redis.run('connect', ...args).catch(() => []);
    const cause = rows[0]?.[0]?.toString();
    return cause === 'limit' || cause === 'rate' ? cause : null;
  }

  disconnected(address: string): void {
    this.#redis.runLater('disconnect', ...keysOf(address).map(([key]) => key)).catch(() => undefined);
  }

  async join(address: string, nameplate: string | null): Promise<'rate' | 'guesses' | null> {
    const { joins, guesses } = this.#limits;
    const args = keysOf(address).flatMap(([key, factor]) => [
      ...bucket('joins', key, joins, factor),
      ...(isGuess(nameplate) ? bucket('guesses', key, guesses, factor) : []),
    ]);
    const [row] = await this.#redis.run('attempt', ...args);
    if (row === undefined) return null;
    return row[0]?.toString().startsWith('guesses:') === true ? 'guesses' : 'rate';
  }
}

/** The keys under which an address is counted, and the factor by which each has the limits of one address. */
function keysOf(address: string): (readonly [key: string, factor: number])[] {
  const site = siteKey(address);
  return [[addressKey(address), 1] as const, ...(site === null ? [] : [[site, SITE_FACTOR] as const])];
}

function bucket(kind: string, key: string, { burst, perSecond }: Rate, factor: number): string[] {
  return [`${kind}:${key}`, String(burst * factor), String(perSecond * factor)];
}
