/** How conversations end: nothing pending counts as delivered, and nobody waits longer than they wished. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { hastened, INPUT_ENDED, interrupted, quit } from '../../peer/core/leaving.ts';
import { ready } from '../../peer/crypto/index.ts';
import { FakeNetwork } from './fake-network.ts';

before(ready);

function pair() {
  const network = new FakeNetwork();
  const alice = network.program('alice');
  const bob = network.program('bob');
  alice.start();
  bob.start();
  network.settle();
  return { network, alice, bob };
}

test('tells both sides that a text is undelivered when one of them leaves', () => {
  const { network, alice, bob } = pair();
  network.shows = false;
  alice.send('never shown');
  alice.quit();
  network.pass(10_000);
  assert.deepEqual(alice.errors, ['undelivered']);
  assert.equal(alice.end?.exit, 7);
  assert.deepEqual(bob.errors, ['peer-left']);
  assert.equal(bob.end?.exit, 7);
});

test('lets a later wish to leave hasten an earlier one, and never delay it', () => {
  assert.equal(hastened(null, INPUT_ENDED), INPUT_ENDED);
  assert.deepEqual(hastened(quit(1_000, true), INPUT_ENDED), { reason: 'left', exit: 0, until: 4_000, asks: false });
  assert.deepEqual(hastened(INPUT_ENDED, quit(1_000, true)), { reason: 'left', exit: 0, until: 4_000, asks: false });
  const stopped = { reason: 'interrupted', exit: 130, until: 2_000, asks: false };
  assert.deepEqual(hastened(quit(1_000, false), interrupted(1_000)), stopped);
  assert.deepEqual(hastened(interrupted(1_000), quit(1_000, false)), stopped);
  const { network, alice, bob } = pair();
  bob.vanish();
  alice.send('pending');
  alice.quit();
  alice.give({ type: 'inputEnded' });
  network.pass(7_000);
  assert.equal(alice.end?.exit, 7);
});

test('ends by an interruption even if the input ends after it', () => {
  const { network, alice } = pair();
  alice.give({ type: 'interrupted' });
  alice.give({ type: 'inputEnded' });
  network.pass(5_000);
  assert.deepEqual(alice.end, { type: 'end', reason: 'interrupted', exit: 130 });
});

test('leaves when a silent path comes back and everything is delivered over it', () => {
  const { network, alice, bob } = pair();
  let held: Uint8Array[] | null = [];
  network.tamperFrame = (bytes, from) => {
    if (from !== bob || held === null) return [bytes];
    held.push(bytes);
    return [];
  };
  alice.send('last');
  alice.give({ type: 'inputEnded' });
  network.tamper = () => [];
  network.pass(4_500);
  assert.equal(alice.of('peer').at(-1)?.status, 'reconnecting');
  const late = held;
  held = null;
  const link = alice.linkInUse;
  for (const bytes of late) alice.give({ type: 'linkFrame', link, bytes });
  network.pass(10_000);
  assert.equal(alice.of('delivered').length, 1);
  assert.deepEqual(alice.end, { type: 'end', reason: 'left', exit: 0 });
  assert.equal(bob.end?.exit, 0);
});

test('limits what is sent before anybody came as usual, and delivers all of it', () => {
  const network = new FakeNetwork();
  const alice = network.program('alice');
  alice.start();
  const text = 'x'.repeat(60_000);
  for (let i = 0; i < 80; i += 1) alice.send(text);
  const taken = alice.of('sent').length;
  assert.ok(taken < 80);
  assert.deepEqual(new Set(alice.errors), new Set(['outbox-full']));
  const bob = network.program('bob');
  bob.start();
  network.pass(1_000);
  assert.equal(bob.texts.length, taken);
  assert.equal(alice.of('delivered').length, taken);
});
