/**
 * Every limit of the server, with its reason, and the token bucket that rates are kept with. Sizes in bytes, times
 * in ms. What both ends of the wire must agree on (frame, card, nameplate, members) is in shared/limits.ts.
 */

/** How often something may happen: `burst` at once, then `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** What the registry of rooms keeps to. */
export interface RoomLimits {
  /** Rooms at a time: a bound on memory. */
  readonly rooms: number;
  /** How long the place of a lost connection is kept. */
  readonly grace: number;
  /** How long a room lives in which nobody comes, goes or speaks. */
  readonly roomIdle: number;
  /** Frames from one member to one other: a handshake needs 66, the rest is for repeats. The server is no relay. */
  readonly framesPerPair: number;
  /** Bytes of frames kept for one lost connection until it is back: the first flights of 49 others. */
  readonly heldPerPlace: number;
  /** Bytes of frames kept for all lost connections together: a bound on memory. */
  readonly heldInAll: number;
}

/** What one address may do; an IPv6 address counts as its /64 network. Offices and schools share one address. */
export interface AddressLimits {
  /** Connections at a time. */
  readonly connections: number;
  /** New connections. */
  readonly connects: Rate;
  /** Attempts to join a room: slows down who walks through all nameplates. */
  readonly joins: Rate;
}

/** What the whole server keeps to. */
export interface Limits extends RoomLimits {
  /** Connections at a time: at some 10 KiB each a bound on memory. */
  readonly connections: number;
  /** One message on the wire; a frame of 16 KiB is 22 KiB as text under long-polling. */
  readonly messageBytes: number;
  /** How long a connection may be in no room. */
  readonly joinWithin: number;
  /** How long a connection that was told to go may take to hang up. */
  readonly hangUpWithin: number;
  /** How often overdue places, rooms and connections are looked for. */
  readonly sweepEvery: number;
  /** Packets that wait for a slow reader: with 16 KiB frames, which are two packets each, 2 MiB. */
  readonly backlog: number;
  /** Packets of one connection: a newcomer to a room of 50 sends some 800 at once. */
  readonly packets: Rate;
  /** Attempts of one connection to join a room. */
  readonly joins: Rate;
  /** Null: addresses are not counted. */
  readonly perAddress: AddressLimits | null;
}

/** The limits of a server that anybody may reach. */
export const LIMITS: Limits = {
  rooms: 10_000,
  grace: 10_000,
  roomIdle: 24 * 3_600_000,
  framesPerPair: 256,
  heldPerPlace: 65_536,
  heldInAll: 16_777_216,
  connections: 10_000,
  messageBytes: 65_536,
  joinWithin: 10_000,
  hangUpWithin: 2_000,
  sweepEvery: 1_000,
  backlog: 256,
  packets: { burst: 1_024, perSecond: 128 },
  joins: { burst: 16, perSecond: 1 },
  perAddress: {
    connections: 128,
    connects: { burst: 256, perSecond: 8 },
    joins: { burst: 256, perSecond: 8 },
  },
};

/** How full a bucket is. */
export interface Bucket {
  tokens: number;
  /** When `tokens` was right, in ms of any clock that does not go back. */
  at: number;
}

/** A full bucket. */
export function fullBucket(rate: Rate, now: number): Bucket {
  return { tokens: rate.burst, at: now };
}

/** Takes a token out of a bucket, which refills as time passes. False, and nothing taken, where there is none. */
export function takeToken(bucket: Bucket, rate: Rate, now: number): boolean {
  bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.at) / 1000) * rate.perSecond);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

/** A bucket per key, for a bounded number of keys: past it, the key unseen for longest is forgotten. */
export class KeyedBuckets {
  readonly #rate: Rate;
  readonly #maxKeys: number;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, maxKeys: number) {
    this.#rate = rate;
    this.#maxKeys = maxKeys;
  }

  /** Takes a token of a key; false where it has none left. */
  take(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? fullBucket(this.#rate, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#maxKeys) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return takeToken(bucket, this.#rate, now);
  }

  /** Forgets the keys whose buckets are full again: they are as good as new. */
  sweep(now: number): void {
    const fullAfter = (this.#rate.burst / this.#rate.perSecond) * 1000;
    for (const [key, bucket] of this.#buckets) {
      if (now - bucket.at < fullAfter) return;
      this.#buckets.delete(key);
    }
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#buckets.size;
  }
}

/**
 * What an IP address counts as: an IPv4 address as itself, also where it is mapped into IPv6, an IPv6 address as its
 * /64, since whoever has one address of such a network has them all (RFC 4291, section 2.5.4).
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === '' ? 0 : tail.split(':').length;
  while (groups.length + behind < 8) groups.push('0');
  return `${groups.slice(0, 4).join(':')}::/64`;
}
