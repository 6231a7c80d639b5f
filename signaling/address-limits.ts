/** What each address has open and tries. Addresses live in memory only, for as long as they matter, and are never logged. */
import type { Server, Socket } from 'node:net';
import type { AddressLimits, Rate } from './limits.ts';
import { addressKey, isGuess, KeyedBuckets, SITE, siteKey } from './limits.ts';

/** Addresses whose rates are remembered, at some 150 bytes each. */
const MAX_ADDRESSES = 100_000;
/** How often those are forgotten that no longer matter, in ms. */
const SWEEP_EVERY = 10_000;

/**
 * Requests over HTTP for each connection that an address may open: a pairing over long-polling has some thirty, and who
 * polls and waits has two every ten seconds.
 */
const REQUESTS_PER_CONNECT = 32;

/** How much each key has open. */
class Tally {
  readonly #open = new Map<string, number>();

  of(key: string): number {
    return this.#open.get(key) ?? 0;
  }

  /** Counts one more. Returns how many they are with it. */
  add(key: string): number {
    const count = this.of(key) + 1;
    this.#open.set(key, count);
    return count;
  }

  /** One that was counted has ended. */
  remove(key: string): void {
    const count = this.of(key) - 1;
    if (count > 0) this.#open.set(key, count);
    else this.#open.delete(key);
  }
}

/** Counts by key. Times are ms of any clock that does not go back. */
class Scope {
  readonly #connections: number;
  readonly #open = new Tally();
  readonly #connects: KeyedBuckets;
  readonly #requests: KeyedBuckets;
  readonly #joins: KeyedBuckets;
  readonly #guesses: KeyedBuckets;

  /** Each key may do `times` as much as one address. */
  constructor(limits: AddressLimits, times: number) {
    const buckets = ({ burst, perSecond }: Rate, each = times) =>
      new KeyedBuckets({ burst: burst * each, perSecond: perSecond * each }, MAX_ADDRESSES);
    this.#connections = limits.connections * times;
    this.#connects = buckets(limits.connects);
    this.#requests = buckets(limits.connects, times * REQUESTS_PER_CONNECT);
    this.#joins = buckets(limits.joins);
    this.#guesses = buckets(limits.guesses);
  }

  isCrowded(key: string): boolean {
    return this.#open.of(key) >= 2 * this.#connections;
  }

  /** Counts a connection; false where it is one too many at a time. */
  open(key: string): boolean {
    return this.#open.add(key) <= this.#connections;
  }

  mayConnect(key: string, now: number): boolean {
    return this.#connects.take(key, now);
  }

  mayAsk(key: string, now: number): boolean {
    return this.#requests.take(key, now);
  }

  close(key: string): void {
    this.#open.remove(key);
  }

  join(key: string, nameplate: string | null, now: number): 'rate' | 'guesses' | null {
    if (!this.#joins.take(key, now)) return 'rate';
    return isGuess(nameplate) && !this.#guesses.take(key, now) ? 'guesses' : null;
  }

  sweep(now: number): void {
    this.#connects.sweep(now);
    this.#requests.sweep(now);
    this.#joins.sweep(now);
    this.#guesses.sweep(now);
  }
}

/**
 * Counts by address. Takes plain IP addresses; an IPv6 one counts as its /64, and as its /48, which may do {@link SITE}
 * times as much.
 */
export class Addresses {
  readonly #near: Scope;
  readonly #sites: Scope;

  constructor(limits: AddressLimits) {
    this.#near = new Scope(limits, 1);
    this.#sites = new Scope(limits, SITE);
  }

  /** Whether so much is open from an address that the next is not even told why: what is told to go counts as well. */
  isCrowded(address: string): boolean {
    const site = siteKey(address);
    return this.#near.isCrowded(addressKey(address)) || (site !== null && this.#sites.isCrowded(site));
  }

  /** Counts a new connection. Returns why it must go, or null where it may stay. */
  connected(address: string, now: number): 'limit' | 'rate' | null {
    const [key, site] = [addressKey(address), siteKey(address)];
    const [fits, fitsSite] = [this.#near.open(key), site === null || this.#sites.open(site)];
    if (!this.#near.mayConnect(key, now)) return 'rate';
    if (!fits) return 'limit';
    // What one network is refused costs its neighbours nothing.
    if (site !== null && !this.#sites.mayConnect(site, now)) return 'rate';
    return fitsSite ? null : 'limit';
  }

  /** A connection that was counted has ended. */
  disconnected(address: string): void {
    const site = siteKey(address);
    if (site !== null) this.#sites.close(site);
    this.#near.close(addressKey(address));
  }

  /** Counts a request over HTTP. Returns whether it may be answered. */
  mayAsk(address: string, now: number): boolean {
    const site = siteKey(address);
    return this.#near.mayAsk(addressKey(address), now) && (site === null || this.#sites.mayAsk(site, now));
  }

  /** Counts an attempt to join a room, null for one that the server is to name. Returns what there was too much of. */
  join(address: string, nameplate: string | null, now: number): 'rate' | 'guesses' | null {
    const excess = this.#near.join(addressKey(address), nameplate, now);
    const site = siteKey(address);
    return excess ?? (site === null ? null : this.#sites.join(site, nameplate, now));
  }

  /** Forgets what no longer matters. */
  sweep(now: number): void {
    this.#near.sweep(now);
    this.#sites.sweep(now);
  }
}

/**
 * Hangs up on every TCP connection to a server, before a byte of it is read, that is one too many of its address, or
 * comes too soon after the others; `refused` is told of each.
 */
export function limitPerAddress(
  server: Server,
  { connections, connects }: Pick<AddressLimits, 'connections' | 'connects'>,
  refused: () => void = () => {},
): void {
  const addresses = new Addresses({ connections, connects, joins: connects, guesses: connects });
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    socket.once('close', () => addresses.disconnected(address));
    if (addresses.connected(address, performance.now()) === null) return;
    socket.destroy();
    refused();
  });
  server.once('listening', () => {
    const sweeper = setInterval(() => addresses.sweep(performance.now()), SWEEP_EVERY).unref();
    server.once('close', () => clearInterval(sweeper));
  });
}
