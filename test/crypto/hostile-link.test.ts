/** A link that drops, repeats, swaps, reflects, cuts, changes, mixes and invents frames. Thousands of runs are slow. */
import { test } from 'node:test';
import { hostileRun } from './hostile-link.ts';

test('names every act of a hostile link and never shows a wrong message', () => {
  for (let seed = 0; seed < 300; seed++) hostileRun(seed, seed % 20 === 0);
});
