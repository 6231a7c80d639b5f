/** P4: our server beside the others, in one run: memory of who waits, pairings in a second, times and cost of one. */
import type { Result } from '../measure.ts';
import { compare, spread } from '../measure.ts';
import type { Contestant } from './contestant.ts';
import { APARTE_SIGNAL, BARE_BY_DEFAULT, BARE_RELAY, RunningServer } from './contestant.ts';
import { busy, quantile, times } from './pairings.ts';
import { memoryPerPeer } from './waiting.ts';

/** How much a bench does. */
export interface Extent {
  /** Peers that wait. */
  readonly peers: number;
  /** Pairings before those that count, and that count, of each server in each round. */
  readonly warmUp: number;
  readonly pairings: number;
  readonly rounds: number;
  /** How long pairings are timed at half load, in ms. */
  readonly timed: number;
}

/** Memory of a waiting peer, ours against the bare relay with clients as people write them, and the others. */
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

/** Pairings in a second, processor time of one, and how long one takes at half of what the server can do. */
export async function pairings(extent: Extent, others: readonly Contestant[]): Promise<Result[]> {
  const ours = await measure(APARTE_SIGNAL, extent);
  const results: Result[] = [];
  for (const each of [BARE_RELAY, ...others]) {
    const theirs = await measure(each, extent);
    const against = (of: (which: Measured) => readonly number[]) => compare(each.name, of(ours), of(theirs));
    results.push(
      {
        name: 'P4 time of the server for each pairing, at full load',
        unit: 'ms',
        ...against(({ share }) => share),
        // 0.8 times as many pairings in a second.
        ...(each === BARE_RELAY && { limit: 1.25 }),
      },
      { name: '   processor time of the server for each', unit: 'ms', ...against(({ cpu }) => cpu) },
      { name: '   a pairing at half load, median', unit: 'ms', ...against(({ half }) => [quantile(half, 0.5)]) },
      { name: '   a pairing at half load, 99 of 100', unit: 'ms', ...against(({ half }) => [quantile(half, 0.99)]) },
    );
  }
  return results;
}

interface Measured {
  /** A second by the pairings done in it, in ms. */
  readonly share: readonly number[];
  readonly cpu: readonly number[];
  /** Times of pairings at half load, in ms. */
  readonly half: readonly number[];
}

async function measure(contestant: Contestant, extent: Extent): Promise<Measured> {
  const server = await RunningServer.start(contestant);
  try {
    await busy(server, extent.warmUp);
    const [share, cpu]: [number[], number[]] = [[], []];
    for (let round = 0; round < extent.rounds; round++) {
      const before = await server.usage();
      share.push(1_000 / (await busy(server, extent.pairings)));
      const after = await server.usage();
      cpu.push((after.cpu - before.cpu) / extent.pairings);
    }
    const half = await times(server, 1_000 / spread(share).median / 2, extent.timed);
    return { share, cpu, half };
  } finally {
    await server.stop();
  }
}
