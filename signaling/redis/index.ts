/** Servers that share their rooms through Redis. */

import type { Cluster, ClusterEvents } from '../cluster.ts';
import type { Limits } from '../limits.ts';
import { CHANCE } from '../random.ts';
import { RedisAddresses } from './address-limits.ts';
import { RedisRooms } from './rooms.ts';
import { Store } from './store.ts';

/** What all keys begin with; the number is that of their layout and of the news (see `places.ts`). */
const PREFIX = 'aparte:3:';

/**
 * Joins the servers that share the Redis at `url`. `away` is told why Redis cannot be reached, in a word without
 * credentials, and null when it can be again. Throws `store-unreachable` where it cannot be from the start.
 */
export async function joinThroughRedis(
  url: string,
  limits: Limits,
  away: (cause: string | null) => void,
): Promise<Cluster> {
  let server: ClusterEvents = { perform: () => {}, startedOver: () => {} };
  let rooms: RedisRooms | null = null;
  const store = await Store.connect(url, PREFIX, limits, {
    away,
    orders: (rows) => rooms?.heard(rows),
    startedOver: () => {
      rooms?.clear();
      server.startedOver();
    },
    nameplates: () => new Set(rooms?.nameplates),
  });
  rooms = new RedisRooms(store, limits, CHANCE, (orders) => server.perform(orders));
  return {
    rooms,
    addresses: limits.perAddress === null ? null : new RedisAddresses(store, limits.perAddress),
    adapter: null,
    attach: async (events) => {
      server = events;
    },
    close: () => store.close(),
  };
}
