/** Pairings in which the server lies, falls silent or changes bytes. Real programs would take long for them. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FLIGHT, Identity, Initiator, Responder, ready } from '../../peer/crypto/index.ts';
import type { Member } from '../../shared/signal-wire.ts';
import { FakeNetwork } from '../core/fake-network.ts';
import { flipEveryByte } from './flipped-bits.ts';
import { LoneProgram } from './lone-program.ts';

before(ready);

const RIGHT = 'ocean-violin';

/** The HELLO of a ghost that tries a secret on the program. */
function hello(program: LoneProgram, ghost: Member, secret: string): Uint8Array {
  return new Initiator(program.inputs(ghost, 'B', secret), Identity.generate(program.random), program.random).hello;
}

/** The REPLY of a ghost that tries a secret on the program. */
function reply(program: LoneProgram, ghost: Member, secret: string): Uint8Array {
  const sent = program.sent.find(({ to, bytes }) => to === ghost.id && bytes[0] === FLIGHT.hello);
  const b = new Responder(program.inputs(ghost, 'A', secret), Identity.generate(program.random), program.random);
  return b.gotHello(sent?.bytes ?? assert.fail('no HELLO'));
}

test('row 1: shows a hundred visitors a HELLO each at no cost, and ends the code at the first guess', () => {
  const program = new LoneProgram();
  program.joined();
  for (let visit = 0; visit < 100; visit++) {
    const ghost = program.ghost();
    program.came(ghost);
    program.pass(300);
    program.left(ghost);
  }
  assert.deepEqual(new Set(program.types), new Set([FLIGHT.hello]));
  assert.equal(program.sent.length, 100);
  assert.deepEqual(program.errors, []);
  const guesser = program.ghost();
  program.came(guesser);
  program.frame(guesser, reply(program, guesser, 'a-guess'));
  assert.deepEqual(program.errors, ['wrong-code']);
  assert.equal(program.exit, 3);
  const { length } = program.sent;
  program.came(program.ghost());
  program.joined(program.ghost());
  program.pass(60_000);
  assert.equal(program.sent.length, length, 'nothing leaves any more');
});

test('row 2: sends one REPLY for a code, whoever asks, however often, over whatever connection', () => {
  const program = new LoneProgram();
  const ghosts = Array.from({ length: 11 }, () => program.ghost());
  const [first] = ghosts as [Member];
  program.joined(...ghosts);
  for (const ghost of ghosts) program.frame(ghost, hello(program, ghost, 'a-guess'));
  program.frame(first, hello(program, first, 'another-guess'));
  program.resumed();
  const replies = () => program.sent.filter(({ bytes }) => bytes[0] === FLIGHT.reply);
  assert.equal(new Set(replies().map(({ to, bytes }) => `${to} ${Buffer.from(bytes).toString('hex')}`)).size, 1);
  program.pass(9_000);
  assert.equal(program.exit, null);
  program.pass(1_000);
  assert.equal(program.exit, 3);
  assert.equal(program.errors.at(-1), 'wrong-code');
  const { length } = replies();
  program.joined(program.ghost());
  assert.equal(replies().length, length);
});

test('row 2: allows no new guess in a room that is entered again', () => {
  const program = new LoneProgram();
  const [one, other] = [program.ghost(), program.ghost()];
  program.joined(one);
  program.frame(one, hello(program, one, 'a-guess'));
  program.joined(other);
  assert.equal(program.exit, 3);
  assert.deepEqual(program.errors, ['wrong-code']);
  program.frame(other, hello(program, other, RIGHT));
  assert.equal(program.types.filter((type) => type === FLIGHT.reply).length, 1);
});

test('row 2: counts a REPLY whose receiver leaves as a guess', () => {
  const program = new LoneProgram();
  const ghost = program.ghost();
  program.joined(ghost);
  program.frame(ghost, hello(program, ghost, 'a-guess'));
  program.left(ghost);
  assert.deepEqual(program.errors, ['wrong-code']);
  assert.equal(program.exit, 3);
});

test('row 2: counts a REPLY as a guess if the server takes it and then refuses us', () => {
  const program = new LoneProgram();
  const ghost = program.ghost();
  program.joined(ghost);
  program.frame(ghost, hello(program, ghost, 'a-guess'));
  program.refused();
  assert.deepEqual(program.errors, ['wrong-code']);
  assert.equal(program.exit, 3);
  const unrisked = new LoneProgram();
  unrisked.joined(unrisked.ghost());
  unrisked.refused();
  assert.deepEqual(unrisked.errors, ['server-refused']);
  assert.equal(unrisked.exit, 4);
});

test('row 2: counts a REPLY that is out at the timeout as a guess', () => {
  const program = new LoneProgram({ timeout: 5_000 });
  const ghost = program.ghost();
  program.joined(ghost);
  program.frame(ghost, hello(program, ghost, 'a-guess'));
  program.pass(5_000);
  assert.deepEqual(program.errors, ['wrong-code']);
  assert.equal(program.exit, 3);
});

test('row 2: judges no REPLY of a newcomer while one of ours is out', () => {
  for (const secret of ['another-guess', RIGHT]) {
    const program = new LoneProgram();
    const [taker, guesser] = [program.ghost(), program.ghost()];
    program.joined(taker);
    program.frame(taker, hello(program, taker, 'a-guess'));
    program.came(guesser);
    program.frame(guesser, reply(program, guesser, secret));
    assert.deepEqual(program.types, [FLIGHT.reply, FLIGHT.hello]);
    program.pass(10_000);
    assert.equal(program.exit, 3);
    assert.equal(program.errors.at(-1), 'wrong-code');
  }
});

test('row 2: lets no guess in after somebody has proven the code, even if the room is entered again', () => {
  const program = new LoneProgram();
  program.joined();
  const friend = program.ghost();
  program.came(friend);
  const b = new Responder(program.inputs(friend, 'A', RIGHT), Identity.generate(program.random), program.random);
  program.frame(friend, b.gotHello(program.last));
  program.described('offer');
  const { cursor } = b.gotProof(program.last);
  const claims = { name: 'friend', description: 'answer', capabilities: new Uint8Array(0), cursor };
  program.frame(friend, b.prove(claims));
  assert.deepEqual(program.events.at(-1)?.type, 'peer');
  const guesser = program.ghost();
  program.joined(program.ghost(), guesser);
  program.frame(guesser, hello(program, guesser, 'a-guess'));
  assert.equal(program.types.filter((type) => type === FLIGHT.reply).length, 0);
});

test('row 3: judges the first of twenty wrong tags in one moment, and no other', () => {
  const program = new LoneProgram();
  program.joined();
  const ghosts = Array.from({ length: 20 }, () => program.ghost());
  for (const ghost of ghosts) program.came(ghost);
  program.pass(1_000);
  const greeted = ghosts.filter(({ id }) => program.sent.some(({ to }) => to === id));
  assert.equal(greeted.length, 8, 'no more HELLOs are open at once');
  for (const ghost of greeted) program.frame(ghost, reply(program, ghost, 'a-guess'));
  assert.deepEqual(program.errors, ['wrong-code']);
  assert.equal(program.types.filter((type) => type === FLIGHT.abort).length, 1);
});

test('row 3: answers nobody else after the first right tag', () => {
  const program = new LoneProgram();
  program.joined();
  const [friend, guesser, late] = [program.ghost(), program.ghost(), program.ghost()];
  program.came(friend);
  program.came(guesser);
  const [right, wrong] = [reply(program, friend, RIGHT), reply(program, guesser, 'a-guess')];
  program.frame(friend, right);
  program.frame(guesser, wrong);
  program.came(late);
  program.pass(2_000);
  assert.deepEqual(program.errors, []);
  assert.deepEqual(program.types, [FLIGHT.hello, FLIGHT.hello]);
});

test('row 11: reports silence and goes on waiting where both were told that they came first', () => {
  const [one, other] = [new LoneProgram(), new LoneProgram({ name: 'other' })];
  const members = [one, other].map((program) => {
    program.joined();
    const ghost = program.ghost();
    program.came(ghost);
    return ghost;
  }) as [Member, Member];
  for (const { bytes } of one.sent) other.frame(members[1], bytes);
  for (const { bytes } of other.sent) one.frame(members[0], bytes);
  for (const [index, program] of [one, other].entries()) {
    program.pass(10_000);
    assert.deepEqual(program.errors, ['silent']);
    assert.deepEqual(program.freed, [members[index]?.id]);
    assert.equal(program.exit, null);
    // No guess was spent: a friend who knows the code can still come.
    const friend = program.ghost();
    program.came(friend);
    program.frame(friend, reply(program, friend, RIGHT));
    program.pass(1_000);
    assert.deepEqual(program.errors, ['silent']);
  }
});

test('row 11: reports silence within ten seconds where both were told that they came second', () => {
  const program = new LoneProgram();
  program.joined(program.ghost());
  program.pass(9_999);
  assert.deepEqual(program.errors, []);
  program.pass(1);
  assert.deepEqual(program.errors, ['silent']);
  assert.deepEqual(program.sent, []);
});

// Silence before anything was risked ends nothing.
for (const [what, type, ofAlice, ofBob] of [
  // A asks the server to remove B a moment before B would report silence itself.
  ['HELLO', FLIGHT.hello, ['silent', undefined], ['server-refused', 4]],
  ['REPLY', FLIGHT.reply, ['silent', undefined], ['wrong-code', 3]],
  ['PROOF of A', FLIGHT.proofA, ['no-answer', 3], ['wrong-code', 3]],
  ['PROOF of B', FLIGHT.proofB, ['no-answer', 3], ['peer-abort', 3]],
] as const) {
  test(`tells both sides within ten seconds that a server drops ${what}, and delivers nothing`, () => {
    const network = new FakeNetwork();
    const [alice, bob] = [network.program('alice'), network.program('bob')];
    network.tamper = ({ bytes }) => (bytes[0] === type || bytes[0] === FLIGHT.abort ? [] : [bytes]);
    if (type === FLIGHT.proofB) network.tamper = ({ bytes }) => (bytes[0] === type ? [] : [bytes]);
    alice.start();
    network.settle();
    bob.start();
    alice.send('for bob alone');
    network.pass(10_000);
    assert.deepEqual([alice.errors[0], alice.end?.exit], ofAlice);
    assert.deepEqual([bob.errors[0], bob.end?.exit], ofBob);
    for (const program of [alice, bob]) {
      assert.ok(program.of('peer').every(({ status }) => status !== 'connected'));
      assert.deepEqual(program.texts, []);
    }
  });
}

test('row 7: refuses a flight with any bit turned, and nobody goes on', () => flipEveryByte(61));
