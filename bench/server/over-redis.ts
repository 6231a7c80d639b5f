/**
 * P4: two servers that share rooms through Redis, beside one. With few cores, pairings per second would only show what the
 * machine can do. So this compares the processor time of a pairing at full load with that of two servers that share
 * nothing but the core. With a core each, two such servers carry twice what one carries.
 */
import { createClient } from 'redis';
import { NO_REDIS, startRedis } from '../../test/signaling/redis-server.ts';
import type { Result } from '../measure.ts';
import { compare, spread } from '../measure.ts';
import { inTime } from '../program.ts';
import type { Extent } from './compare.ts';
import { APARTE_SIGNAL, RunningServer } from './contestant.ts';
import type { Enter } from './dialects.ts';
import type { Entrance } from './pairings.ts';
import { busy, quantile, times } from './pairings.ts';

/** Pairings per second of each server while pairings are timed, as a part of full load. */
const PART = 0.2;
/** Two servers that share nothing carry 2 times what one carries. Two that take this much longer carry 1.7 times. */
const LIMIT = 2 / 1.7;

/** What the rows show, or why there are none. */
export const ABOUT_REDIS =
  NO_REDIS === false
    ? 'two servers over Redis: at full load on one core, half of the pairs on one server, half across; at most ' +
      `${LIMIT.toFixed(2)} times the processor time of two that share nothing is 1.7 times as many pairings as one carries, ` +
      'if each server has a core and Redis another, which is calculated, not run'
    : `skipped: two servers over Redis: ${NO_REDIS}`;

/** Servers that are measured together. */
interface Group {
  readonly servers: readonly RunningServer[];
  readonly entrance: Entrance;
  /** The processor time of the servers per pairing, in ms. */
  readonly cpu: number[];
  /** The processor time of Redis per pairing, in ms. */
  readonly redis: number[];
  /** Times of pairings, in ms. */
  readonly took: number[];
}

/** The processor time of servers and Redis, and the time of pairings. No rows if Redis is not installed. */
export async function overRedis(extent: Extent): Promise<Result[]> {
  if (NO_REDIS !== false) return [];
  const ends: (() => Promise<void>)[] = [];
  try {
    const { url } = await startRedis({ after: (end) => void ends.push(end) });
    const groups = await startGroups(url, (server) => ends.push(() => server.stop()));
    const clock = await redisClock(url);
    ends.push(clock.close);
    for (const { entrance, servers } of groups) await busy(entrance, extent.warmUp * servers.length);
    for (let round = 0; round < extent.rounds; round += 1) {
      for (const group of groups) await measure(group, extent.pairings, clock.now);
    }
    const rate = (PART * 1_000) / spread(groups[0].cpu).median;
    for (const { entrance, servers, took } of groups) {
      took.push(...(await times(entrance, rate * servers.length, extent.timed)));
    }
    return rows(groups);
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

type Groups = readonly [alone: Group, strangers: Group, one: Group, two: Group];

function rows([alone, strangers, one, two]: Groups): Result[] {
  const ms = 'ms' as const;
  return [
    {
      name: 'P4 processor time of two servers over Redis for each pairing, at full load',
      unit: ms,
      ...compare('two that share nothing', two.cpu, strangers.cpu),
      limit: LIMIT,
    },
    { name: '   the same beside one without Redis', unit: ms, ...compare('one without', two.cpu, alone.cpu) },
    { name: '   the same beside one over Redis', unit: ms, ...compare('one over Redis', two.cpu, one.cpu) },
    { name: '   Redis itself, of two servers', unit: ms, ours: spread(two.redis) },
    ...[0.5, 0.99].map((part) => ({
      name: `   a pairing through two at ${PART} of what they can do, ${part === 0.5 ? 'median' : '99 of 100'}`,
      unit: ms,
      ...compare('one without', [quantile(two.took, part)], [quantile(alone.took, part)]),
    })),
  ];
}

/** One and two servers without Redis, and one and two with it. The single one has a database of its own. */
async function startGroups(url: string, started: (server: RunningServer) => void): Promise<Groups> {
  const group = async (count: number, ...flags: readonly string[]): Promise<Group> => {
    const servers: RunningServer[] = [];
    for (let each = 0; each < count; each += 1) {
      const server = await RunningServer.start(APARTE_SIGNAL, ...flags);
      started(server);
      servers.push(server);
    }
    return { servers, entrance: entranceTo(servers, flags.length > 0), cpu: [], redis: [], took: [] };
  };
  return [await group(1), await group(2), await group(1, '--redis', `${url}/1`), await group(2, '--redis', url)];
}

/**
 * Sends clients to the servers in turn, by the number of the room. `shared`: like a load balancer, so that all four ways
 * to meet come in turn. Otherwise both of a pair go to one server.
 */
function entranceTo(servers: readonly RunningServer[], shared: boolean): Entrance {
  const ports = servers.map(({ port }) => port);
  const port = ports[0] ?? 0;
  const enter: Enter = (target, place, which) => {
    const number = Number.parseInt(place.slice(1), 10);
    const turn = which === 2 && shared ? number >> 1 : number;
    return APARTE_SIGNAL.enter({ ...target, port: ports[turn % ports.length] ?? port }, place, which);
  };
  return { enter, port, servers: servers.length };
}

async function measure(group: Group, pairings: number, redisNow: () => Promise<number>): Promise<void> {
  const { servers, entrance } = group;
  const count = pairings * servers.length;
  const used = async () => sum((await Promise.all(servers.map((server) => server.usage()))).map(({ cpu }) => cpu));
  const [before, redisBefore] = [await used(), await redisNow()];
  await inTime('pairings at full load', busy(entrance, count));
  const [after, redisAfter] = [await used(), await redisNow()];
  group.cpu.push((after - before) / count);
  group.redis.push((redisAfter - redisBefore) / count);
}

/** Reads the processor time that Redis has used, in ms. */
async function redisClock(url: string): Promise<{ now: () => Promise<number>; close: () => Promise<void> }> {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  const now = async () => {
    const info = await client.info('cpu');
    return sum(
      Array.from(info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm), ([, seconds]) => Number(seconds) * 1_000),
    );
  };
  return { now, close: () => client.close() };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
