/** How programs end: by signals, by streams that close, and what the other side sees of it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { APARTE } from '../process.ts';
import { interruptedWaiting, noTrace } from './interruptions.ts';
import { freshCode, type Program, Sandbox } from './program.ts';

const sandbox = new Sandbox();
before(() => sandbox.startServer());
after(() => sandbox.close());

/** Two connected chats with --json. */
async function two(): Promise<[anna: Program, bert: Program]> {
  const code = freshCode();
  const [anna, bert] = [sandbox.chat('anna', [code]), sandbox.chat('bert', [code])];
  await Promise.all([anna, bert].map((program) => program.event('signal', { status: 'left' })));
  return [anna, bert];
}

/** Runs a script in a shell. `$APARTE` is the program, `$SERVER` the server. */
function shell(script: string): Program {
  const env = { APARTE: `${process.execPath} ${APARTE}`, APARTE_SERVER: sandbox.server };
  return sandbox.start(['sh', '-c', script], { env, input: '' });
}

describe('a program', { concurrency: 3 }, () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`ends with 130 on ${signal}, and says goodbye`, async () => {
      const [anna, bert] = await two();
      anna.kill(signal);
      await Promise.all([anna.exits(130), bert.exits(0)]);
      assert.deepEqual(anna.events.at(-1), { type: 'end', reason: 'interrupted', exit: 130 });
      const [left, end] = bert.events.slice(-2);
      assert.equal(left?.['status'], 'left');
      assert.deepEqual(end, { type: 'end', reason: 'peer-left', exit: 0 });
      noTrace(anna);
    });
  }

  test('ends with 130 on SIGTERM while it waits, whatever the command', () => interruptedWaiting(sandbox, 'SIGTERM'));

  test('ends with 130 on a signal while it reads standard input', async () => {
    const sender = sandbox.run(['send', '--server', sandbox.server]);
    sender.write('some text');
    sender.kill('SIGTERM');
    const { code, signal } = await sender.end();
    assert.ok(code === 130 || signal === 'SIGTERM', JSON.stringify({ code, signal }));
  });

  test('delivers what is pending before it quits', async () => {
    const [anna, bert] = await two();
    for (let count = 0; count < 20; count += 1) anna.give({ type: 'send', text: `${count}`, ref: `${count}` });
    anna.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
    const texts = bert.events.filter(({ type }) => type === 'message').map(({ text }) => text);
    assert.deepEqual(
      texts,
      Array.from({ length: 20 }, (_, count) => `${count}`),
    );
    assert.equal(anna.events.filter(({ type }) => type === 'delivered').length, 20);
  });

  test('delivers everything when both sides quit at once', async () => {
    const programs = await two();
    for (const program of programs) program.give({ type: 'send', text: 'last words' });
    await Promise.all(programs.map((program) => program.event('sent')));
    for (const program of programs) program.give({ type: 'quit' });
    await Promise.all(programs.map((program) => program.exits(0)));
    for (const program of programs) {
      const types = program.events.map(({ type }) => type);
      assert.ok(types.includes('message') && types.includes('delivered'), types.join(' '));
    }
  });

  test('ends when its output is closed, and reports nothing as delivered that it could not show', async () => {
    const [anna, bert] = await two();
    anna.closeOutput();
    bert.give({ type: 'send', text: 'into the void' });
    await anna.exits(130);
    noTrace(anna);
    await bert.end();
    assert.ok(!bert.events.some(({ type }) => type === 'delivered'));
    assert.deepEqual(bert.events.at(-1), { type: 'end', reason: 'peer-left', exit: 7 });
  });

  test('ends when the reader of its output stops reading', async () => {
    const first = shell(`$APARTE chat --json --timeout 20 | head -n 1`);
    await first.exits(0);
    assert.equal(first.events[0]?.type, 'ready');
    noTrace(first);
    const plain = shell(`$APARTE chat --plain --timeout 20 ${freshCode()} </dev/zero | head -n 1`);
    await plain.exits(0);
    noTrace(plain);
  });

  test('does not succeed when nobody reads its output', async () => {
    const anna = sandbox.chat('anna');
    await anna.event('code');
    anna.holdOutput();
    for (let count = 0; count < 4_000; count += 1) anna.give({ type: 'nonsense' });
    anna.give({ type: 'quit' });
    await anna.said(/^aparte: The output was closed .*: nobody read the end of it in time\.\naparte: Keep/m);
    anna.closeOutput();
    await anna.exits(130);
  });

  test('acknowledges no text that it received and could not print', async () => {
    const code = freshCode();
    const receiver = shell(`{ $APARTE receive ${code}; echo "exit $?" >&2; } | true`);
    const sender = sandbox.run(['send', '--server', sandbox.server, code], { input: 'lost' });
    await Promise.all([sender.exits(7), receiver.exits(0)]);
    assert.match(receiver.stderr, /^exit 130$/m);
    assert.match(receiver.stderr, /^aparte: The output was closed .*\.\naparte: Keep the reading program open/m);
    noTrace(receiver);
  });

  test('refuses to receive or chat with a closed output, before it meets anybody', async () => {
    const code = freshCode();
    const sender = sandbox.run(['send', '--server', sandbox.server, code], { input: 'kept' });
    for (const command of [`receive ${code}`, `chat --json ${code}`, `chat --plain ${code}`]) {
      const refused = shell(`$APARTE ${command} >&-`);
      await refused.exits(1);
      assert.match(
        refused.stderr,
        /^aparte: The output could not be written: standard output is not open\.\naparte: Start/,
      );
    }
    const receiver = shell(`$APARTE receive ${code} >/dev/null`);
    await Promise.all([receiver.exits(0), sender.exits(0)]);
  });

  test('bears closed standard streams', async () => {
    const code = freshCode();
    const chat = shell('$APARTE chat --json <&-');
    await chat.exits(0);
    assert.deepEqual(chat.events.at(-1), { type: 'end', reason: 'left', exit: 0 });
    const receiver = shell(`$APARTE receive ${code} <&-`);
    const sender = shell(`$APARTE send --text hello ${code} <&- >&- 2>&-`);
    await Promise.all([receiver.exits(0), sender.exits(0)]);
    assert.equal(receiver.stdout, 'hello\n');
  });
});
