/** Whole conversations of two programs in a fake network, from the code to the goodbye. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Identity, ready } from '../../peer/crypto/index.ts';
import { FakeNetwork } from './fake-network.ts';

before(ready);

/** The first byte of a frame that renews keys. */
const STEP = 17;

function pair() {
  const network = new FakeNetwork();
  const alice = network.program('alice');
  const bob = network.program('bob');
  alice.start();
  bob.start();
  network.settle();
  return { network, alice, bob };
}

test('connects two programs that share a code, which then leave the server and show the same safety number', () => {
  const { alice, bob } = pair();
  const [a, b] = [alice, bob].map((program) => program.of('peer').at(-1));
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

test('delivers messages once and in order, acknowledges them when shown, and ends both sides at a goodbye', () => {
  const { network, alice, bob } = pair();
  const long = 'ü'.repeat(30_000);
  for (const text of ['one', long, 'three']) alice.send(text);
  bob.send('back');
  network.pass(50);
  assert.deepEqual(bob.texts, ['one', long, 'three']);
  assert.deepEqual(alice.texts, ['back']);
  assert.deepEqual(
    alice.of('delivered').map((event) => event.id),
    alice.of('sent').map((event) => event.id),
  );
  alice.quit();
  network.pass(100);
  assert.deepEqual(
    [alice.end, bob.end],
    [
      { type: 'end', reason: 'left', exit: 0 },
      { type: 'end', reason: 'peer-left', exit: 0 },
    ],
  );
  assert.equal(bob.of('peer').at(-1)?.status, 'left');
});

test('refuses a text that is too long, with the ref of its command', () => {
  const alice = new FakeNetwork().program('alice');
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

test('sends nothing after the answer to a goodbye, even if this side leaves too', () => {
  const { network, alice, bob } = pair();
  network.shows = false;
  bob.send('last');
  network.pass(10);
  alice.quit();
  bob.quit();
  network.pass(10);
  let frames = 0;
  network.tamperFrame = (bytes, from) => {
    if (from === bob) frames += 1;
    return [bytes];
  };
  alice.give({ type: 'shown', peer: alice.of('peer')[0]?.peer ?? '', seq: 1 });
  network.pass(100);
  assert.deepEqual([alice.end?.exit, bob.end?.exit, frames], [0, 0, 1]);
});

test('delivers text sent before anybody came, even if the input ends at once', () => {
  const network = new FakeNetwork();
  const alice = network.program('alice');
  alice.start();
  alice.send('early');
  alice.give({ type: 'inputEnded' });
  network.settle();
  assert.equal(alice.of('end').length, 0);
  const bob = network.program('bob');
  bob.start();
  network.pass(100);
  assert.deepEqual(bob.texts, ['early']);
  assert.equal(alice.end?.exit, 0);
  assert.equal(bob.end?.exit, 0);
});

test('tells both sides at once of a wrong secret, and delivers nothing', () => {
  const network = new FakeNetwork();
  const alice = network.program('alice');
  const bob = network.program('bob', { code: { nameplate: '7', secret: 'ocean-violet' } });
  alice.start();
  alice.send('secret');
  bob.start();
  network.settle();
  for (const program of [alice, bob]) {
    assert.deepEqual(program.errors.slice(0, 1), ['wrong-code']);
    assert.equal(program.end?.exit, 3);
    assert.equal(program.of('peer').length, 0);
  }
  assert.deepEqual(bob.texts, []);
});

test('notices within 5 s that the other program has vanished', () => {
  const { network, alice, bob } = pair();
  network.cutLinks(true);
  network.pass(5_000);
  for (const program of [alice, bob]) {
    assert.ok(program.of('peer').some((event) => event.status === 'reconnecting'));
  }
});

test('reconnects by ticket after a cut, and delivers once what was sent meanwhile', () => {
  const { network, alice, bob } = pair();
  for (let round = 0; round < 20; round += 1) {
    alice.send(`a${round}`);
    network.cutLinks(round % 2 === 0);
    bob.send(`b${round}`);
    network.pass(round % 3 === 0 ? 300 : 6_000);
  }
  network.pass(10_000);
  const all = (who: string) => Array.from({ length: 20 }, (_, round) => `${who}${round}`);
  assert.deepEqual(bob.texts, all('a'));
  assert.deepEqual(alice.texts, all('b'));
  for (const program of [alice, bob]) assert.equal(program.of('delivered').length, 20);
  assert.deepEqual([...alice.errors, ...bob.errors], []);
  alice.quit();
  network.pass(5_000);
  assert.deepEqual([alice.end?.exit, bob.end?.exit], [0, 0]);
});

test('gives up a peer who does not come back in the time that the user set', () => {
  const network = new FakeNetwork();
  const alice = network.program('alice', { reconnect: 20_000 });
  const bob = network.program('bob');
  alice.start();
  bob.start();
  network.settle();
  bob.vanish();
  alice.send('anybody?');
  network.pass(30_000);
  assert.equal(alice.of('peer').at(-1)?.status, 'lost');
  assert.deepEqual(alice.end, { type: 'end', reason: 'lost', exit: 7 });
});

test('stays connected and renews keys through an idle hour', () => {
  const { network, alice, bob } = pair();
  const steps = new Map([alice, bob].map((program) => [program, 0]));
  network.tamperFrame = (bytes, from) => {
    if (bytes[0] === STEP) steps.set(from, (steps.get(from) ?? 0) + 1);
    return [bytes];
  };
  network.pass(3_600_000);
  // Each side holds the turn for ten seconds.
  assert.deepEqual([...steps.values()], [180, 180]);
  bob.send('still here');
  network.settle();
  assert.deepEqual(alice.texts, ['still here']);
});

test('reports within 30 s that no link opens, with its exit code', () => {
  const network = new FakeNetwork();
  network.linksWork = false;
  const alice = network.program('alice');
  const bob = network.program('bob');
  alice.start();
  bob.start();
  network.pass(30_000);
  for (const program of [alice, bob]) {
    assert.deepEqual(program.errors, ['no-direct-path']);
    assert.equal(program.end?.exit, 5);
  }
});

for (const missing of ['offer', 'answer'] as const) {
  test(`does not blame the other side for our own link that makes no ${missing}`, () => {
    const network = new FakeNetwork();
    network.missing = missing;
    const [alice, bob] = [network.program('alice'), network.program('bob')];
    for (const program of [alice, bob]) program.start();
    network.pass(10_000);
    const [blamed, other] = missing === 'offer' ? [alice, bob] : [bob, alice];
    assert.deepEqual(blamed.errors, ['no-direct-path']);
    assert.equal(blamed.of('error')[0]?.error.detail?.key, 'link-not-ready');
    assert.deepEqual([blamed.end?.exit, other.errors, other.end?.exit], [5, ['peer-abort'], 3]);
  });
}

test('talks with another program of our own identity where that is allowed, without remembering it; else tells both', () => {
  const meet = (allowsOwn: boolean) => {
    const network = new FakeNetwork();
    const identity = Identity.generate(network.random);
    const programs = ['here', 'there'].map((name) => network.program(name, { identity, allowsOwn }));
    for (const program of programs) program.start();
    network.settle();
    programs[0]?.send('to myself');
    network.settle();
    return { network, programs };
  };
  const { network, programs } = meet(true);
  const [here, there] = programs;
  assert.deepEqual(there?.texts, ['to myself']);
  assert.deepEqual(
    programs.map((program) => program.of('peer').at(-1)).map((peer) => [peer?.status, peer?.trust, peer?.own]),
    [
      ['connected', 'known', true],
      ['connected', 'known', true],
    ],
  );
  assert.deepEqual([here?.remembered, there?.remembered], [[], []]);
  network.cutLinks();
  network.pass(5_000);
  there?.send('still here');
  network.settle();
  assert.deepEqual(here?.texts, ['still here']);
  for (const program of meet(false).programs) assert.deepEqual([program.errors, program.end?.exit], [['self'], 3]);
});

test('runs the timeout until the first text where a text is waited for', () => {
  const meet = (awaitsText: boolean, text: string | null) => {
    const network = new FakeNetwork();
    const alice = network.program('alice', { timeout: 60_000, awaitsText });
    const bob = network.program('bob', { timeout: 60_000 });
    for (const program of [alice, bob]) program.start();
    network.pass(1_000);
    if (text !== null) bob.send(text);
    network.pass(70_000);
    return [alice.errors, alice.end?.exit, bob.of('peer').at(-1)?.status, bob.end?.exit];
  };
  assert.deepEqual(meet(true, null), [['nothing-came'], 6, 'left', 0]);
  assert.deepEqual(meet(true, 'x'), [[], undefined, 'connected', undefined]);
  assert.deepEqual(meet(false, null), [[], undefined, 'connected', undefined]);
});

test('ends by timeout if nobody comes', () => {
  const network = new FakeNetwork();
  const alice = network.program('alice', { timeout: 5_000 });
  alice.start();
  network.pass(5_000);
  assert.deepEqual(alice.end, { type: 'end', reason: 'timeout', exit: 6 });
});
