/** Manual pairing with the real program: two processes, no server, and two texts that each gives to the other. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type Program, Sandbox } from './program.ts';

const sandbox = new Sandbox();
after(() => sandbox.close());

const chat = (name: string, args: readonly string[] = [], env = {}) =>
  sandbox.run(['--manual', '--json', '--name', name, ...args], { env });
const blobOf = async (program: Program, kind: 'invite' | 'answer') => String((await program.event(kind))['blob']);
/** The blob that stands on a line of its own on standard error. */
const saidBlob = async (program: Program, kind: 'i' | 'a') =>
  (await program.said(new RegExp(`^(ap1${kind}\\S+)$`, 'm')))[1] ?? '';

describe('aparte --manual', { concurrency: 2 }, () => {
  test('pairs two chats by two lines of URL-safe text', async () => {
    const ann = chat('Ann');
    const invite = await blobOf(ann, 'invite');
    assert.match(invite, /^ap1i[A-Za-z0-9_-]{100,300}$/);
    assert.equal((await ann.event('ready'))['server'], null);
    const ben = chat('Ben', [invite]);
    const answer = await blobOf(ben, 'answer');
    ann.give({ type: 'answer', blob: invite });
    assert.equal((await ann.event('error', { fatal: false }))['code'], 'own-invite');
    ann.give({ type: 'answer', blob: answer });
    await Promise.all([ann, ben].map((each) => each.event('peer', { status: 'connected', path: 'direct' })));
    ann.give({ type: 'send', text: 'over no server' });
    await ben.event('message', { text: 'over no server', name: 'Ann' });
    ann.give({ type: 'quit' });
    await Promise.all([ann.exits(0), ben.exits(0)]);
    assert.ok(![...ann.events, ...ben.events].some(({ type }) => type === 'code' || type === 'signal'));
  });

  test('sends a text by an invite of send and an answer of receive', async () => {
    const send = sandbox.run(['send', '--manual', '--text', 'a key']);
    const receive = sandbox.run(['receive', '--manual', await saidBlob(send, 'i')]);
    const answer = await saidBlob(receive, 'a');
    // As a mail program wraps it.
    send.write(answer.replace(/.{50}/g, '> $&\n'));
    send.closeInput();
    await Promise.all([send.exits(0), receive.exits(0)]);
    assert.equal(receive.stdout, 'a key\n');
  });

  test('stops waiting for the answer when standard input ends', async () => {
    for (const args of [['send', '--text', 'a key'], ['receive']]) {
      const { stderr } = await sandbox.run([...args, '--manual'], { input: '\n' }).exits(2);
      assert.match(stderr, /standard input ended before the answer was pasted/);
    }
  });

  test('sends standard input by an invite of receive, under a code that both sides agreed on', async () => {
    const env = { APARTE_CODE: 'Ocean  Violin' };
    const receive = sandbox.run(['receive', '--manual', '--code'], { env });
    const invite = await saidBlob(receive, 'i');
    const send = sandbox.run(['send', '--manual', '--code'], {
      env: { APARTE_CODE: 'ocean-violin', APARTE_INVITE: invite },
      input: 'piped',
    });
    receive.write(`${await saidBlob(send, 'a')}\n`);
    await Promise.all([send.exits(0), receive.exits(0)]);
    assert.equal(receive.stdout, 'piped');
  });

  test('takes an agreed code with quotes and invisible characters around it for the same code, and says so', async () => {
    const ann = chat('Ann', ['--code'], { APARTE_CODE: '\u201cOcean Violin\u201d.' });
    const ben = chat('Ben', ['--code', await blobOf(ann, 'invite')], { APARTE_CODE: '\ufeffocean-vio\u00adlin' });
    ann.give({ type: 'answer', blob: await blobOf(ben, 'answer') });
    await Promise.all([ann, ben].map((side) => side.event('peer', { status: 'connected' })));
    assert.match(ann.stderr, /^aparte: note: left out of the code: \u201c and \u201d and \.\n/);
    assert.match(ben.stderr, /^aparte: note: left out of the code: .*\(U\+FEFF\) and .*\(U\+00AD\)\n/);
    ann.give({ type: 'quit' });
    await Promise.all([ann.exits(0), ben.exits(0)]);
  });

  test('ends both sides with 3 when their agreed codes differ', async () => {
    const ann = chat('Ann', ['--code'], { APARTE_CODE: 'ocean-violin' });
    const ben = chat('Ben', ['--code', await blobOf(ann, 'invite')], { APARTE_CODE: 'ocean-viola' });
    ann.give({ type: 'answer', blob: await blobOf(ben, 'answer') });
    await Promise.all([ann.exits(3), ben.exits(3)]);
    for (const side of [ann, ben])
      await side.until('end', () => side.events.find(({ reason }) => reason === 'wrong-code'));
  });

  test('names a word of the agreed code that is probably mistyped', async () => {
    for (const [agreed, isNamed] of [
      ['ocean-violn', true],
      ['ocaen violin', true],
      ['ocean-violin', false],
      ['grandma-fishsoup', false],
    ] as const) {
      const program = sandbox.run(['receive', '--manual', '--code'], { env: { APARTE_CODE: agreed } });
      await saidBlob(program, 'i');
      assert.equal(/not all words of the code are in the list/.test(program.stderr), isNamed, agreed);
      program.kill('SIGKILL');
    }
  });

  test('takes an answer that is wrapped and quoted into a plain chat', async () => {
    const ann = sandbox.run(['--manual', '--plain', '--name', 'Ann']);
    const invite = await ann.until('invite', () => /^(ap1i\S+)$/m.exec(ann.stdout)?.[1]);
    assert.match(ann.stdout, /nobody else can read/);
    assert.doesNotMatch(ann.stdout, /\x1b/);
    const ben = chat('Ben', [invite]);
    const answer = await blobOf(ben, 'answer');
    ann.write('what now?\n');
    await ann.until('advice', () => /holds no invite and no answer/.exec(ann.stdout));
    ann.write(`Ben wrote:\n> ${answer.slice(0, 70)}\n> ${answer.slice(70)}\n`);
    await ben.event('peer', { status: 'connected' });
    ann.write('hello\n');
    await ben.event('message', { text: 'hello' });
    ben.give({ type: 'quit' });
    await Promise.all([ann.exits(0), ben.exits(0)]);
  });

  test('refuses what cannot be done at once, by name', async () => {
    const cases: readonly [readonly string[], number, RegExp][] = [
      [['send', '--manual'], 2, /cannot hold both the text and the answer/],
      [['--manual', '--lan'], 2, /--manual cannot be combined with a server/],
      [['--manual', '--server', 'http://localhost:1'], 2, /--manual cannot be combined with a server/],
      [['chat', '--code', '7-ocean-violin'], 2, /--code is only for --manual/],
      [['--manual', '--code', '--json'], 2, /APARTE_CODE/],
      [['receive', '--manual', '-'], 2, /APARTE_INVITE/],
      [['receive', '--manual', 'ap1iAAAA'], 2, /damaged/],
      [['receive', '--manual', '7-ocean-violin'], 2, /no invite and no answer/],
    ];
    await Promise.all(
      cases.map(async ([args, exit, says]) => {
        const program = await sandbox.run(args, { input: '' }).exits(exit);
        assert.match(program.stderr, says);
      }),
    );
  });
});
