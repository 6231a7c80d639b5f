/** What each address has open and tries. Addresses live in memory only, for as long as they matter, and are never logged. */
import type { Server, Socket } from 'node:net';
import type { RefusalCode } from '../shared/signal-wire.ts';
import type { AddressLimits } from './limits.ts';
import { addressKey, KeyedBuckets } from './limits.ts';

/** Addresses whose rates are remembered, at some 150 bytes each. */
const MAX_ADDRESSES = 100_000;

/** How much each address has open. Takes plain IP addresses; an IPv6 one counts as its network. */
export class Tally {
  readonly #open = new Map<string, number>();

  /** How much an address has open. */
  of(address: string): number {
    return this.#open.get(addressKey(address)) ?? 0;
  }

  /** Counts one more. Returns how many they are with it. */
  add(address: string): number {
    const count = this.of(address) + 1;
    this.#open.set(addressKey(address), count);
    return count;
  }

  /** One that was counted has ended. */
  remove(address: string): void {
    const count = this.of(address) - 1;
    if (count > 0) this.#open.set(addressKey(address), count);
    else this.#open.delete(addressKey(address));
  }
}

/**
 * Hangs up on every connection to a server, before a byte of it is read, that makes more than `most` of one address at
 * a time.
 */
export function limitPerAddress(server: Server, most: number): void {
  const tally = new Tally();
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    socket.once('close', () => tally.remove(address));
    if (tally.add(address) > most) socket.destroy();
  });
}

/** Counts by address. Takes plain IP addresses; an IPv6 one counts as its network. */
export class Addresses {
  readonly #limits: AddressLimits;
  readonly #open = new Tally();
  readonly #connects: KeyedBuckets;
  readonly #joins: KeyedBuckets;

  constructor(limits: AddressLimits) {
    this.#limits = limits;
    this.#connects = new KeyedBuckets(limits.connects, MAX_ADDRESSES);
    this.#joins = new KeyedBuckets(limits.joins, MAX_ADDRESSES);
  }

  /** Whether so much is open from an address that the next is not even told why: what is told to go counts as well. */
  isCrowded(address: string): boolean {
    return this.#open.of(address) >= 2 * this.#limits.connections;
  }

  /** Counts a new connection. Returns why it must go, or null where it may stay. */
  connected(address: string, now: number): RefusalCode | null {
    const count = this.#open.add(address);
    if (!this.#connects.take(addressKey(address), now)) return 'rate';
    return count > this.#limits.connections ? 'limit' : null;
  }

  /** A connection that was counted has ended. */
  disconnected(address: string): void {
    this.#open.remove(address);
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
}
