/** `send` and `receive` as scripts use them: bytes, streams and exit codes. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { APARTE } from '../process.ts';
import { freshCode, type Program, Sandbox, type Setting } from './program.ts';

const sandbox = new Sandbox();
before(() => sandbox.startServer());
after(() => sandbox.close());

const server = () => ['--server', sandbox.server];
const send = (args: readonly string[], setting?: Setting) => sandbox.run(['send', ...server(), ...args], setting);
const receive = (args: readonly string[], setting?: Setting) => sandbox.run(['receive', ...server(), ...args], setting);
const both = (...programs: Program[]) => Promise.all(programs.map((program) => program.exits(0)));

/** Valid UTF-8 of all widths with every kind of line end inside and none at the end. */
function prose(bytes: number): Buffer {
  const pattern = Buffer.from('plain \u00e9\u20ac\u{1f680} \u0000\t\u202e\r\n\u2028"\\\n');
  const text = Buffer.alloc(bytes, pattern);
  const whole = bytes - (bytes % pattern.length);
  return text.fill('x', whole);
}

describe('send and receive', { concurrency: 3 }, () => {
  test('delivers a text as a line, even if the receiver comes first', async () => {
    const code = freshCode();
    const receiver = receive([code]);
    const sender = send(['--text', 'the key\nis\ttwo \u{1f511}', code]);
    await both(receiver, sender);
    assert.equal(receiver.stdout, 'the key\nis\ttwo \u{1f511}\n');
    assert.equal(sender.stdout, '');
  });

  test('delivers a text that is too long for one message as one line', async () => {
    const [code, text] = [freshCode(), `${'\u00e9'.repeat(60_000)}!`];
    const receiver = receive([code]);
    await both(receiver, send(['--text', text, code]));
    assert.equal(receiver.stdout, `${text}\n`);
  });

  test('makes a code and connects while the input takes its time', async () => {
    const sender = send([]);
    const [, code = ''] = await sender.said(/The code is {2}(\S+)\n/);
    const receiver = sandbox.chat('anna', [code]);
    await receiver.event('peer', { status: 'connected' });
    sender.write('late, but here');
    sender.closeInput();
    await receiver.event('message', { text: 'late, but here' });
    receiver.give({ type: 'quit' });
    await both(sender, receiver);
  });

  test('delivers what is piped in as it comes, while the pipe stays open', async () => {
    const code = freshCode();
    const [sender, receiver] = [send([code]), receive([code])];
    for (const line of ['one\n', 'two \u{1f680}\n', 'half a li', 'ne\n']) {
      const expected = receiver.stdout + line;
      sender.write(line);
      await receiver.until(line, () => receiver.stdout === expected);
    }
    sender.closeInput();
    await both(sender, receiver);
    assert.equal(receiver.stdout, 'one\ntwo \u{1f680}\nhalf a line\n');
  });

  test('delivers a character whole that the pipe cuts in two', async () => {
    const code = freshCode();
    const [sender, receiver] = [send([code]), receive([code])];
    const rocket = Buffer.from('a\u{1f680}');
    sender.write(rocket.subarray(0, 3));
    await receiver.until('a', () => receiver.stdout === 'a');
    sender.write(rocket.subarray(3));
    await receiver.until('the rest', () => receiver.output.equals(rocket));
    sender.closeInput();
    await both(sender, receiver);
  });

  test('ends with 7 when the receiver leaves before the end of the input', async () => {
    const code = freshCode();
    const [sender, chat] = [send([code]), sandbox.chat('anna', [code])];
    sender.write('one\n');
    await chat.event('message', { text: 'one\n' });
    chat.give({ type: 'quit' });
    await Promise.all([sender.exits(7), chat.exits(0)]);
    assert.match(sender.stderr, /left before everything was delivered/);
  });

  test('ends with 2 at bytes that are not UTF-8, even behind text that was delivered', async () => {
    const code = freshCode();
    const [sender, chat] = [send([code]), sandbox.chat('anna', [code])];
    sender.write('one\n');
    await chat.event('message', { text: 'one\n' });
    sender.write(Buffer.alloc(70_000, 0x80));
    await sender.exits(2);
    assert.match(sender.stderr, /not UTF-8 text/);
    await chat.end();
  });

  test('ends with 2 on input that cannot be sent, and says goodbye', async () => {
    const sender = send([]);
    const [, code = ''] = await sender.said(/The code is {2}(\S+)\n/);
    const receiver = sandbox.chat('anna', [code]);
    await receiver.event('peer', { status: 'connected' });
    await sender.said(/anna is here/);
    sender.closeInput();
    await receiver.event('peer', { status: 'left' });
    const { stderr } = await sender.exits(2);
    assert.match(stderr, /standard input is empty/);
    await receiver.exits(0);
  });

  test('ends with 2 on input that the system cannot read', { skip: process.platform === 'win32' }, async () => {
    const command = `exec ${process.execPath} ${APARTE} send 7-ocean-violin 0>${sandbox.folder}/write-only`;
    const { stderr } = await sandbox.start(['sh', '-c', command]).exits(2);
    assert.match(stderr, /standard input cannot be read \(EBADF\)\.\n/);
  });

  test('makes a code and prints it on standard error if send has none', async () => {
    const sender = send(['--text', 'hello']);
    const [, code = ''] = await sender.said(/The code is {2}(\S+)\n/);
    assert.match(code, /^[0-9a-z]+-[a-z]+-[a-z]+$/);
    const receiver = receive([code]);
    await both(sender, receiver);
    assert.deepEqual([sender.stdout, receiver.stdout], ['', 'hello\n']);
    assert.ok(!receiver.stderr.includes(code), 'who gave the code is not told it');
  });

  for (const [what, input] of [
    ['an end of line', Buffer.from('one\ntwo\n')],
    ['no end of line', Buffer.from('one\ntwo')],
    ['a megabyte', prose(1_000_003)],
    ['more than an outbox holds', prose(5_000_011)],
  ] as const) {
    test(`delivers standard input byte for byte: ${what}`, async () => {
      const code = freshCode();
      const sender = send([code], { input });
      const receiver = receive([code]);
      await both(sender, receiver);
      assert.ok(receiver.output.equals(input), `${receiver.output.length} of ${input.length} bytes`);
    });
  }

  test('delivers a text from send to a chat, and says who came', async () => {
    const code = freshCode();
    const chat = sandbox.chat('anna', [code]);
    const sender = send(['--text', 'hello', '--name', 'bert', code]);
    await both(sender, chat);
    assert.deepEqual(
      chat.events.filter(({ type }) => type === 'message').map(({ name, text }) => [name, text]),
      [['bert', 'hello']],
    );
    assert.match(sender.stderr, /anna is here \(direct\)/);
  });

  test('ends receive with 7 when the other side leaves and has sent nothing', async () => {
    const code = freshCode();
    const chat = sandbox.chat('anna', [code]);
    const receiver = receive([code]);
    await chat.event('peer', { status: 'connected' });
    chat.give({ type: 'quit' });
    await receiver.exits(7);
    assert.equal(receiver.stdout, '');
    assert.match(receiver.stderr, /left before everything was delivered.*\n.*\n$/);
  });

  test('takes a code out of the text it was copied with, and says what was left out', async () => {
    for (const [ahead, behind, dropped] of [
      ['', '.', '\\.'],
      ['\ufeff“', '”,', 'an invisible character \\(U\\+FEFF\\) and “ and ” and ,'],
      ['**', '**', '\\*'],
      ['aparte receive `', '\u00ad`', 'an invisible character \\(U\\+00AD\\) and `'],
    ] as const) {
      const code = freshCode();
      const [sender, receiver] = [send(['--text', 'x', code]), receive([`${ahead}${code}${behind}`])];
      await both(sender, receiver);
      assert.match(receiver.stderr, new RegExp(`^aparte: note: left out of the code: ${dropped}\n`));
      assert.doesNotMatch(sender.stderr, /left out/);
    }
  });

  test('prints what the other side sends while it sends itself', async () => {
    const code = freshCode();
    const [one, two] = [send(['--text', 'one', code]), send(['--text', 'two', code])];
    await both(one, two);
    assert.deepEqual([one.stdout, two.stdout], ['two\n', 'one\n']);
  });

  test('ends both with 3 on a wrong code, and prints nothing', async () => {
    const code = freshCode();
    const receiver = receive([code]);
    const sender = send(['--text', 'secret words', `${code}s`]);
    await Promise.all([receiver.exits(3), sender.exits(3)]);
    assert.equal(receiver.stdout, '');
    for (const { stderr } of [receiver, sender]) {
      assert.match(stderr, /codes do not match, so one of you mistyped the code, or somebody between you/);
      assert.ok(!stderr.includes('ocean'), 'no secret in what is said');
    }
  });

  test('ends with 6 after --timeout if nobody comes', async () => {
    const programs = [receive(['--timeout', '0.5', freshCode()]), send(['--timeout', '0.5', '--text', 'x'])];
    for (const program of programs) {
      await program.exits(6);
      assert.match(program.stderr, /aparte: The other side did not come\.\n.*--timeout/);
    }
    const chat = await sandbox.chat('anna', ['--timeout', '0.5']).exits(6);
    assert.deepEqual(chat.events.at(-1), { type: 'end', reason: 'timeout', exit: 6 });
  });

  test('warns of a forgotten nameplate and a weak secret, and uses them', async () => {
    const sender = send(['--text', 'x', 'ocean-violin']);
    await sender.said(/aparte: WARNING: is the number missing\?/);
    const receiver = receive([], { env: { APARTE_CODE: 'ocean-violin' } });
    await receiver.said(/aparte: WARNING: is the number missing\?/);
    await both(sender, receiver);
    for (const [code, why] of [
      ['801ocean-violin', /aparte: WARNING: is a dash missing\?.*\naparte: A code looks like 7-ocean-violin/],
      ['802-violin', /aparte: WARNING: is the end missing\?/],
      ['803-garden-otter. thanks', /aparte: WARNING: this looks like a code with other text around it\.\n/],
    ] as const) {
      const pair = [send(['--text', 'x', code]), receive([code])] as const;
      for (const program of pair) await program.said(why);
      await both(...pair);
    }
    const weak = send(['--text', 'x', '800-secret']);
    const [, bits] = await weak.said(/aparte: warning: this secret is weak \(about (\d+) bits\)/);
    assert.ok(Number(bits) < 10, bits);
    const other = receive(['800-secret']);
    await both(weak, other);
  });
});
