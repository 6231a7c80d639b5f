/** Retry delays: short after a short outage, bounded after a long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { retryPause } from '../../shared/backoff.ts';

test('a pause is at least half of its upper bound and at most all of it', () => {
  assert.deepEqual(
    [0, 3_000, 12_000, 60_000, 3_600_000].map((age) => retryPause(age, 0)),
    [250, 250, 1_000, 5_000, 7_500],
  );
  assert.equal(retryPause(12_000, 0.5), 1_500);
});

test('a pause is at most a sixth of the outage, 0.5 s for short outages and 15 s for long ones', () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.nat(1e9), chance, (age, random) => {
      const pause = retryPause(age, random);
      assert.ok(pause >= 250 && pause <= Math.min(15_000, Math.max(500, Math.ceil(age / 6))));
    }),
  );
});
