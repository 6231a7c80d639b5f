/** `npm run soak -- MINUTES [SEED]`: two programs talk through faults of real networks, and every message is checked. */
import { missing } from './network.ts';
import { soak } from './soak.ts';

/** A soak of at least so many minutes must have had so many outages. */
const MINUTES = 6;
const OUTAGES = 20;
/** Limit for the memory at the end, as a multiple of the memory after the warm-up. */
const GROWTH = 1.1;

const minutes = Number(process.argv[2] ?? MINUTES);
const seed = Number(process.argv[3] ?? 1);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error('usage: npm run soak -- MINUTES [SEED]');
const reason = missing();
if (reason !== null) throw new Error(reason);

const { messages, faults, outages, healing, memory } = await soak(minutes, seed, (line) => console.log(line));
const megabytes = (values: readonly number[]) => values.map((value) => `${(value / 1e6).toFixed(1)} MB`).join(', ');
const quantile = (part: number) => healing[Math.floor(part * (healing.length - 1))];
console.log(
  `${messages} messages each way through ${outages} outages (${faults} faults, seed ${seed}): all arrived once, in order`,
);
console.log(`healed after ${quantile(0.5)} ms (median), ${quantile(0.9)} ms (9 in 10), ${quantile(1)} ms (longest)`);
console.log(`memory: ${megabytes(memory.before)} before, ${megabytes(memory.after)} after`);
if (minutes >= MINUTES && outages < OUTAGES) throw new Error(`only ${outages} outages`);
if (memory.after.some((after, index) => after > GROWTH * (memory.before[index] ?? 0)))
  throw new Error('memory has grown');
