/**
 * P4: two servers that share their rooms through Redis, beside one. On few cores clients and servers share them, so two
 * at full load would show what the machine can do. Shown is what a pairing costs each process, at a part of the load.
 */
import { createClient } from 'redis';
import { NO_REDIS, startRedis } from '../../test/signaling/redis-server.ts';
import type { Result } from '../measure.ts';
import { compare, spread } from '../measure.ts';
import { inTime } from '../program.ts';
import type { Extent } from './compare.ts';
import { APARTE_SIGNAL, RunningServer } from './contestant.ts';
import type { Enter } from './dialects.ts';
import { busy, quantile, times } from './pairings.ts';

/** Pairings a second for each server, as a part of what one without Redis can do: all have the same load. */
const PART = 0.2;
/** Two servers carry 1.7 times one where the busier takes at most this part of what one takes for a pairing. */
const LIMIT = 0.588;

/** What the rows below show and what they do not, or why there are none. */
export const ABOUT_REDIS =
  NO_REDIS === false
    ? `two servers over Redis: each at ${PART} of what one can do, half of the pairs on one server, half across; ` +
      `at most ${LIMIT} of one's processor time on the busier is 1.7 times as many pairings where each server has a core ` +
      'and Redis another, which is reckoned, not run'
    : `skipped: two servers over Redis: ${NO_REDIS}`;

/** Servers that act as one. */
interface Group {
  readonly servers: readonly RunningServer[];
  /** The processor time that each of the servers took for a pairing of all, in ms. */
  readonly cpu: number[][];
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
    const [alone, one, two] = await startGroups(url, (server) => ends.push(() => server.stop()));
    await inTime('to warm up', busy(entrance(alone), extent.pairings));
    const rate = PART * (await inTime('the rate of one', busy(entrance(alone), extent.pairings)));
    const clock = await redisClock(url);
    ends.push(clock.close);
    for (const group of [one, two]) await inTime('to warm up', busy(entrance(group), extent.pairings));
    for (let round = 0; round < extent.rounds; round += 1) {
      for (const group of [alone, one, two]) {
        await measure(group, rate * group.servers.length, extent.timed / 2, clock.now);
      }
    }
    return rows(alone, one, two);
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

function rows(alone: Group, one: Group, two: Group): Result[] {
  const baseline = 'one without';
  const [busiest, both] = [two.cpu.map((each) => Math.max(...each)), two.cpu.map(sum)];
  const ms = 'ms' as const;
  return [
    {
      name: 'P4 processor time for each pairing: the busier of two servers over Redis',
      unit: ms,
      ...compare(baseline, busiest, alone.cpu.map(sum)),
      limit: LIMIT,
    },
    { name: '   the same beside one over Redis', unit: ms, ...compare('one over Redis', busiest, one.cpu.map(sum)) },
    { name: '   both servers together', unit: ms, ...compare(baseline, both, alone.cpu.map(sum)) },
    { name: '   Redis itself, of two servers', unit: ms, ours: spread(two.redis) },
    ...[0.5, 0.99].map((part) => ({
      name: `   a pairing through two at that load, ${part === 0.5 ? 'median' : '99 of 100'}`,
      unit: ms,
      ...compare(baseline, [quantile(two.took, part)], [quantile(alone.took, part)]),
    })),
  ];
}

/** One without Redis, one with it, and two with it. The one with it has a number of its own, so that it is alone there. */
async function startGroups(
  url: string,
  started: (server: RunningServer) => void,
): Promise<readonly [Group, Group, Group]> {
  const group = async (count: number, ...flags: readonly string[]): Promise<Group> => {
    const servers: RunningServer[] = [];
    for (let each = 0; each < count; each += 1) {
      const server = await RunningServer.start(APARTE_SIGNAL, ...flags);
      started(server);
      servers.push(server);
    }
    return { servers, cpu: [], redis: [], took: [] };
  };
  return [await group(1), await group(1, '--redis', `${url}/1`), await group(2, '--redis', url)];
}

/** Sends clients to the servers as a balancer does: by the number of the place, all four ways to meet come in turn. */
function entrance({ servers }: Group): Pick<RunningServer, 'enter' | 'port'> {
  const ports = servers.map(({ port }) => port);
  const port = ports[0] ?? 0;
  const enter: Enter = (target, place, which) => {
    const number = Number.parseInt(place.slice(1), 10);
    const turn = which === 1 ? number : number >> 1;
    return APARTE_SIGNAL.enter({ ...target, port: ports[turn % ports.length] ?? port }, place, which);
  };
  return { enter, port };
}

async function measure(group: Group, rate: number, duration: number, redisNow: () => Promise<number>): Promise<void> {
  const used = async () => await Promise.all(group.servers.map(async (server) => (await server.usage()).cpu));
  const [before, redisBefore] = [await used(), await redisNow()];
  const took = await times(entrance(group), rate, duration);
  const [after, redisAfter] = [await used(), await redisNow()];
  group.took.push(...took);
  group.cpu.push(after.map((cpu, index) => (cpu - (before[index] ?? 0)) / took.length));
  group.redis.push((redisAfter - redisBefore) / took.length);
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
