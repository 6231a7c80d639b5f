/** How fast newcomers are greeted, however many come. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { ready } from '../../peer/crypto/index.ts';
import { LoneProgram } from '../hostile/lone-program.ts';

before(ready);

test('greets at most five newcomers in any second, and makes none wait longer than that needs', () => {
  const arrivals = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(arrivals, (gaps) => {
      const program = new LoneProgram();
      program.joined();
      const greeted: number[] = [];
      for (const gap of gaps) {
        program.pass(gap);
        const ghost = program.ghost();
        const came = program.now;
        program.came(ghost);
        while (program.sent.at(-1)?.to !== ghost.id) program.wake();
        const fifthLast = greeted.at(-5);
        if (fifthLast !== undefined) assert.ok(program.now - fifthLast >= 1_000);
        if (program.now > came) assert.equal(program.now - (fifthLast ?? Number.NaN), 1_000);
        greeted.push(program.now);
        program.left(ghost);
      }
    }),
    { numRuns: 30 },
  );
});

test('greets nobody else while eight HELLOs are unanswered, and the next one when a member leaves', () => {
  const program = new LoneProgram();
  program.joined();
  const ghosts = Array.from({ length: 9 }, () => program.ghost());
  for (const ghost of ghosts) program.came(ghost);
  program.pass(4_000);
  assert.deepEqual(
    program.sent.map(({ to }) => to),
    ghosts.slice(0, 8).map(({ id }) => id),
  );
  program.left(ghosts[3] ?? assert.fail());
  assert.equal(program.sent.at(-1)?.to, ghosts[8]?.id);
});

test('uses one HELLO for a card whose holder leaves and comes back', () => {
  const program = new LoneProgram();
  program.joined();
  const ghost = program.ghost();
  for (let visit = 0; visit < 3; visit += 1) {
    program.came(ghost);
    program.left(ghost);
  }
  assert.equal(program.sent.length, 3);
  assert.equal(new Set(program.sent.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size, 1);
});
