/** A peer that takes our REPLY may have tried a guess. The user is told, however the conversation ends. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Fact } from '../../peer/core/facts-and-orders.ts';
import { FLIGHT, Identity, Initiator, ready } from '../../peer/crypto/index.ts';
import { AparteError } from '../../shared/errors.ts';
import type { Member } from '../../shared/signal-wire.ts';
import { EvilServer } from './evil-server.ts';
import { CODE } from './hostile-server-pair.ts';
import { LoneProgram } from './lone-program.ts';
import { Program } from './program.ts';

before(ready);

/** A program whose REPLY a member has taken, by the HELLO of `secret`. */
function withReplyOut(secret = 'a-guess'): { program: LoneProgram; ghost: Member } {
  const program = new LoneProgram({ timeout: 60_000 });
  const ghost = program.ghost();
  program.joined(ghost);
  const { random } = program;
  program.frame(ghost, new Initiator(program.inputs(ghost, 'B', secret), Identity.generate(random), random).hello);
  assert.equal(program.last[0], FLIGHT.reply);
  return { program, ghost };
}

const QUIT: Fact = { type: 'command', command: { type: 'quit' } };
const ASKING: Fact = { type: 'command', command: { type: 'quit', ask: true } };
const USAGE = new AparteError('usage');

/** How a conversation ends, with its exit code. */
const ENDINGS: readonly (readonly [string, number, (program: LoneProgram, ghost: Member) => void])[] = [
  ['/quit', 0, (program) => program.give(QUIT)],
  ['/quit that asks first', 0, (program) => program.give(ASKING)],
  ['Ctrl-C', 130, (program) => program.give({ type: 'interrupted' })],
  ['the end of input', 0, (program) => program.give({ type: 'inputEnded' })],
  ['the end of answers', 3, (program) => program.give({ type: 'answersEnded', cause: USAGE })],
  ['a refusal of the server', 3, (program) => program.refused()],
  ['a member who leaves', 3, (program, ghost) => program.left(ghost)],
  ['silence', 3, (program) => program.pass(10_000)],
  ['a room that is entered anew', 3, (program) => program.joined()],
];

for (const [name, exit, end] of ENDINGS) {
  test(`says that somebody may have tried a guess when the conversation ends by ${name}`, () => {
    const { program, ghost } = withReplyOut();
    end(program, ghost);
    assert.deepEqual([program.errors, program.exit], [['wrong-code'], exit]);
  });
}

test('says so besides what is undelivered', () => {
  const { program } = withReplyOut();
  program.give({ type: 'command', command: { type: 'send', text: 'for a friend', ref: null } });
  program.give({ type: 'interrupted' });
  assert.deepEqual([program.errors, program.exit], [['wrong-code', 'undelivered'], 130]);
});

test('says nothing of a guess where no REPLY has left, or its receiver has proven the code', () => {
  const waiting = new LoneProgram();
  waiting.joined(waiting.ghost());
  waiting.give(QUIT);
  assert.deepEqual([waiting.errors, waiting.exit], [[], 0]);

  const program = new LoneProgram();
  const friend = program.ghost();
  program.joined(friend);
  const a = new Initiator(
    program.inputs(friend, 'B', 'ocean-violin'),
    Identity.generate(program.random),
    program.random,
  );
  program.frame(friend, a.hello);
  a.gotReply(program.last);
  program.frame(friend, a.prove({ name: 'friend', description: 'offer', capabilities: new Uint8Array(0), cursor: 0 }));
  program.give(QUIT);
  assert.deepEqual([program.errors, program.exit], [[], 0]);
});

for (const [name, stop, exit] of [
  ['/quit', (alice: Program) => alice.give({ type: 'quit' }), 0],
  ['Ctrl-C', (alice: Program) => alice.kill('SIGINT'), 130],
  ['SIGTERM', (alice: Program) => alice.kill('SIGTERM'), 130],
] as const) {
  test(`a program whose REPLY a server keeps tells its user when they leave by ${name}`, async (t) => {
    const bob: Member = { id: 'bob', card: Uint8Array.of(1, 1, 16, ...new Uint8Array(16)) };
    const server = await EvilServer.start(t, { answer: () => ({ members: [bob] }) });
    const alice = new Program(t, { server: server.url, code: CODE });
    const guest = await server.guest(0);
    const inputs = {
      mode: 'code',
      nameplate: '7',
      secret: new TextEncoder().encode('a-guess'),
      context: new Uint8Array(0),
      cardA: bob.card,
      cardB: guest.card,
    } as const;
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    guest.give(bob.id, new Initiator(inputs, Identity.generate(random), random).hello);
    await guest.sent.next(FLIGHT.reply);
    stop(alice);
    const error = await alice.event('error', { code: 'wrong-code' });
    assert.match(error.message, /may have tried to guess/);
    assert.match(error.hint, /new code/);
    assert.equal(await alice.exit, exit);
    assert.equal(alice.events.at(-1)?.type, 'end');
  });
}
