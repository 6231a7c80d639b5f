/**
 * Every limit of the server, with its reason, and the token bucket that rates are kept with. Sizes in bytes, times
 * in ms. What both ends of the wire must agree on (frame, card, nameplate, members) is in shared/limits.ts.
 */

import { MAX_MEMBERS } from '../shared/limits.ts';

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

/**
 * What one address may do; an IPv6 address counts as its /64 network, and once more, {@link SITE} times as much, as its
 * /48. Offices and schools share one address.
 */
export interface AddressLimits {
  /** Connections at a time. */
  readonly connections: number;
  /** New connections, and so many times 32 requests over HTTP. */
  readonly connects: Rate;
  /** Attempts to join a room. */
  readonly joins: Rate;
  /** Attempts to join a room that was named, by a name that can be guessed: stops who walks through all nameplates. */
  readonly guesses: Rate;
}

/** What the whole server keeps to. */
export interface Limits extends RoomLimits {
  /** Connections at a time: at some 10 KiB each a bound on memory. */
  readonly connections: number;
  /** Members of one room, at most {@link MAX_MEMBERS}, whatever its opener asks for. */
  readonly members: number;
  /** One message on the wire; a frame of 16 KiB is 22 KiB as text under long-polling. */
  readonly messageBytes: number;
  /** All headers of one request, its URL included; more are refused. However many they are, each is looked at. */
  readonly headerBytes: number;
  /** The URL of a request to open a connection: those of Engine.IO have less than a hundred. */
  readonly urlBytes: number;
  /**
   * How long a connection may take for a TLS handshake, for a request, to introduce itself, and may be in no room: each
   * of them.
   */
  readonly joinWithin: number;
  /** A connection that does not even answer pings for so long is dead. */
  readonly silence: number;
  /** How long a connection that was told to go may take to hang up. */
  readonly hangUpWithin: number;
  /** How often overdue places, rooms and connections are looked for. */
  readonly sweepEvery: number;
  /**
   * Packets that wait for a slow reader: with 16 KiB frames, which are two packets each, 2 MiB. So many answers to
   * WebSocket pings, of 127 bytes at most, may wait as well.
   */
  readonly backlog: number;
  /** Packets of one connection: a newcomer to a room of 50 sends some 800 at once. WebSocket pings and pongs: as many. */
  readonly packets: Rate;
  /** Bytes from one connection: the same newcomer sends some 3 MiB. */
  readonly bytes: Rate;
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
  members: MAX_MEMBERS,
  messageBytes: 65_536,
  headerBytes: 8_192,
  urlBytes: 1_024,
  joinWithin: 10_000,
  silence: 15_000,
  hangUpWithin: 2_000,
  sweepEvery: 1_000,
  backlog: 256,
  packets: { burst: 1_024, perSecond: 128 },
  bytes: { burst: 4_194_304, perSecond: 262_144 },
  joins: { burst: 16, perSecond: 1 },
  perAddress: {
    connections: 128,
    connects: { burst: 256, perSecond: 8 },
    joins: { burst: 256, perSecond: 8 },
    guesses: { burst: 120, perSecond: 2 },
  },
};

/** A /48 is what one customer gets (RFC 6177), of 65,536 networks: they have so many times what one of them has. */
export const SITE = 8;
/** Characters from which on a nameplate is nothing to guess: the rooms that people meet in again have 26 by chance. */
const UNGUESSABLE = 16;

/** Whether a join of this room may be a guess; null stands for a room that the server is to name. */
export function isGuess(nameplate: string | null): boolean {
  return nameplate !== null && nameplate.length < UNGUESSABLE;
}

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

/** Takes tokens out of a bucket, which refills as time passes. False, and nothing taken, where there are too few. */
export function takeToken(bucket: Bucket, rate: Rate, now: number, count = 1): boolean {
  bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.at) / 1000) * rate.perSecond);
  bucket.at = now;
  if (bucket.tokens < count) return false;
  bucket.tokens -= count;
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
  return mappedIpv4(address) ?? (address.includes(':') ? network(address, 64) : address);
}

/** What an IPv6 address counts as besides: its /48. Null for an IPv4 address. */
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
