/**
 * P4: two servers that share their rooms through Redis, beside one. On few cores clients and servers share them, so what
 * two at full load do in a second would show what the machine can do. Shown is the processor time of a pairing at full
 * load, beside that of two servers which share nothing but the same core: of those, each with a core of its own, two
 * carry twice what one does.
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

/** Pairings a second for each server while they are timed, as a part of what one can do: all have the same load. */
const PART = 0.2;
/** Two that share nothing carry 2 times one; two that take so many times as long for a pairing 1.7 times. */
const LIMIT = 2 / 1.7;

/** What the rows below show and what they do not, or why there are none. */
export const ABOUT_REDIS =
  NO_REDIS === false
    ? 'two servers over Redis: at full load on one core, half of the pairs on one server, half across; at most ' +
      `${LIMIT.toFixed(2)} times the processor time of two that share nothing is 1.7 times as many pairings as one carries, ` +
      'where each server has a core and Redis another, which is reckoned, not run'
    : `skipped: two servers over Redis: ${NO_REDIS}`;

/** Servers that are measured together. */
interface Group {
  readonly servers: readonly RunningServer[];
  readonly entrance: Entrance;
  /** The processor time that the servers took for a pairing, in ms. */
  readonly cpu: number[];
  /** That of Redis, in ms. */
  readonly redis: number[];
  /** Times of pairings, in ms. */
  readonly took: number[];
}

/** Processor time of servers and Redis, and how long pairings take. No rows where Redis is not installed. */
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

/** One without Redis, two, one with it, and two with it. The one with it has a number of its own, so that it is alone there. */
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
 * Sends clients to the servers in turn, by the number of the place. `shared`: as a balancer does, so that all four ways
 * to meet come in turn; else both of a pair to the same server.
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

/** Tells the processor time that Redis has used, in ms. */
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
