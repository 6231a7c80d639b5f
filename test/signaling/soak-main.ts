/** Soaks the server: `npm run soak:server -- MINUTES`, after a warm-up of a third of that. */
import { soakServer } from './soak.ts';

const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > 0)) throw new Error('how many minutes?');
const { pairs, before, after } = await soakServer(20_000 * minutes, 60_000 * minutes);
const grown = (key: 'heap' | 'rss') => `${(before[key] / 1e6).toFixed(1)} MB, then ${(after[key] / 1e6).toFixed(1)} MB`;
process.stdout.write(`${pairs} pairs, all met\nheap ${grown('heap')}\nresident ${grown('rss')}\n`);
if (after.heap > 1.1 * before.heap || after.rss > 1.1 * before.rss) process.exitCode = 1;
// Connections that nobody ended would keep it alive.
process.exit();
