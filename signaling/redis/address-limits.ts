/** Limits per address that hold for all servers on one Redis. */
import type { SharedAddresses } from '../cluster.ts';
import type { AddressLimits, Rate } from '../limits.ts';
import { addressKey, isGuess, SITE, siteKey } from '../limits.ts';
import type { Store } from './store.ts';

/** Counts as {@link Addresses} does, where all servers count. */
export class RedisAddresses implements SharedAddresses {
  readonly #store: Pick<Store, 'run' | 'runLater'>;
  readonly #limits: AddressLimits;

  constructor(store: Pick<Store, 'run' | 'runLater'>, limits: AddressLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  async connected(address: string): Promise<'limit' | 'rate' | null> {
    const { connections, connects } = this.#limits;
    const asked = scopes(address).flatMap(([key, times]) => [
      key,
      String(connections * times),
      ...bucket('connects', key, connects, times),
    ]);
    // Who cannot be counted can do nothing either.
    const rows = await this.#store.run('connect', ...asked).catch(() => []);
    const cause = rows[0]?.[0]?.toString();
    return cause === 'limit' || cause === 'rate' ? cause : null;
  }

  disconnected(address: string): void {
    this.#store.runLater('disconnect', ...scopes(address).map(([key]) => key)).catch(() => undefined);
  }

  async join(address: string, nameplate: string | null): Promise<'rate' | 'guesses' | null> {
    const { joins, guesses } = this.#limits;
    const asked = scopes(address).flatMap(([key, times]) => [
      ...bucket('joins', key, joins, times),
      ...(isGuess(nameplate) ? bucket('guesses', key, guesses, times) : []),
    ]);
    const [row] = await this.#store.run('attempt', ...asked);
    if (row === undefined) return null;
    return row[0]?.toString().startsWith('guesses:') === true ? 'guesses' : 'rate';
  }
}

/** What an address counts as, and how many times as much as one address that may do. */
function scopes(address: string): (readonly [key: string, times: number])[] {
  const site = siteKey(address);
  return [[addressKey(address), 1] as const, ...(site === null ? [] : [[site, SITE] as const])];
}

function bucket(kind: string, key: string, { burst, perSecond }: Rate, times: number): string[] {
  return [`${kind}:${key}`, String(burst * times), String(perSecond * times)];
}
