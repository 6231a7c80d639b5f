/** A program notices soon that the other side is gone, and never crashes when programs end in the middle of a conversation. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { interruptedWaiting } from '../cli/interruptions.ts';
import { freshCode, type Program, Sandbox } from '../cli/program.ts';

/** Time limit (ms) for noticing that a program was killed. */
const NOTICED = 5_000;

const sandbox = new Sandbox();
before(() => sandbox.startServer());
after(() => sandbox.close());

async function two(): Promise<[anna: Program, bert: Program]> {
  const code = freshCode();
  const [anna, bert] = [sandbox.chat('anna', [code]), sandbox.chat('bert', [code])];
  await Promise.all([anna, bert].map((program) => program.event('signal', { status: 'left' })));
  return [anna, bert];
}

test('notices within 5 s that the other program was killed', async () => {
  for (let round = 0; round < 5; round += 1) {
    const [anna, bert] = await two();
    bert.kill('SIGKILL');
    const killed = performance.now();
    await anna.event('peer', { status: 'reconnecting' });
    const noticed = performance.now() - killed;
    anna.kill('SIGTERM');
    await anna.exits(130);
    assert.ok(noticed < NOTICED, `noticed after ${Math.round(noticed)} ms`);
  }
});

test('does not crash when both sides leave at the same moment, many times', async () => {
  for (let round = 0; round < 40; round += 1) {
    const programs = await two();
    for (const program of programs) program.give({ type: 'send', text: 'last words' });
    await Promise.all(programs.map((program) => program.event('sent')));
    for (const program of programs) program.give({ type: 'quit' });
    await Promise.all(programs.map((program) => program.exits(0)));
  }
});

test('does not crash when the receiver is interrupted during a large transfer', async () => {
  for (let round = 0; round < 20; round += 1) {
    const code = freshCode();
    const receiver = sandbox.run(['receive', '--server', sandbox.server, code]);
    const sender = sandbox.run(['send', '--server', sandbox.server, '--reconnect', '1', code], {
      input: 'x'.repeat(4_000_000),
    });
    await receiver.until('first bytes', () => receiver.output.length > 0);
    receiver.kill('SIGINT');
    const [, { code: exit, signal }] = await Promise.all([receiver.exits(130), sender.end()]);
    assert.ok(signal === null && (exit === 7 || exit === 0), `round ${round}: ${exit} ${signal}\n${sender.stderr}`);
  }
});

for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  test(`every command exits with 130 on ${signal} while it waits`, () => interruptedWaiting(sandbox, signal));
}

test('of two receivers, the one with --timeout ends and says that nothing came', async () => {
  const args = ['receive', '--server', sandbox.server, freshCode()];
  const [one, other] = [sandbox.run([...args, '--timeout', '15']), sandbox.run(args)];
  await one.exits(6);
  assert.match(
    one.stderr,
    /aparte: The other side came but sent nothing\.\naparte: Check that the other side sends and does not receive too\.\n/,
  );
  other.kill('SIGKILL');
});
