/** How fast newcomers are greeted, whoever sends however many. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { ready } from '../../peer/crypto/index.ts';
import { Alone } from '../hostile/core-alone.ts';

before(ready);

test('greets at most five newcomers in any second, and makes none wait longer than that needs', () => {
  const arrivals = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(arrivals, (gaps) => {
      const alone = new Alone();
      alone.joined();
      const greeted: number[] = [];
      for (const gap of gaps) {
        alone.pass(gap);
        const ghost = alone.ghost();
        const came = alone.now;
        alone.came(ghost);
        while (alone.sent.at(-1)?.to !== ghost.id) alone.wake();
        const before = greeted.at(-5);
        if (before !== undefined) assert.ok(alone.now - before >= 1_000);
        if (alone.now > came) assert.equal(alone.now - (before ?? Number.NaN), 1_000);
        greeted.push(alone.now);
        alone.left(ghost);
      }
    }),
    { numRuns: 30 },
  );
});

test('greets nobody else while eight HELLOs are unanswered, and the next one when a member leaves', () => {
  const alone = new Alone();
  alone.joined();
  const ghosts = Array.from({ length: 9 }, () => alone.ghost());
  for (const ghost of ghosts) alone.came(ghost);
  alone.pass(4_000);
  assert.deepEqual(
    alone.sent.map(({ to }) => to),
    ghosts.slice(0, 8).map(({ id }) => id),
  );
  alone.left(ghosts[3] ?? assert.fail());
  assert.equal(alone.sent.at(-1)?.to, ghosts[8]?.id);
});

test('uses one HELLO for a card whose holder leaves and comes back', () => {
  const alone = new Alone();
  alone.joined();
  const ghost = alone.ghost();
  for (let visit = 0; visit < 3; visit += 1) {
    alone.came(ghost);
    alone.left(ghost);
  }
  assert.equal(alone.sent.length, 3);
  assert.equal(new Set(alone.sent.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size, 1);
});
