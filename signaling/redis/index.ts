/** Servers that share their rooms through Redis. */
import { CHANCE } from '../chance.ts';
import type { Cluster, ClusterEvents } from '../cluster.ts';
import type { Limits } from '../limits.ts';
import { RedisAddresses } from './addresses.ts';
import { ordersFor, RedisRooms } from './rooms.ts';
import { Store } from './store.ts';
import { streamsOver } from './streams.ts';

/** What all keys begin with; the number is that of their layout (see `places.ts`). */
const PREFIX = 'aparte:1:';

/**
 * Joins the servers that share the Redis at `url`. `away` is told why Redis cannot be reached, in a word without
 * credentials, and null when it can be again. Throws `store-unreachable` where it cannot be from the start.
 */
export async function joinThroughRedis(
  url: string,
  limits: Limits,
  away: (cause: string | null) => void,
): Promise<Cluster> {
  const nameplates = new Map<string, string>();
  let server: ClusterEvents = { perform: () => {}, startedOver: () => {} };
  const store = await Store.connect(url, PREFIX, limits, {
    away,
    // Their receivers are named in them.
    orders: (rows) => server.perform(ordersFor('', rows)),
    startedOver: () => {
      nameplates.clear();
      server.startedOver();
    },
    nameplates: () => new Set(nameplates.values()),
  });
  const streams = streamsOver(store, `${PREFIX}stream`);
  return {
    rooms: new RedisRooms(store, CHANCE, nameplates, (orders) => server.perform(orders)),
    addresses: limits.perAddress === null ? null : new RedisAddresses(store, limits.perAddress),
    adapter: streams.adapter,
    attach: async (events) => {
      server = events;
      await streams.reading;
    },
    close: async () => {
      streams.close();
      await store.close();
    },
  };
}
