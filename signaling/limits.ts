/**
 * The limits of the server and the reason for each. Sizes are in bytes, times in ms. Limits that both ends of the wire
 * share (frame, card, nameplate, members) are in shared/limits.ts.
 */
import { MAX_MEMBERS } from '../shared/limits.ts';
import type { Rate } from './token-bucket.ts';

/** Limits of the rooms. */
export interface RoomLimits {
  /** Rooms at a time. Bounds memory. */
  readonly rooms: number;
  /** How long the slot of a lost connection is kept. */
  readonly grace: number;
  /** How long a room lives in which nobody comes, goes or sends. */
  readonly roomIdle: number;
  /** Frames from one member to one other. A handshake needs 66; the rest is for repeats. The server is no relay. */
  readonly framesPerPair: number;
  /** Bytes of frames kept for one lost connection until it is back: the first flights of 49 others. */
  readonly heldPerSlot: number;
  /** Bytes of frames kept for all lost connections together. Bounds memory. */
  readonly heldInAll: number;
}

/**
 * Limits per client address. An IPv6 address counts as its /64 network, and again as its /48 network with
 * {@link SITE_FACTOR} times the limits. They are generous because offices and schools share one address.
 */
export interface AddressLimits {
  /** Connections at a time. */
  readonly connections: number;
  /** New connections. HTTP requests have 32 times this rate. */
  readonly connects: Rate;
  /** Attempts to join a room. */
  readonly joins: Rate;
  /** Attempts to join a room by a nameplate that can be guessed. Stops clients that try all nameplates. */
  readonly guesses: Rate;
}

/** All limits of a server. */
export interface Limits extends RoomLimits {
  /** Connections at a time. Bounds memory, at about 10 KiB each. */
  readonly connections: number;
  /** Members of one room, whatever capacity its first member asks for. At most {@link MAX_MEMBERS}. */
  readonly members: number;
  /** One message on the wire. A frame of 16 KiB is 22 KiB as text under long-polling. */
  readonly messageBytes: number;
  /** All headers of one request, with its URL. Node looks at each header, so their number needs no limit. */
  readonly headerBytes: number;
  /** The URL of a request that opens a connection. Those of Engine.IO have less than a hundred bytes. */
  readonly urlBytes: number;
  /** Time for each of: the TLS handshake, the HTTP request, the Socket.IO connect packet, and the first join. */
  readonly joinWithin: number;
  /** A connection that answers no ping for this long is closed. */
  readonly silence: number;
  /** How long a connection that was told to close may take to do so. */
  readonly hangUpWithin: number;
  /** How often the server looks for expired slots, rooms and connections. */
  readonly sweepEvery: number;
  /**
   * Packets that wait for a slow reader. A frame is two packets, so 16 KiB frames make 2 MiB. The same number of pongs
   * may wait.
   */
  readonly backlog: number;
  /** Packets of one connection. A newcomer to a room of 50 sends about 800 at once. Pings and pongs have the same rate. */
  readonly packets: Rate;
  /** Bytes from one connection. The same newcomer sends about 3 MiB. */
  readonly bytes: Rate;
  /** Attempts of one connection to join a room. */
  readonly joins: Rate;
  /** Null: no limits per address. */
  readonly perAddress: AddressLimits | null;
}

/** The default limits, for a server that anybody can reach. */
export const LIMITS: Limits = {
  rooms: 10_000,
  grace: 10_000,
  roomIdle: 24 * 3_600_000,
  framesPerPair: 256,
  heldPerSlot: 65_536,
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
