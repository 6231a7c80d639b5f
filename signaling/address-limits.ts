/** Limits per client address. Addresses are kept in memory only, while they matter, and are never logged. */
import type { Server, Socket } from 'node:net';
import type { AddressLimits } from './limits.ts';
import { KeyedBuckets, type Rate } from './token-bucket.ts';

/** Addresses whose rates are remembered, at about 100 bytes each. */
const MAX_ADDRESSES = 100_000;
/** How often {@link limitPerAddress} forgets addresses that no longer matter, in ms. */
const SWEEP_EVERY = 10_000;
/**
 * HTTP requests per connection that an address may open. A pairing over long-polling takes about thirty. A client that
 * polls and waits sends two every ten seconds.
 */
const REQUESTS_PER_CONNECT = 32;
/** Limits of a /48 network, as a multiple of those of an address. One customer gets a /48 of 65,536 /64s (RFC 6177). */
export const SITE_FACTOR = 8;
/** Nameplates from this length on cannot be guessed. Programs that reconnect use 26 random characters. */
const UNGUESSABLE = 16;

/** Whether a join of this room may be a guess. `null`: the server is to choose the nameplate. */
export function isGuess(nameplate: string | null): boolean {
  return nameplate !== null && nameplate.length < UNGUESSABLE;
}

/**
 * The key under which an address is counted. An IPv4 address is its own key, also if it is mapped into IPv6. An IPv6
 * address counts as its /64 network, because a host can use any address of its /64 (RFC 4291, section 2.5.4).
 */
export function addressKey(address: string): string {
  return mappedIpv4(address) ?? (address.includes(':') ? network(address, 64) : address);
}

/** The /48 network as which an IPv6 address is counted too. Null for an IPv4 address. */
export function siteKey(address: string): string | null {
  return address.includes(':') && mappedIpv4(address) === null ? network(address, 48) : null;
}

function mappedIpv4(address: string): string | null {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? null;
}

function network(address: string, bits: number): string {
  const [head = '', tail = ''] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === '' ? 0 : tail.split(':').length;
  while (groups.length + behind < 8) groups.push('0');
  return `${groups.slice(0, bits / 16).join(':')}::/${bits}`;
}

/** The limits of one kind of key: addresses, or /48 networks. */
class KeyLimits {
  readonly connects: KeyedBuckets;
  readonly requests: KeyedBuckets;
  readonly joins: KeyedBuckets;
  readonly guesses: KeyedBuckets;
  readonly #connections: number;
  /** Open connections by key. */
  readonly #open = new Map<string, number>();

  /** Each key has `factor` times the limits of one address. */
  constructor(limits: AddressLimits, factor: number) {
    const buckets = ({ burst, perSecond }: Rate, times = factor) =>
      new KeyedBuckets({ burst: burst * times, perSecond: perSecond * times }, MAX_ADDRESSES);
    this.connects = buckets(limits.connects);
    this.requests = buckets(limits.connects, factor * REQUESTS_PER_CONNECT);
    this.joins = buckets(limits.joins);
    this.guesses = buckets(limits.guesses);
    this.#connections = limits.connections * factor;
  }

  isCrowded(key: string): boolean {
    return (this.#open.get(key) ?? 0) >= 2 * this.#connections;
  }

  /** Counts a connection. Returns false if the key now has too many open. */
  open(key: string): boolean {
    const count = (this.#open.get(key) ?? 0) + 1;
    this.#open.set(key, count);
    return count <= this.#connections;
  }

  close(key: string): void {
    const count = (this.#open.get(key) ?? 0) - 1;
    if (count > 0) this.#open.set(key, count);
    else this.#open.delete(key);
  }
}

/** Counts what each address does. Takes plain IP addresses. Times are ms of any clock that does not go back. */
export class AddressLimiter {
  readonly #addresses: KeyLimits;
  readonly #sites: KeyLimits;

  constructor(limits: AddressLimits) {
    this.#addresses = new KeyLimits(limits, 1);
    this.#sites = new KeyLimits(limits, SITE_FACTOR);
  }

  /** Whether an address has twice its connections open: refused ones, which are being told why, count as well. */
  isCrowded(address: string): boolean {
    return this.#of(address).some(([limits, key]) => limits.isCrowded(key));
  }

  /** Counts a new connection. Returns why it must close, or null. */
  connected(address: string, now: number): 'limit' | 'rate' | null {
    const counted = this.#of(address).map(([limits, key]) => [limits, key, limits.open(key)] as const);
    // The site comes last, so that what one network is refused costs its neighbours nothing.
    for (const [limits, key, fits] of counted) {
      if (!limits.connects.take(key, now)) return 'rate';
      if (!fits) return 'limit';
    }
    return null;
  }

  /** Counts the end of a connection that was counted. */
  disconnected(address: string): void {
    for (const [limits, key] of this.#of(address)) limits.close(key);
  }

  /** Counts an HTTP request. Returns whether it may be answered. */
  mayRequest(address: string, now: number): boolean {
    return this.#of(address).every(([limits, key]) => limits.requests.take(key, now));
  }

  /** Counts an attempt to join a room; null: the server is to choose it. Returns which limit was reached, or null. */
  join(address: string, nameplate: string | null, now: number): 'rate' | 'guesses' | null {
    for (const [limits, key] of this.#of(address)) {
      if (!limits.joins.take(key, now)) return 'rate';
      if (isGuess(nameplate) && !limits.guesses.take(key, now)) return 'guesses';
    }
    return null;
  }

  /** Forgets addresses that no longer matter. */
  sweep(now: number): void {
    for (const { connects, requests, joins, guesses } of [this.#addresses, this.#sites])
      for (const buckets of [connects, requests, joins, guesses]) buckets.sweep(now);
  }

  /** The keys under which an address counts, and their limits: the address, and the /48 of an IPv6 address. */
  #of(address: string): (readonly [KeyLimits, string])[] {
    const [key, site] = [addressKey(address), siteKey(address)];
    return site === null
      ? [[this.#addresses, key]]
      : [
          [this.#addresses, key],
          [this.#sites, site],
        ];
  }
}

/**
 * Closes a TCP connection, before a byte of it is read, if its address has too many open or opens them too fast.
 * `refused` is called for each.
 */
export function limitPerAddress(
  server: Server,
  { connections, connects }: Pick<AddressLimits, 'connections' | 'connects'>,
  refused: () => void = () => {},
): void {
  const limiter = new AddressLimiter({ connections, connects, joins: connects, guesses: connects });
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    socket.once('close', () => limiter.disconnected(address));
    if (limiter.connected(address, performance.now()) === null) return;
    socket.destroy();
    refused();
  });
  server.once('listening', () => {
    const sweeper = setInterval(() => limiter.sweep(performance.now()), SWEEP_EVERY).unref();
    server.once('close', () => clearInterval(sweeper));
  });
}
