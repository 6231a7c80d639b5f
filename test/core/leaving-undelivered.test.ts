/** Leaving while a text is undelivered: the user is asked or told, and never left in the dark. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { MAX_OUTBOX_MESSAGES } from '../../peer/core/delivery.ts';
import { ready } from '../../peer/crypto/index.ts';
import { FakeNetwork } from './fake-network.ts';
import type { FakeProgram } from './fake-program.ts';

before(ready);

function apart() {
  const network = new FakeNetwork();
  const [alice, bob] = [network.program('alice'), network.program('bob')];
  for (const program of [alice, bob]) program.start();
  network.settle();
  network.unplug(bob);
  return { network, alice, bob };
}

const ask = (program: FakeProgram) => program.give({ type: 'command', command: { type: 'quit', ask: true } });

test('asks once before it leaves with an undelivered text, if the user wants to be asked', () => {
  const { network, alice } = apart();
  alice.send('wait for me');
  network.pass(10_000);
  ask(alice);
  assert.deepEqual(alice.errors, ['not-delivered']);
  assert.equal(alice.of('error')[0]?.fatal, false);
  assert.equal(alice.ended, false);
  ask(alice);
  assert.deepEqual(alice.errors, ['not-delivered', 'undelivered']);
  assert.deepEqual(alice.end, { type: 'end', reason: 'undelivered', exit: 7 });
});

test('waits a moment for texts on their way before it asks', () => {
  const { network, alice, bob } = apart();
  alice.send('on its way');
  ask(alice);
  network.pass(1_000);
  assert.deepEqual(alice.errors, []);
  network.plug(bob, true);
  network.pass(1_000);
  assert.deepEqual(bob.texts, ['on its way']);
  assert.deepEqual(alice.end, { type: 'end', reason: 'left', exit: 0 });
});

test('asks after that moment, and again about texts that were sent since', () => {
  const { network, alice, bob } = apart();
  alice.send('one');
  ask(alice);
  network.pass(3_000);
  assert.deepEqual(alice.errors, ['not-delivered']);
  alice.send('two');
  network.pass(5_000);
  ask(alice);
  assert.deepEqual(alice.errors, ['not-delivered', 'not-delivered']);
  network.plug(bob, true);
  network.pass(5_000);
  assert.deepEqual(bob.texts, ['one', 'two']);
  assert.equal(alice.ended, false);
  ask(alice);
  network.settle();
  assert.equal(alice.end?.exit, 0);
});

test('tells a script, which it does not ask', () => {
  const { network, alice } = apart();
  alice.send('wait for me');
  network.pass(10_000);
  alice.quit();
  assert.deepEqual(alice.errors, ['undelivered']);
  assert.deepEqual(alice.end, { type: 'end', reason: 'undelivered', exit: 7 });
});

test('refuses more than the outbox holds, before anybody came and while they are away', () => {
  const network = new FakeNetwork();
  const alice = network.program('alice');
  alice.start();
  const long = 'x'.repeat(65_536);
  for (let i = 0; i < 65; i += 1) alice.send(long);
  assert.deepEqual(alice.errors, ['outbox-full']);
  assert.equal(alice.of('sent').length, 64);
  const bob = network.program('bob');
  bob.start();
  network.pass(1_000);
  assert.equal(bob.texts.length, 64);
  network.unplug(bob);
  for (let i = 0; i <= MAX_OUTBOX_MESSAGES; i += 1) alice.send(`${i}`);
  assert.deepEqual(alice.errors, ['outbox-full', 'outbox-full']);
  network.plug(bob, true);
  network.pass(5_000);
  assert.equal(bob.texts.length, 64 + MAX_OUTBOX_MESSAGES);
  alice.send('more');
  network.settle();
  assert.equal(bob.texts.at(-1), 'more');
});

test('tells a user who interrupts of an undelivered text, within two seconds', () => {
  for (const text of ['wait for me', null]) {
    const { network, alice, bob } = apart();
    if (text !== null) alice.send(text);
    alice.give({ type: 'interrupted' });
    network.pass(text === null ? 1_000 : 2_000);
    assert.deepEqual(alice.errors, text === null ? [] : ['undelivered']);
    assert.deepEqual(alice.end, { type: 'end', reason: 'interrupted', exit: 130 });
    assert.deepEqual(bob.errors, []);
  }
});
