/** P4: our server beside others in one run: memory of a waiting peer, time and cost of a pairing. */
import type { Result } from '../measure.ts';
import { compare, spread } from '../measure.ts';
import type { Contestant } from './contestant.ts';
import { APARTE_SIGNAL, BARE_BY_DEFAULT, BARE_RELAY, RunningServer } from './contestant.ts';
import { busy, quantile, times } from './pairings.ts';
import { memoryPerPeer } from './waiting.ts';

/** The extent of a benchmark. */
export interface Extent {
  /** Waiting peers. */
  readonly peers: number;
  /** Pairings of each server before the measurement, and in each round of it. */
  readonly warmUp: number;
  readonly pairings: number;
  readonly rounds: number;
  /** How long pairings are timed at half load, in ms. */
  readonly timed: number;
}

/** The memory of a waiting peer: ours, bare relays, and others. */
export async function waitingPeers({ peers }: Extent, others: readonly Contestant[]): Promise<Result[]> {
  const ours = await memoryPerPeer(APARTE_SIGNAL, peers);
  const results: Result[] = [];
  for (const each of [BARE_BY_DEFAULT, BARE_RELAY, ...others]) {
    const theirs = await memoryPerPeer(each, peers);
    results.push({
      name: `P4 resident memory of one of ${peers} waiting peers`,
      unit: 'bytes',
      ...compare(each.name, [ours.rss], [theirs.rss]),
      ...(each === BARE_BY_DEFAULT && { limit: 0.7 }),
    });
    results.push({
      name: '   of that in objects of JavaScript',
      unit: 'bytes',
      ...compare(each.name, [ours.heap], [theirs.heap]),
    });
  }
  return results;
}

/** Pairings per second, the processor time of one, and how long one takes at half load. */
export async function pairings(extent: Extent, others: readonly Contestant[]): Promise<Result[]> {
  const [ours, ...theirs] = await measure([APARTE_SIGNAL, BARE_RELAY, ...others], extent);
  if (ours === undefined) throw new Error('nothing was measured');
  return theirs.flatMap(({ name, share, cpu, half }) => [
    {
      name: 'P4 time of the server for each pairing, at full load',
      unit: 'ms' as const,
      ...compare(name, ours.share, share),
      // 0.8 times as many pairings in a second.
      ...(name === BARE_RELAY.name && { limit: 1.25 }),
    },
    { name: '   processor time of the server for each', unit: 'ms' as const, ...compare(name, ours.cpu, cpu) },
    ...[0.5, 0.99].map((part) => ({
      name: `   a pairing at half load, ${part === 0.5 ? 'median' : '99 of 100'}`,
      unit: 'ms' as const,
      ...compare(name, [quantile(ours.half, part)], [quantile(half, part)]),
    })),
  ]);
}

/** The measurements of one server. */
interface Measured {
  readonly name: string;
  readonly server: RunningServer;
  /** A second divided by the pairings in it, in ms. */
  readonly share: number[];
  readonly cpu: number[];
  /** Times of pairings at half load, in ms. */
  readonly half: number[];
}

/** Measures servers in turn, so that all meet the same conditions. */
async function measure(contestants: readonly Contestant[], extent: Extent): Promise<Measured[]> {
  const all: Measured[] = [];
  try {
    for (const each of contestants) {
      const server = await RunningServer.start(each);
      all.push({ name: each.name, server, share: [], cpu: [], half: [] });
      await busy(server, extent.warmUp);
    }
    for (let round = 0; round < extent.rounds; round++) {
      for (const { server, share, cpu } of all) {
        const before = await server.usage();
        share.push(1_000 / (await busy(server, extent.pairings)));
        const after = await server.usage();
        cpu.push((after.cpu - before.cpu) / extent.pairings);
      }
    }
    for (const { server, share, half } of all)
      half.push(...(await times(server, 500 / spread(share).median, extent.timed)));
    return all;
  } finally {
    for (const { server } of all) await server.stop();
  }
}
