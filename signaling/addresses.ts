/** What each address has open and tries. Addresses live in memory only, for as long as they matter, and are never logged. */
import type { RefusalCode } from '../shared/signal-wire.ts';
import type { AddressLimits } from './limits.ts';
import { addressKey, KeyedBuckets } from './limits.ts';

/** Addresses whose rates are remembered, at some 150 bytes each. */
const MAX_ADDRESSES = 100_000;

/** Counts by address. Takes plain IP addresses; an IPv6 one counts as its network. */
export class Addresses {
  readonly #limits: AddressLimits;
  readonly #open = new Map<string, number>();
  readonly #connects: KeyedBuckets;
  readonly #joins: KeyedBuckets;

  constructor(limits: AddressLimits) {
    this.#limits = limits;
    this.#connects = new KeyedBuckets(limits.connects, MAX_ADDRESSES);
    this.#joins = new KeyedBuckets(limits.joins, MAX_ADDRESSES);
  }

  /** Whether so much is open from an address that the next is not even told why: what is told to go counts as well. */
  isCrowded(address: string): boolean {
    return this.#count(addressKey(address)) >= 2 * this.#limits.connections;
  }

  /** Counts a new connection. Returns why it must go, or null where it may stay. */
  connected(address: string, now: number): RefusalCode | null {
    const key = addressKey(address);
    const count = this.#count(key) + 1;
    this.#open.set(key, count);
    if (!this.#connects.take(key, now)) return 'rate';
    return count > this.#limits.connections ? 'limit' : null;
  }

  /** A connection that was counted has ended. */
  disconnected(address: string): void {
    const key = addressKey(address);
    const count = this.#count(key) - 1;
    if (count > 0) this.#open.set(key, count);
    else this.#open.delete(key);
  }

  /** Counts an attempt to join; false where there were too many. */
  mayJoin(address: string, now: number): boolean {
    return this.#joins.take(addressKey(address), now);
  }

  /** Forgets what no longer matters. */
  sweep(now: number): void {
    this.#connects.sweep(now);
    this.#joins.sweep(now);
  }

  #count(key: string): number {
    return this.#open.get(key) ?? 0;
  }
}
