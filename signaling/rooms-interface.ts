/** The interface between a server and its rooms, whether they are in its own memory or shared with other servers. */
import { randomBytes, randomInt } from 'node:crypto';
import type { FrameRequest, JoinRequest, Member, Refusal, RefusalCode, Welcome } from '../shared/signal-wire.ts';

/** Something the rooms want done for one client. Orders are performed in the order in which they are given. */
export type RoomOrder =
  /** Acknowledge its join. */
  | { readonly type: 'answer'; readonly to: string; readonly answer: Welcome | Refusal }
  /** Tell it that a member came into its room. */
  | { readonly type: 'came'; readonly to: string; readonly member: Member }
  /** Tell it that the slot of a member was freed. */
  | { readonly type: 'left'; readonly to: string; readonly member: string }
  /** Give it a frame. */
  | { readonly type: 'frame'; readonly to: string; readonly from: string; readonly data: Uint8Array }
  /** Tell it what went wrong. */
  | { readonly type: 'fault'; readonly to: string; readonly error: RefusalCode }
  /** Tell it what went wrong and disconnect it. It has no slot any more. */
  | { readonly type: 'drop'; readonly to: string; readonly error: RefusalCode };

/** A value that may be there already. A rejection with {@link RoomsUnavailable} leaves open whether it was done. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Rooms, as one server uses them. A client is named by a string that is used for one join and never again. A client's
 * requests come one at a time: the next one comes after the answer to the one before. `now` is in ms of any clock that
 * does not go back; shared rooms use a clock of their own.
 */
export interface Rooms {
  /** The number of rooms and of slots, with those of lost connections and of other servers. */
  readonly stats: { readonly rooms: number; readonly members: number };
  /** A client without a slot asks to join or to resume. The first order about it is the answer. */
  join(client: string, request: JoinRequest, now: number): Awaitable<RoomOrder[]>;
  /** A client sends a frame to a member of its room. */
  frame(client: string, request: FrameRequest, now: number): Awaitable<RoomOrder[]>;
  /** A client asks to free the slot of a member who came after it. */
  free(client: string, member: string, now: number): Awaitable<RoomOrder[]>;
  /** A client leaves its room. */
  leave(client: string, now: number): Awaitable<RoomOrder[]>;
  /** A client's connection is lost. Its slot is kept for the grace time. */
  lose(client: string, now: number): Awaitable<RoomOrder[]>;
  /** Frees slots and rooms that have expired. Shared rooms do this by themselves. */
  sweep(now: number): RoomOrder[];
}

/** Several servers, or several processes of one server, that share rooms and limits. */
export interface Cluster {
  readonly rooms: Rooms;
  /** Null: addresses are not counted. */
  readonly addresses: SharedAddressLimits | null;
  /** Sets who is told of what other servers cause. To be called once, before any client is let in. */
  attach(events: ClusterEvents): void;
  /** Leaves the cluster. The slots of this server's clients are kept for the grace time. Never rejects. */
  close(): Promise<void>;
}

/** Limits per address that hold for all servers together. The methods are those of `AddressLimiter`. */
export interface SharedAddressLimits {
  connected(address: string): Promise<'limit' | 'rate' | null>;
  disconnected(address: string): void;
  /** Rejects with {@link RoomsUnavailable} if the other servers cannot be asked. */
  join(address: string, nameplate: string | null): Promise<'rate' | 'guesses' | null>;
}

/** What a cluster tells a server that did not ask. */
export interface ClusterEvents {
  /** Orders for clients of this server, caused by other servers. */
  perform(orders: RoomOrder[]): void;
  /** All slots of this server's clients are void. The clients must disconnect and may come back at once. */
  startedOver(): void;
}

/** Shared rooms cannot be reached. */
export class RoomsUnavailable extends Error {}

/** A source of random values. */
export interface RandomSource {
  /** A random integer, at least 0 and less than `below`. */
  integer(below: number): number;
  /** A new resume token that nobody can guess: `[A-Za-z0-9_-]`, at most 64 characters. */
  token(): string;
}

/** The random source of the operating system. Tokens have 144 bits. */
export const SYSTEM_RANDOM: RandomSource = {
  integer: (below) => randomInt(below),
  token: () => randomBytes(18).toString('base64url'),
};

/**
 * Passes a value on: at once if it is there, else when it arrives. `unavailable` is called instead if the rooms cannot
 * be reached; without it that rejects.
 */
export function whenReady<T>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<void>,
  unavailable?: () => void,
): Awaitable<void> {
  return value instanceof Promise ? passOn(value, next, unavailable) : next(value);
}

async function passOn<T>(value: Promise<T>, next: (value: T) => Awaitable<void>, unavailable?: () => void) {
  let arrived: T;
  try {
    arrived = await value;
  } catch (error) {
    if (unavailable === undefined || !(error instanceof RoomsUnavailable)) throw error;
    unavailable();
    return;
  }
  await next(arrived);
}
