/** Ten thousand conversations over hostile links. */
import { test } from 'node:test';
import { hostileRun } from '../crypto/hostile-link.ts';

test('names every act of a hostile link and never shows a wrong message', () => {
  for (let seed = 0; seed < 10_000; seed++) hostileRun(seed, seed % 50 === 0);
});
