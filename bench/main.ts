/**
 * Measures each performance promise against a baseline in the same run: `npm run bench [-- --json] [-- --quick]`.
 * `--json` prints one JSON document. `--quick` runs just enough to show that every bench works. Exits with 1 if a limit
 * is missed, except with `--quick`, which has too few runs to judge by.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { badNetwork } from './bad-network.ts';
import { connectedChat } from './chat.ts';
import { cryptoCosts } from './crypto.ts';
import { firstText } from './first-text.ts';
import { makeHomes } from './homes.ts';
import type { Result } from './measure.ts';
import { isMissed, table } from './report.ts';
import { roundTrip } from './round-trip.ts';
import { coldStart } from './start.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } });
const runs = (count: number): number => (values.quick === true ? 2 : count);
const homes = makeHomes();
const results: Result[] = [];
/** Benches that this machine cannot run, with the reason. */
const skipped: string[] = [];
try {
  results.push(...(await firstText(runs(15), homes)));
  results.push(...(await roundTrip(runs(7), values.quick === true ? 1 : 3)));
  results.push(await coldStart(runs(15)));
  results.push(...(await connectedChat(runs(3), homes)));
  results.push(...(await cryptoCosts(runs(15))));
  const extent = values.quick === true ? { runs: 1, texts: 20, trips: 10 } : { runs: 3, texts: 100, trips: 50 };
  const bad = await badNetwork(extent);
  if (typeof bad === 'string') skipped.push(`bad networks: ${bad}`);
  else results.push(...bad);
} finally {
  homes.remove();
}
const machine = { node: process.version, cores: availableParallelism(), cpu: cpus()[0]?.model ?? 'unknown' };
const text =
  values.json === true
    ? JSON.stringify({ machine, results, skipped }, null, 2)
    : `Node ${machine.node} on ${machine.cores} cores of ${machine.cpu}\n${table(results)}${skipped.map((each) => `\nnot measured: ${each}`).join('')}`;
process.stdout.write(`${text}\n`);
if (values.quick !== true && results.some(isMissed)) process.exitCode = 1;
