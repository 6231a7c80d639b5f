/** How soon it is noticed that the other side is gone, and that nobody crashes where programs end in mid-talk. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { interruptedWaiting } from '../cli/interruptions.ts';
import { freshCode, type Program, Sandbox } from '../cli/program.ts';

/** Within so long (ms) a killed program is to be missed. */
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

test('who is killed is missed within 5 s', async () => {
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

test('both leave at once, again and again: nobody crashes', async () => {
  for (let round = 0; round < 40; round += 1) {
    const programs = await two();
    for (const program of programs) program.give({ type: 'send', text: 'last words' });
    await Promise.all(programs.map((program) => program.event('sent')));
    for (const program of programs) program.give({ type: 'quit' });
    await Promise.all(programs.map((program) => program.exits(0)));
  }
});

test('one is interrupted while the other sends much: the sender does not crash', async () => {
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
  test(`${signal} while waiting: 130, whatever the command`, () => interruptedWaiting(sandbox, signal));
}

test('of two that receive, the one with --timeout ends and says that nothing came', async () => {
  const args = ['receive', '--server', sandbox.server, freshCode()];
  const [one, other] = [sandbox.run([...args, '--timeout', '15']), sandbox.run(args)];
  await one.exits(6);
  assert.match(one.stderr, /aparte: The other side came, but sent nothing\.\naparte: Does it receive, too\?\n/);
  other.kill('SIGKILL');
});
