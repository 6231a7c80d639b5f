/** Ten thousand conversations over a hostile link. */
import { test } from 'node:test';
import { hostileRun } from '../crypto/hostile-link.ts';

test('whatever a hostile link does is named, and nothing wrong is ever shown', () => {
  for (let seed = 0; seed < 10_000; seed++) hostileRun(seed, seed % 50 === 0);
});
