/** How conversations end: nothing pending is passed off as delivered, nothing is waited for longer than was wished. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { hastened, INPUT_ENDED, interrupted, quit } from '../../peer/core/leaving.ts';
import { ready } from '../../peer/crypto/index.ts';
import { World } from './fake-network.ts';

before(ready);

function pair() {
  const world = new World();
  const alice = world.person('alice');
  const bob = world.person('bob');
  alice.start();
  bob.start();
  world.settle();
  return { world, alice, bob };
}

test('who leaves with something undelivered says so, and the other side does not take it for complete', () => {
  const { world, alice, bob } = pair();
  world.shows = false;
  alice.say('never shown');
  alice.quit();
  world.pass(10_000);
  assert.deepEqual(alice.errors, ['undelivered']);
  assert.equal(alice.end?.exit, 7);
  assert.deepEqual(bob.errors, ['peer-left']);
  assert.equal(bob.end?.exit, 7);
});

test('a later wish to leave hastens an earlier one and never delays it', () => {
  assert.equal(hastened(null, INPUT_ENDED), INPUT_ENDED);
  assert.deepEqual(hastened(quit(1_000, true), INPUT_ENDED), { reason: 'left', exit: 0, until: 4_000, asks: false });
  assert.deepEqual(hastened(INPUT_ENDED, quit(1_000, true)), { reason: 'left', exit: 0, until: 4_000, asks: false });
  const stopped = { reason: 'interrupted', exit: 130, until: 2_000, asks: false };
  assert.deepEqual(hastened(quit(1_000, false), interrupted(1_000)), stopped);
  assert.deepEqual(hastened(interrupted(1_000), quit(1_000, false)), stopped);
  const { world, alice, bob } = pair();
  bob.vanish();
  alice.say('pending');
  alice.quit();
  alice.give({ type: 'inputEnded' });
  world.pass(7_000);
  assert.equal(alice.end?.exit, 7);
});

test('an interruption stays one when the input ends behind it', () => {
  const { world, alice } = pair();
  alice.give({ type: 'interrupted' });
  alice.give({ type: 'inputEnded' });
  world.pass(5_000);
  assert.deepEqual(alice.end, { type: 'end', reason: 'interrupted', exit: 130 });
});

test('who only waits for delivery leaves when a path that was quiet comes back', () => {
  const { world, alice, bob } = pair();
  let held: Uint8Array[] | null = [];
  world.tamperFrame = (bytes, from) => {
    if (from !== bob || held === null) return [bytes];
    held.push(bytes);
    return [];
  };
  alice.say('last');
  alice.give({ type: 'inputEnded' });
  world.tamper = () => [];
  world.pass(4_500);
  assert.equal(alice.of('peer').at(-1)?.status, 'reconnecting');
  const late = held;
  held = null;
  const link = alice.linkInUse;
  for (const bytes of late) alice.give({ type: 'linkFrame', link, bytes });
  world.pass(10_000);
  assert.equal(alice.of('delivered').length, 1);
  assert.deepEqual(alice.end, { type: 'end', reason: 'left', exit: 0 });
  assert.equal(bob.end?.exit, 0);
});

test('what was taken over before anybody came has the same limits, and all of it arrives', () => {
  const world = new World();
  const alice = world.person('alice');
  alice.start();
  const text = 'x'.repeat(60_000);
  for (let i = 0; i < 80; i += 1) alice.say(text);
  const taken = alice.of('sent').length;
  assert.ok(taken < 80);
  assert.deepEqual(new Set(alice.errors), new Set(['outbox-full']));
  const bob = world.person('bob');
  bob.start();
  world.pass(1_000);
  assert.equal(bob.texts.length, taken);
  assert.equal(alice.of('delivered').length, taken);
});
