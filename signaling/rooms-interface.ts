/** What a server asks of the rooms, wherever they are kept: in its own memory, or where other servers use them, too. */
import type { FrameRequest, JoinRequest } from '../shared/signal-wire.ts';
import type { Order } from './memory-rooms.ts';

/** There at once, or later. Later may also mean a rejection: nobody knows then whether it was done. */
export type Eventually<T> = T | Promise<T>;

/**
 * The rooms, to one server. A client is named by a word that is used for one join, never for another. Each client's
 * requests are given one after the other, the next when the one before is answered. `now` is in ms of any clock that
 * does not go back; rooms that are shared have one of their own. What the methods do: see {@link Registry}.
 */
export interface Rooms {
  /** How many rooms and places there are, those of lost connections and of other servers included. */
  readonly stats: { readonly rooms: number; readonly members: number };
  join(client: string, request: JoinRequest, now: number): Eventually<Order<string>[]>;
  frame(client: string, request: FrameRequest, now: number): Eventually<Order<string>[]>;
  free(client: string, member: string, now: number): Eventually<Order<string>[]>;
  leave(client: string, now: number): Eventually<Order<string>[]>;
  lose(client: string, now: number): Eventually<Order<string>[]>;
  /** Rooms that are shared see to that themselves. */
  sweep(now: number): Order<string>[];
}

/** Rooms that are kept elsewhere cannot be reached. */
export class RoomsUnavailable extends Error {}

/** Goes on with a value: at once where it is there. `unavailable` is what to do where the rooms cannot be reached. */
export function after<T>(
  value: Eventually<T>,
  goOn: (value: T) => Eventually<void>,
  unavailable?: () => void,
): Eventually<void> {
  return value instanceof Promise ? later(value, goOn, unavailable) : goOn(value);
}

async function later<T>(
  value: Promise<T>,
  goOn: (value: T) => Eventually<void>,
  unavailable?: () => void,
): Promise<void> {
  let arrived: T;
  try {
    arrived = await value;
  } catch (error) {
    if (unavailable === undefined || !(error instanceof RoomsUnavailable)) throw error;
    unavailable();
    return;
  }
  await goOn(arrived);
}
