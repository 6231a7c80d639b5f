/** How fast newcomers are greeted, whoever sends however many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Newcomers } from '../../peer/core/newcomers.ts';

test('of newcomers no more than five are greeted in any second, and none waits without need', () => {
  const arrivals = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(arrivals, (gaps) => {
      const newcomers = new Newcomers();
      const greeted: number[] = [];
      let came = 0;
      for (const [index, gap] of gaps.entries()) {
        came += gap;
        const now = Math.max(came, newcomers.nextAt(came, 0));
        newcomers.greet(`n${index}`, now);
        const before = greeted.at(-5);
        if (before !== undefined) assert.ok(now - before >= 1_000);
        if (now > came) assert.equal(now - (before ?? Number.NaN), 1_000);
        came = now;
        greeted.push(now);
      }
    }),
  );
});

test('while eight are greeted and have not answered nobody else is, and later he is thought of again', () => {
  const newcomers = new Newcomers();
  assert.equal(newcomers.nextAt(10_000, 7), 10_000);
  assert.ok(newcomers.nextAt(10_000, 8) > 10_000);
  newcomers.holdBack(true);
  assert.ok(newcomers.nextAt(10_000, 0) > 10_000);
});
