/** Two rooms in a world without network: the whole conversation, from code to goodbye. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Identity, ready } from '../../peer/crypto/index.ts';
import { World } from './fake-network.ts';

before(ready);

/** The first byte of a frame that renews keys. */
const STEP = 17;

function pair() {
  const world = new World();
  const alice = world.person('alice');
  const bob = world.person('bob');
  alice.start();
  bob.start();
  world.settle();
  return { world, alice, bob };
}

test('two who share a code are connected, leave the server and see the same safety number', () => {
  const { alice, bob } = pair();
  const [a, b] = [alice, bob].map((person) => person.of('peer').at(-1));
  assert.equal(a?.status, 'connected');
  assert.equal(b?.status, 'connected');
  assert.equal(a?.name, 'bob');
  assert.equal(b?.trust, 'new');
  assert.equal(a?.path, 'direct');
  assert.equal(a?.safety, b?.safety);
  assert.match(a?.safety ?? '', /^(\d{5} ){11}\d{5}$/);
  assert.deepEqual(
    alice.of('signal').map((event) => event.status),
    ['connected', 'left'],
  );
  assert.deepEqual(alice.errors, []);
});

test('messages arrive once and in order, are acknowledged when shown, and a goodbye ends both', () => {
  const { world, alice, bob } = pair();
  const long = 'ü'.repeat(30_000);
  for (const text of ['one', long, 'three']) alice.say(text);
  bob.say('back');
  world.pass(50);
  assert.deepEqual(bob.texts, ['one', long, 'three']);
  assert.deepEqual(alice.texts, ['back']);
  assert.deepEqual(
    alice.of('delivered').map((event) => event.id),
    alice.of('sent').map((event) => event.id),
  );
  alice.quit();
  world.pass(100);
  assert.deepEqual(
    [alice.end, bob.end],
    [
      { type: 'end', reason: 'left', exit: 0 },
      { type: 'end', reason: 'peer-left', exit: 0 },
    ],
  );
  assert.equal(bob.of('peer').at(-1)?.status, 'left');
});

test('a text that is not taken over is refused with the ref of its command', () => {
  const alice = new World().person('alice');
  alice.start();
  for (const ref of ['r', null]) {
    alice.give({ type: 'command', command: { type: 'send', text: 'x'.repeat(65_537), ref } });
  }
  assert.deepEqual(
    alice.of('error').map(({ error, ref }) => [error.code, ref]),
    [
      ['message-too-long', 'r'],
      ['message-too-long', undefined],
    ],
  );
});

test('nothing follows the answer to a goodbye, whoever else wants to leave', () => {
  const { world, alice, bob } = pair();
  world.shows = false;
  bob.say('last');
  world.pass(10);
  alice.quit();
  bob.quit();
  world.pass(10);
  let frames = 0;
  world.tamperFrame = (bytes, from) => {
    if (from === bob) frames += 1;
    return [bytes];
  };
  alice.give({ type: 'shown', peer: alice.of('peer')[0]?.peer ?? '', seq: 1 });
  world.pass(100);
  assert.deepEqual([alice.end?.exit, bob.end?.exit, frames], [0, 0, 1]);
});

test('what is said before anybody came is delivered, also when input ends at once', () => {
  const world = new World();
  const alice = world.person('alice');
  alice.start();
  alice.say('early');
  alice.give({ type: 'inputEnded' });
  world.settle();
  assert.equal(alice.of('end').length, 0);
  const bob = world.person('bob');
  bob.start();
  world.pass(100);
  assert.deepEqual(bob.texts, ['early']);
  assert.equal(alice.end?.exit, 0);
  assert.equal(bob.end?.exit, 0);
});

test('a wrong secret is learnt by both at once, and nothing is delivered', () => {
  const world = new World();
  const alice = world.person('alice');
  const bob = world.person('bob', { code: { nameplate: '7', secret: 'ocean-violet' } });
  alice.start();
  alice.say('secret');
  bob.start();
  world.settle();
  for (const person of [alice, bob]) {
    assert.deepEqual(person.errors.slice(0, 1), ['wrong-code']);
    assert.equal(person.end?.exit, 3);
    assert.equal(person.of('peer').length, 0);
  }
  assert.deepEqual(bob.texts, []);
});

test('the other side vanishing is noticed within 5 s', () => {
  const { world, alice, bob } = pair();
  world.cutLinks(true);
  world.pass(5_000);
  for (const person of [alice, bob]) {
    assert.ok(person.of('peer').some((event) => event.status === 'reconnecting'));
  }
});

test('after a cut both meet again by ticket, and what was said meanwhile arrives once', () => {
  const { world, alice, bob } = pair();
  for (let round = 0; round < 20; round += 1) {
    alice.say(`a${round}`);
    world.cutLinks(round % 2 === 0);
    bob.say(`b${round}`);
    world.pass(round % 3 === 0 ? 300 : 6_000);
  }
  world.pass(10_000);
  const all = (who: string) => Array.from({ length: 20 }, (_, round) => `${who}${round}`);
  assert.deepEqual(bob.texts, all('a'));
  assert.deepEqual(alice.texts, all('b'));
  for (const person of [alice, bob]) assert.equal(person.of('delivered').length, 20);
  assert.deepEqual([...alice.errors, ...bob.errors], []);
  alice.quit();
  world.pass(5_000);
  assert.deepEqual([alice.end?.exit, bob.end?.exit], [0, 0]);
});

test('who does not come back is given up after the time the user set', () => {
  const world = new World();
  const alice = world.person('alice', { reconnect: 20_000 });
  const bob = world.person('bob');
  alice.start();
  bob.start();
  world.settle();
  bob.vanish();
  alice.say('anybody?');
  world.pass(30_000);
  assert.equal(alice.of('peer').at(-1)?.status, 'lost');
  assert.deepEqual(alice.end, { type: 'end', reason: 'lost', exit: 7 });
});

test('idle for an hour, both stay connected and keep renewing keys', () => {
  const { world, alice, bob } = pair();
  const steps = new Map([alice, bob].map((person) => [person, 0]));
  world.tamperFrame = (bytes, from) => {
    if (bytes[0] === STEP) steps.set(from, (steps.get(from) ?? 0) + 1);
    return [bytes];
  };
  world.pass(3_600_000);
  // Each holds the turn for ten seconds.
  assert.deepEqual([...steps.values()], [180, 180]);
  bob.say('still here');
  world.settle();
  assert.deepEqual(alice.texts, ['still here']);
});

test('no link comes about: named, with its exit code, in 30 s', () => {
  const world = new World();
  world.linksWork = false;
  const alice = world.person('alice');
  const bob = world.person('bob');
  alice.start();
  bob.start();
  world.pass(30_000);
  for (const person of [alice, bob]) {
    assert.deepEqual(person.errors, ['no-direct-path']);
    assert.equal(person.end?.exit, 5);
  }
});

for (const missing of ['offer', 'answer'] as const) {
  test(`an own link that makes no ${missing} is not blamed on the other side`, () => {
    const world = new World();
    world.missing = missing;
    const [alice, bob] = [world.person('alice'), world.person('bob')];
    for (const person of [alice, bob]) person.start();
    world.pass(10_000);
    const [blamed, other] = missing === 'offer' ? [alice, bob] : [bob, alice];
    assert.deepEqual(blamed.errors, ['no-direct-path']);
    assert.equal(blamed.of('error')[0]?.error.detail?.key, 'link-not-ready');
    assert.deepEqual([blamed.end?.exit, other.errors, other.end?.exit], [5, ['peer-abort'], 3]);
  });
}

test('another program with our own identity is met where that is allowed, and not remembered; else both are told', () => {
  const meet = (allowsOwn: boolean) => {
    const world = new World();
    const identity = Identity.generate(world.random);
    const people = ['here', 'there'].map((name) => world.person(name, { identity, allowsOwn }));
    for (const person of people) person.start();
    world.settle();
    people[0]?.say('to myself');
    world.settle();
    return { world, people };
  };
  const { world, people } = meet(true);
  const [here, there] = people;
  assert.deepEqual(there?.texts, ['to myself']);
  assert.deepEqual(
    people.map((person) => person.of('peer').at(-1)).map((peer) => [peer?.status, peer?.trust, peer?.own]),
    [
      ['connected', 'known', true],
      ['connected', 'known', true],
    ],
  );
  assert.deepEqual([here?.remembered, there?.remembered], [[], []]);
  world.cutLinks();
  world.pass(5_000);
  there?.say('still here');
  world.settle();
  assert.deepEqual(here?.texts, ['still here']);
  for (const person of meet(false).people) assert.deepEqual([person.errors, person.end?.exit], [['self'], 3]);
});

test('the timeout runs on until the first text, where that is waited for', () => {
  const meet = (awaitsText: boolean, text: string | null) => {
    const world = new World();
    const alice = world.person('alice', { timeout: 60_000, awaitsText });
    const bob = world.person('bob', { timeout: 60_000 });
    for (const person of [alice, bob]) person.start();
    world.pass(1_000);
    if (text !== null) bob.say(text);
    world.pass(70_000);
    return [alice.errors, alice.end?.exit, bob.of('peer').at(-1)?.status, bob.end?.exit];
  };
  assert.deepEqual(meet(true, null), [['nothing-came'], 6, 'left', 0]);
  assert.deepEqual(meet(true, 'x'), [[], undefined, 'connected', undefined]);
  assert.deepEqual(meet(false, null), [[], undefined, 'connected', undefined]);
});

test('nobody comes: timeout', () => {
  const world = new World();
  const alice = world.person('alice', { timeout: 5_000 });
  alice.start();
  world.pass(5_000);
  assert.deepEqual(alice.end, { type: 'end', reason: 'timeout', exit: 6 });
});
