/** Leaving while something is undelivered: asked about, reported, and never in silence. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { MAX_OUTBOX_MESSAGES } from '../../peer/core/delivery.ts';
import { ready } from '../../peer/crypto/index.ts';
import { World } from './fake-network.ts';
import type { Person } from './fake-program.ts';

before(ready);

function apart() {
  const world = new World();
  const [alice, bob] = [world.person('alice'), world.person('bob')];
  for (const person of [alice, bob]) person.start();
  world.settle();
  world.unplug(bob);
  return { world, alice, bob };
}

const ask = (person: Person) => person.give({ type: 'command', command: { type: 'quit', ask: true } });

test('who wants to be asked stays at first, and leaves when he insists', () => {
  const { world, alice } = apart();
  alice.say('wait for me');
  world.pass(10_000);
  ask(alice);
  assert.deepEqual(alice.errors, ['not-delivered']);
  assert.equal(alice.of('error')[0]?.fatal, false);
  assert.equal(alice.ended, false);
  ask(alice);
  assert.deepEqual(alice.errors, ['not-delivered', 'undelivered']);
  assert.deepEqual(alice.end, { type: 'end', reason: 'undelivered', exit: 7 });
});

test('what is on its way is given a moment before the question', () => {
  const { world, alice, bob } = apart();
  alice.say('on its way');
  ask(alice);
  world.pass(1_000);
  assert.deepEqual(alice.errors, []);
  world.plug(bob, true);
  world.pass(1_000);
  assert.deepEqual(bob.texts, ['on its way']);
  assert.deepEqual(alice.end, { type: 'end', reason: 'left', exit: 0 });
});

test('the question is asked after that moment, and again about what is said since', () => {
  const { world, alice, bob } = apart();
  alice.say('one');
  ask(alice);
  world.pass(3_000);
  assert.deepEqual(alice.errors, ['not-delivered']);
  alice.say('two');
  world.pass(5_000);
  ask(alice);
  assert.deepEqual(alice.errors, ['not-delivered', 'not-delivered']);
  world.plug(bob, true);
  world.pass(5_000);
  assert.deepEqual(bob.texts, ['one', 'two']);
  assert.equal(alice.ended, false);
  ask(alice);
  world.settle();
  assert.equal(alice.end?.exit, 0);
});

test('a script is not asked but told', () => {
  const { world, alice } = apart();
  alice.say('wait for me');
  world.pass(10_000);
  alice.quit();
  assert.deepEqual(alice.errors, ['undelivered']);
  assert.deepEqual(alice.end, { type: 'end', reason: 'undelivered', exit: 7 });
});

test('before anybody came and while he is away, more than the outbox holds is refused by name', () => {
  const world = new World();
  const alice = world.person('alice');
  alice.start();
  const long = 'x'.repeat(65_536);
  for (let i = 0; i < 65; i += 1) alice.say(long);
  assert.deepEqual(alice.errors, ['outbox-full']);
  assert.equal(alice.of('sent').length, 64);
  const bob = world.person('bob');
  bob.start();
  world.pass(1_000);
  assert.equal(bob.texts.length, 64);
  world.unplug(bob);
  for (let i = 0; i <= MAX_OUTBOX_MESSAGES; i += 1) alice.say(`${i}`);
  assert.deepEqual(alice.errors, ['outbox-full', 'outbox-full']);
  world.plug(bob, true);
  world.pass(5_000);
  assert.equal(bob.texts.length, 64 + MAX_OUTBOX_MESSAGES);
  alice.say('more');
  world.settle();
  assert.equal(bob.texts.at(-1), 'more');
});

test('who interrupts with something undelivered is told of it, and waits for nobody longer than two seconds', () => {
  for (const text of ['wait for me', null]) {
    const { world, alice, bob } = apart();
    if (text !== null) alice.say(text);
    alice.give({ type: 'interrupted' });
    world.pass(text === null ? 1_000 : 2_000);
    assert.deepEqual(alice.errors, text === null ? [] : ['undelivered']);
    assert.deepEqual(alice.end, { type: 'end', reason: 'interrupted', exit: 130 });
    assert.deepEqual(bob.errors, []);
  }
});
