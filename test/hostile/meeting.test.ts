/** Meetings in which the server lies, falls silent or changes bytes, where real time or real programs would take long. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FLIGHT, Identity, Initiator, Responder, ready } from '../../peer/crypto/index.ts';
import type { Member } from '../../shared/signal-wire.ts';
import { World } from '../core/fake-network.ts';
import { Alone } from './core-alone.ts';
import { flipEveryByte } from './flipped-bits.ts';

before(ready);

const RIGHT = 'ocean-violin';

/** HELLO of a ghost that tries a secret on us. */
function hello(alone: Alone, ghost: Member, secret: string): Uint8Array {
  return new Initiator(alone.inputs(ghost, 'B', secret), Identity.generate(alone.random), alone.random).hello;
}

/** REPLY of a ghost that tries a secret on us. */
function reply(alone: Alone, ghost: Member, secret: string): Uint8Array {
  const sent = alone.sent.find(({ to, bytes }) => to === ghost.id && bytes[0] === FLIGHT.hello);
  const b = new Responder(alone.inputs(ghost, 'A', secret), Identity.generate(alone.random), alone.random);
  return b.gotHello(sent?.bytes ?? assert.fail('no HELLO'));
}

test('row 1: a hundred visitors see a HELLO each and cost nothing; the first guess is the last', () => {
  const alone = new Alone();
  alone.joined();
  for (let visit = 0; visit < 100; visit++) {
    const ghost = alone.ghost();
    alone.came(ghost);
    alone.pass(300);
    alone.left(ghost);
  }
  assert.deepEqual(new Set(alone.types), new Set([FLIGHT.hello]));
  assert.equal(alone.sent.length, 100);
  assert.deepEqual(alone.errors, []);
  const guesser = alone.ghost();
  alone.came(guesser);
  alone.frame(guesser, reply(alone, guesser, 'a-guess'));
  assert.deepEqual(alone.errors, ['wrong-code']);
  assert.equal(alone.exit, 3);
  const { length } = alone.sent;
  alone.came(alone.ghost());
  alone.joined(alone.ghost());
  alone.pass(60_000);
  assert.equal(alone.sent.length, length, 'nothing leaves any more');
});

test('row 2: one REPLY for a code, whoever asks, however often, over whatever connection', () => {
  const alone = new Alone();
  const ghosts = Array.from({ length: 11 }, () => alone.ghost());
  const [first] = ghosts as [Member];
  alone.joined(...ghosts);
  for (const ghost of ghosts) alone.frame(ghost, hello(alone, ghost, 'a-guess'));
  alone.frame(first, hello(alone, first, 'another-guess'));
  alone.resumed();
  const replies = () => alone.sent.filter(({ bytes }) => bytes[0] === FLIGHT.reply);
  assert.equal(new Set(replies().map(({ to, bytes }) => `${to} ${Buffer.from(bytes).toString('hex')}`)).size, 1);
  alone.pass(9_000);
  assert.equal(alone.exit, null);
  alone.pass(1_000);
  assert.equal(alone.exit, 3);
  assert.equal(alone.errors.at(-1), 'wrong-code');
  const { length } = replies();
  alone.joined(alone.ghost());
  assert.equal(replies().length, length);
});

test('row 2: a new place under the same code does not make a new guess', () => {
  const alone = new Alone();
  const [one, other] = [alone.ghost(), alone.ghost()];
  alone.joined(one);
  alone.frame(one, hello(alone, one, 'a-guess'));
  alone.joined(other);
  assert.equal(alone.exit, 3);
  assert.deepEqual(alone.errors, ['wrong-code']);
  alone.frame(other, hello(alone, other, RIGHT));
  assert.equal(alone.types.filter((type) => type === FLIGHT.reply).length, 1);
});

test('row 2: a REPLY taken and the member gone is a guess as well', () => {
  const alone = new Alone();
  const ghost = alone.ghost();
  alone.joined(ghost);
  alone.frame(ghost, hello(alone, ghost, 'a-guess'));
  alone.left(ghost);
  assert.deepEqual(alone.errors, ['wrong-code']);
  assert.equal(alone.exit, 3);
});

test('row 2: a REPLY taken by a server that then refuses us is a guess as well, and no reason to try the code again', () => {
  const alone = new Alone();
  const ghost = alone.ghost();
  alone.joined(ghost);
  alone.frame(ghost, hello(alone, ghost, 'a-guess'));
  alone.refused();
  assert.deepEqual(alone.errors, ['wrong-code']);
  assert.equal(alone.exit, 3);
  const unrisked = new Alone();
  unrisked.joined(unrisked.ghost());
  unrisked.refused();
  assert.deepEqual(unrisked.errors, ['server-refused']);
  assert.equal(unrisked.exit, 4);
});

test('row 2: a REPLY that is out when our time is up is a guess as well', () => {
  const alone = new Alone({ timeout: 5_000 });
  const ghost = alone.ghost();
  alone.joined(ghost);
  alone.frame(ghost, hello(alone, ghost, 'a-guess'));
  alone.pass(5_000);
  assert.deepEqual(alone.errors, ['wrong-code']);
  assert.equal(alone.exit, 3);
});

test('row 2: with a REPLY out, no REPLY of a newcomer is judged: that would be a second guess', () => {
  for (const secret of ['another-guess', RIGHT]) {
    const alone = new Alone();
    const [taker, guesser] = [alone.ghost(), alone.ghost()];
    alone.joined(taker);
    alone.frame(taker, hello(alone, taker, 'a-guess'));
    alone.came(guesser);
    alone.frame(guesser, reply(alone, guesser, secret));
    assert.deepEqual(alone.types, [FLIGHT.reply, FLIGHT.hello]);
    alone.pass(10_000);
    assert.equal(alone.exit, 3);
    assert.equal(alone.errors.at(-1), 'wrong-code');
  }
});

test('row 2: once somebody has proven the code, not even a new place lets a guess in', () => {
  const alone = new Alone();
  alone.joined();
  const friend = alone.ghost();
  alone.came(friend);
  const b = new Responder(alone.inputs(friend, 'A', RIGHT), Identity.generate(alone.random), alone.random);
  alone.frame(friend, b.gotHello(alone.last));
  alone.described('offer');
  const { cursor } = b.gotProof(alone.last);
  const claims = { name: 'friend', description: 'answer', capabilities: new Uint8Array(0), cursor };
  alone.frame(friend, b.prove(claims));
  assert.deepEqual(alone.events.at(-1)?.type, 'peer');
  const guesser = alone.ghost();
  alone.joined(alone.ghost(), guesser);
  alone.frame(guesser, hello(alone, guesser, 'a-guess'));
  assert.equal(alone.types.filter((type) => type === FLIGHT.reply).length, 0);
});

test('row 3: of twenty wrong tags in one moment one is judged, whichever comes first', () => {
  const alone = new Alone();
  alone.joined();
  const ghosts = Array.from({ length: 20 }, () => alone.ghost());
  for (const ghost of ghosts) alone.came(ghost);
  alone.pass(1_000);
  const greeted = ghosts.filter(({ id }) => alone.sent.some(({ to }) => to === id));
  assert.equal(greeted.length, 8, 'no more HELLOs are open at once');
  for (const ghost of greeted) alone.frame(ghost, reply(alone, ghost, 'a-guess'));
  assert.deepEqual(alone.errors, ['wrong-code']);
  assert.equal(alone.types.filter((type) => type === FLIGHT.abort).length, 1);
});

test('row 3: the first right tag shuts the door to all others, right or wrong', () => {
  const alone = new Alone();
  alone.joined();
  const [friend, guesser, late] = [alone.ghost(), alone.ghost(), alone.ghost()];
  alone.came(friend);
  alone.came(guesser);
  const [right, wrong] = [reply(alone, friend, RIGHT), reply(alone, guesser, 'a-guess')];
  alone.frame(friend, right);
  alone.frame(guesser, wrong);
  alone.came(late);
  alone.pass(2_000);
  assert.deepEqual(alone.errors, []);
  assert.deepEqual(alone.types, [FLIGHT.hello, FLIGHT.hello]);
});

test('row 11: told that both were first, each says that the other is silent, and goes on waiting', () => {
  const [one, other] = [new Alone(), new Alone({ name: 'other' })];
  const members = [one, other].map((alone) => {
    alone.joined();
    const ghost = alone.ghost();
    alone.came(ghost);
    return ghost;
  }) as [Member, Member];
  for (const { bytes } of one.sent) other.frame(members[1], bytes);
  for (const { bytes } of other.sent) one.frame(members[0], bytes);
  for (const [index, alone] of [one, other].entries()) {
    alone.pass(10_000);
    assert.deepEqual(alone.errors, ['silent']);
    assert.deepEqual(alone.freed, [members[index]?.id]);
    assert.equal(alone.exit, null);
    // No guess was spent: who knows the code can still come.
    const friend = alone.ghost();
    alone.came(friend);
    alone.frame(friend, reply(alone, friend, RIGHT));
    alone.pass(1_000);
    assert.deepEqual(alone.errors, ['silent']);
  }
});

test('row 11: told that both came second, each says within ten seconds that the other is silent', () => {
  const alone = new Alone();
  alone.joined(alone.ghost());
  alone.pass(9_999);
  assert.deepEqual(alone.errors, []);
  alone.pass(1);
  assert.deepEqual(alone.errors, ['silent']);
  assert.deepEqual(alone.sent, []);
});

// A silence before anything was risked is no reason to end.
for (const [what, type, ofAlice, ofBob] of [
  // B is freed by A a moment before it would have said so itself.
  ['HELLO', FLIGHT.hello, ['silent', undefined], ['server-refused', 4]],
  ['REPLY', FLIGHT.reply, ['silent', undefined], ['wrong-code', 3]],
  ['PROOF of A', FLIGHT.proofA, ['no-answer', 3], ['wrong-code', 3]],
  ['PROOF of B', FLIGHT.proofB, ['no-answer', 3], ['peer-abort', 3]],
] as const) {
  test(`a server that drops ${what}: both are told within ten seconds, nothing is delivered`, () => {
    const world = new World();
    const [alice, bob] = [world.person('alice'), world.person('bob')];
    world.tamper = ({ bytes }) => (bytes[0] === type || bytes[0] === FLIGHT.abort ? [] : [bytes]);
    if (type === FLIGHT.proofB) world.tamper = ({ bytes }) => (bytes[0] === type ? [] : [bytes]);
    alice.start();
    world.settle();
    bob.start();
    alice.say('for bob alone');
    world.pass(10_000);
    assert.deepEqual([alice.errors[0], alice.end?.exit], ofAlice);
    assert.deepEqual([bob.errors[0], bob.end?.exit], ofBob);
    for (const person of [alice, bob]) {
      assert.ok(person.of('peer').every(({ status }) => status !== 'connected'));
      assert.deepEqual(person.texts, []);
    }
  });
}

test('row 7: a bit turned in any flight: refused, and nobody goes on', () => flipEveryByte(61));
