/** Lets several servers share rooms and limits through Redis. */
import type { Limits } from '../limits.ts';
import type { Cluster, ClusterEvents } from '../rooms-interface.ts';
import { SYSTEM_RANDOM } from '../rooms-interface.ts';
import { RedisAddressLimits } from './address-limits.ts';
import { RedisConnection } from './connection.ts';
import { RedisRooms } from './rooms.ts';

/** The prefix of all keys. The number is the version of their layout and of the news (`lua-room-steps.ts`). */
const PREFIX = 'aparte:3:';

/**
 * Joins the servers that share the Redis at `url`. `away` is called with the cause, without credentials, when Redis
 * cannot be reached, and with null when it can again. Throws `store-unreachable` if it cannot be reached now.
 */
export async function joinThroughRedis(
  url: string,
  limits: Limits,
  away: (cause: string | null) => void,
): Promise<Cluster> {
  let server: ClusterEvents = { perform: () => {}, startedOver: () => {} };
  let rooms: RedisRooms | null = null;
  const connection = await RedisConnection.open(url, PREFIX, limits, {
    away,
    news: (rows) => rooms?.hear(rows),
    startedOver: () => {
      rooms?.clear();
      server.startedOver();
    },
    nameplates: () => new Set(rooms?.nameplates),
  });
  rooms = new RedisRooms(connection, limits, SYSTEM_RANDOM, (orders) => server.perform(orders));
  return {
    rooms,
    addresses: limits.perAddress === null ? null : new RedisAddressLimits(connection, limits.perAddress),
    attach: (events) => {
      server = events;
    },
    close: () => connection.close(),
  };
}
