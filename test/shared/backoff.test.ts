/** The pauses between tries: short behind a short outage, bounded behind a long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { retryPause } from '../../shared/backoff.ts';

test('a pause is between half of and all of what its age allows', () => {
  assert.deepEqual(
    [0, 3_000, 12_000, 60_000, 3_600_000].map((age) => retryPause(age, 0)),
    [250, 250, 1_000, 5_000, 7_500],
  );
  assert.equal(retryPause(12_000, 0.5), 1_500);
});

test('whatever the chance, behind an outage of any length the next try comes within a sixth of it, half a second at least, 15 s at most', () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.nat(1e9), chance, (age, random) => {
      const pause = retryPause(age, random);
      assert.ok(pause >= 250 && pause <= Math.min(15_000, Math.max(500, Math.ceil(age / 6))));
    }),
  );
});
