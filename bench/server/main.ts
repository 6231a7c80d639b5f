/**
 * Measures the rendezvous server beside a bare Socket.IO relay and the server of PeerJS, on loopback, in a few minutes:
 * `npm run bench:server [-- --json] [-- --quick]`. `--json` prints one JSON document. `--quick` only shows that it works.
 * Exits with 1 if a limit is missed, except with `--quick`, whose few runs prove nothing.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { isMissed, table } from '../report.ts';
import type { Extent } from './compare.ts';
import { pairings, waitingPeers } from './compare.ts';
import { moveAside, PINNED, peerjsServer } from './contestant.ts';
import { flood } from './flood.ts';
import { ABOUT_REDIS, overRedis } from './over-redis.ts';

const FULL: Extent = { peers: 10_000, warmUp: 1_000, pairings: 400, rounds: 7, timed: 5_000 };
const QUICK: Extent = { peers: 300, warmUp: 20, pairings: 20, rounds: 2, timed: 1_000 };

const { values } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } });
const extent = values.quick === true ? QUICK : FULL;
const machine = { node: process.version, cores: availableParallelism(), cpu: cpus()[0]?.model ?? 'unknown' };
moveAside();
const peerjs = await peerjsServer();
const others = typeof peerjs === 'string' ? [] : [peerjs];
const results = [
  ...(await waitingPeers(extent, others)),
  ...(await pairings(extent, others)),
  ...(await overRedis(extent)),
  ...(await flood(extent)),
];
const notes = [
  PINNED ? 'the server on one core, the load on the others' : 'server and load share what cores there are',
  ...(typeof peerjs === 'string' ? [`skipped: ${peerjs}`] : []),
  ABOUT_REDIS,
];
const text =
  values.json === true
    ? JSON.stringify({ machine, notes, results }, null, 2)
    : `Node ${machine.node} on ${machine.cores} cores of ${machine.cpu}; ${notes.join('; ')}\n${table(results)}`;
process.stdout.write(`${text}\n`);
if (values.quick !== true && results.some(isMissed)) process.exitCode = 1;
