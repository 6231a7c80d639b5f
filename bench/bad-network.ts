/**
 * Measures the program and a raw wrtc data channel on a bad network: packet loss, an unplugged cable, a new address.
 * Both run between the same two hosts of the fault lab and need the same tools. nftables drops packets but does not delay
 * them: netem, which could do both, is missing from many kernels.
 */
import { missing } from '../test/lab/network.ts';
import type { RecordedProgram } from '../test/lab/recorded-program.ts';
import { Scene } from '../test/lab/server-scene.ts';
import type { Result } from './measure.ts';
import { compare, spread } from './measure.ts';
import { BASELINE } from './program.ts';

/** Percent of all packets lost, each way. */
const LOSSES = [0, 1, 10];
/** Characters of a text in the throughput rows and in the round trip rows. */
const LONG = 16_000;
const SHORT = 64;
/** How long (ms) the cable is unplugged: long enough to be noticed, and too short for wrtc to give up. */
const CABLE_OUT = 6_000;

/** How much is measured. */
export interface Extent {
  readonly runs: number;
  /** Per run: long texts in each direction, and round trips of a short text. */
  readonly texts: number;
  readonly trips: number;
}

/** Two connected programs. */
interface Pair {
  readonly ann: RecordedProgram;
  readonly ben: RecordedProgram;
}

/**
 * Measures ours and the raw channel in turn, over one connection each. Returns the reason as a string if this machine
 * cannot run the fault lab.
 */
export async function badNetwork(extent: Extent): Promise<Result[] | string> {
  const reason = missing();
  if (reason !== null) return reason;
  const scene = new Scene();
  try {
    const { ann, ben } = scene.hosts;
    await scene.startServer();
    const pairs = [await scene.pair(), await rawPair(scene)] as const;
    const results: Result[] = [];
    for (const percent of LOSSES) {
      for (const host of [ann, ben]) host.lose(percent);
      results.push(...(await lossy(pairs, percent, extent)));
    }
    for (const host of [ann, ben]) host.lose(0);
    results.push(await pulled(scene, pairs, extent), await moved(scene, pairs[0], extent));
    return results;
  } finally {
    await scene.close();
  }
}

/** Two programs with nothing but a data channel between them. */
async function rawPair(scene: Scene): Promise<Pair> {
  const start = (name: 'ann' | 'ben', role: string) =>
    scene.run(scene.hosts[name], [process.execPath, `${BASELINE}lines.js`, role]);
  const [ann, ben] = [start('ann', 'offer'), start('ben', 'answer')];
  ben.give(await ann.event('description'));
  ann.give(await ben.event('description'));
  await Promise.all([ann, ben].map((talker) => talker.event('open')));
  return { ann, ben };
}

async function lossy(pairs: readonly [Pair, Pair], percent: number, extent: Extent): Promise<Result[]> {
  const { runs, texts, trips } = extent;
  const times: { bulk: number[]; median: number[]; late: number[] }[] = pairs.map(() => ({
    bulk: [],
    median: [],
    late: [],
  }));
  for (let run = 0; run < runs; run++) {
    for (const [index, pair] of pairs.entries()) {
      times[index]?.bulk.push(await bulk(pair, texts));
      const sorted = (await roundTrips(pair, trips)).sort((a, b) => a - b);
      times[index]?.median.push(spread(sorted).median);
      times[index]?.late.push(sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN);
    }
  }
  const row = (what: string, kind: 'bulk' | 'median' | 'late'): Result => {
    const [ours, raw] = times.map((each) => each[kind]);
    return {
      name: `${percent} % lost: ${what}`,
      unit: 'ms',
      ...compare('raw wrtc data channel', ours ?? [], raw ?? []),
    };
  };
  return [
    row(`${(texts * LONG) / 1e6} MB each way, acknowledged`, 'bulk'),
    row('round trip, median', 'median'),
    row('round trip, 95 in 100', 'late'),
  ];
}

/** Sends long texts both ways at once. Returns the time in ms until each side knows that all were delivered. */
async function bulk({ ann, ben }: Pair, texts: number): Promise<number> {
  const due = [ann, ben].map((talker) => talker.delivered + texts);
  const text = 'x'.repeat(LONG);
  const start = performance.now();
  for (let count = 0; count < texts; count++) for (const talker of [ann, ben]) talker.say(text);
  await Promise.all(
    [ann, ben].map((talker, index) => talker.until('delivery', () => talker.delivered >= (due[index] ?? 0))),
  );
  return performance.now() - start;
}

/** Sends a short text there and back, again and again. Returns the times in ms. */
async function roundTrips({ ann, ben }: Pair, trips: number): Promise<number[]> {
  const times: number[] = [];
  const text = 'x'.repeat(SHORT);
  for (let trip = 0; trip < trips; trip++) {
    const start = performance.now();
    await heard(ann, ben, text);
    await heard(ben, ann, text);
    times.push(performance.now() - start);
  }
  return times;
}

/** Sends a text and waits until it has arrived. */
async function heard(from: RecordedProgram, to: RecordedProgram, text: string): Promise<void> {
  const before = to.texts.length;
  from.say(text);
  await to.until('text', () => to.texts.length > before);
}

/** Measures the time (ms) from plugging a cable in again until the texts sent meanwhile have arrived. */
async function pulled(scene: Scene, pairs: readonly [Pair, Pair], { runs }: Extent): Promise<Result> {
  const times: number[][] = pairs.map(() => []);
  for (let run = 0; run < runs; run++) {
    for (const [index, pair] of pairs.entries()) {
      scene.hosts.ben.unplug();
      const messages = Promise.all([heard(pair.ann, pair.ben, 'meanwhile'), heard(pair.ben, pair.ann, 'meanwhile')]);
      await new Promise((resolve) => setTimeout(resolve, CABLE_OUT));
      scene.hosts.ben.plug();
      const back = performance.now();
      await messages;
      times[index]?.push(performance.now() - back);
    }
  }
  const name = `cable out for ${CABLE_OUT / 1_000} s: from its return to the texts of meanwhile`;
  return { name, unit: 'ms', ...compare('raw wrtc data channel', times[0] ?? [], times[1] ?? []) };
}

/** Measures the time (ms) from a change of address until texts arrive both ways. A raw channel never recovers: no baseline. */
async function moved(scene: Scene, { ann, ben }: Pair, { runs }: Extent): Promise<Result> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    scene.hosts.ben.move(`203.0.113.${100 + run}`);
    const start = performance.now();
    await Promise.all([heard(ann, ben, 'where?'), heard(ben, ann, 'here')]);
    times.push(performance.now() - start);
  }
  return { name: 'another address: from the change to the next texts', unit: 'ms', ours: spread(times) };
}
