/** A chat of two programs with --json: every line of both, whole and in order. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Event } from '../process.ts';
import { freshCode, type Program, Sandbox } from './program.ts';

const sandbox = new Sandbox();
before(() => sandbox.startServer());
after(() => sandbox.close());

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The form of each field whose value differs from run to run. */
const FORMS: Readonly<Record<string, RegExp>> = {
  peer: /^\S{1,64}$/,
  id: /^\S{1,64}$/,
  safety: /^\d{5}( \d{5}){11}$/,
  rtt: /^\d+(\.\d)?$/,
  at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  verifiedAt: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
};

/** The events, with each value that differs from run to run replaced by the name of its field. */
function told(program: Program): Event[] {
  return program.events.map((event) => {
    const fields = Object.entries(event).map(([name, value]) => {
      const form = FORMS[name];
      if (form === undefined || value === null) return [name, value];
      assert.ok(typeof value === 'string' || typeof value === 'number', name);
      assert.match(String(value), form, name);
      return [name, name];
    });
    return Object.fromEntries(fields) as Event;
  });
}

/** Makers of events. */
const ready = (name: string): Event => ({ type: 'ready', version, server: sandbox.server, name });
const code = (text: string): Event => ({ type: 'code', code: text, invite: `${sandbox.server}/#${text}` });
const signal = (status: string): Event => ({ type: 'signal', status });
const end = (reason: string, exit: number): Event => ({ type: 'end', reason, exit });
const sent = (ref: string | null): Event => ({ type: 'sent', id: 'id', ref });
const delivered: Event = { type: 'delivered', id: 'id', peer: 'peer' };
const message = (name: string, text: string): Event => {
  return { type: 'message', id: 'id', peer: 'peer', name, text, at: 'at' };
};
function peer(name: string, status: string, trust = 'new'): Event {
  const path = status === 'connected' ? 'direct' : null;
  const [protocol, rtt] = status === 'connected' ? ['udp', 'rtt'] : [null, null];
  const safety = status === 'connecting' ? null : 'safety';
  const verified = trust === 'verified' ? { verifiedAt: 'verifiedAt' } : {};
  return { type: 'peer', peer: 'peer', id: 'id', name, status, path, protocol, rtt, trust, safety, ...verified };
}
/** The events from the start to the conversation. */
function met(own: string, other: string, text: string, trust = 'new'): Event[] {
  const pairing = [peer(other, 'connecting', trust), peer(other, 'connected', trust)];
  return [ready(own), signal('connected'), code(text), ...pairing, signal('left')];
}

const connected = (...programs: Program[]) =>
  Promise.all(programs.map((program) => program.event('peer', { status: 'connected' })));

describe('a chat with --json', { concurrency: 3 }, () => {
  test('tells both sides everything from ready to end', async () => {
    const anna = sandbox.chat('anna');
    const text = String((await anna.event('code'))['code']);
    assert.match(text, /^[0-9a-z]+-[a-z]+-[a-z]+$/);
    const bert = sandbox.chat('bert', [text]);
    const [toBert, toAnna] = await connected(anna, bert);
    assert.equal(toBert?.['safety'], toAnna?.['safety']);

    anna.give({ type: 'typing', on: true });
    await bert.event('typing', { on: true });
    anna.give({ type: 'typing', on: false });
    anna.give({ type: 'send', text: 'hello\nbert \u202e\u0000', ref: 'first', later: [1] });
    const { id } = await anna.event('sent', { ref: 'first' });
    await anna.event('delivered', { id });
    bert.give({ type: 'send', text: '' });
    await bert.event('delivered');
    bert.give({ type: 'send', text: '👩\u200d🚀', ref: null });
    await bert.until('two deliveries', () => bert.events.filter(({ type }) => type === 'delivered')[1]);
    anna.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);

    assert.deepEqual(told(anna), [
      ...met('anna', 'bert', text),
      sent('first'),
      delivered,
      message('bert', ''),
      message('bert', '👩\u200d🚀'),
      end('left', 0),
    ]);
    const [first, second] = [
      { type: 'typing', peer: 'peer', on: true },
      { type: 'typing', peer: 'peer', on: false },
    ];
    assert.deepEqual(told(bert), [
      ...met('bert', 'anna', text),
      first,
      second,
      message('anna', 'hello\nbert \u202e\u0000'),
      sent(null),
      delivered,
      sent(null),
      delivered,
      peer('anna', 'left'),
      end('peer-left', 0),
    ]);
    assert.equal(anna.stderr + bert.stderr, '');
    assert.doesNotMatch(anna.stdout + bert.stdout, /[\u202e\u200d]/, 'what steers a terminal is escaped');
  });

  test('calls a key new, then known, then verified, and another key under the same name changed', async () => {
    const homes = { anna: sandbox.home(), bert: sandbox.home() };
    const ids = new Set<unknown>();
    const meet = async (bertHome: string, verify: boolean) => {
      const text = freshCode();
      const anna = sandbox.chat('anna', [text], { home: homes.anna });
      const bert = sandbox.chat('bert', [text], { home: bertHome });
      const [one] = await connected(anna, bert);
      ids.add(one?.['id']);
      if (verify) {
        anna.give({ type: 'verify', peer: one?.['peer'] });
        await anna.event('peer', { trust: 'verified' });
      }
      bert.give({ type: 'quit' });
      await Promise.all([anna.exits(0), bert.exits(0)]);
      assert.equal(anna.stderr, '');
      return told(anna).filter(({ type }) => type === 'peer');
    };
    const all = (trust: string) => ['connecting', 'connected', 'left'].map((status) => peer('bert', status, trust));
    assert.deepEqual(await meet(homes.bert, false), all('new'));
    assert.deepEqual(await meet(homes.bert, true), [
      peer('bert', 'connecting', 'known'),
      peer('bert', 'connected', 'known'),
      peer('bert', 'connected', 'verified'),
      peer('bert', 'left', 'verified'),
    ]);
    assert.deepEqual(await meet(homes.bert, false), all('verified'));
    const stranger = sandbox.home();
    assert.deepEqual(await meet(stranger, false), all('changed'));
    assert.deepEqual(await meet(stranger, false), all('changed'), 'a changed key is not taken over by itself');
    const peers = await sandbox.run(['peers', '--json'], { home: homes.anna }).exits(0);
    const rows = peers.events.map((row) => [row['name'], row['trust']]);
    assert.deepEqual(rows, [['bert', 'verified']]);
    assert.equal(ids.size, 2, 'one identity for each data folder');
    assert.ok(ids.has(peers.events[0]?.['id']), 'the events name the identity as `aparte peers` does');
    const shown = await sandbox.run(['peers'], { home: homes.anna }).exits(0);
    assert.match(shown.stdout, /^bert {2}verified {2}\d{5}( \d{5}){5}\n$/);
  });

  test('answers each line that is no command with an error, and goes on', async () => {
    const text = freshCode();
    const [anna, bert] = [sandbox.chat('anna', [text]), sandbox.chat('bert', [text])];
    await connected(anna, bert);
    const mistakes: readonly (string | Uint8Array)[] = [
      'hello',
      '{"type":"send","text":"cut off',
      '[]',
      'null',
      '"quit"',
      '{}',
      '{"type":"dance"}',
      '{"type":"__proto__"}',
      '{"type":["quit"]}',
      '{"type":"send"}',
      '{"type":"send","text":1}',
      '{"type":"send","text":"x","ref":1}',
      '{"type":"send","text":"\\ud800"}',
      '{"type":"typing","on":"yes"}',
      '{"type":"verify"}',
      '{"type":"verify","peer":"nobody"}',
      Uint8Array.of(0x22, 0xff, 0x22),
      '['.repeat(100_000),
    ];
    for (const mistake of mistakes) {
      anna.write(mistake);
      anna.write('\n');
    }
    const long = JSON.stringify({ type: 'send', text: 'x'.repeat(65_537) });
    anna.write(`${long}\n${' '.repeat(1_000_000)}\n`);
    anna.give({ type: 'send', text: 'x'.repeat(65_536), ref: 'longest' });
    await anna.event('sent', { ref: 'longest' });
    await anna.event('delivered');
    anna.closeInput();
    await Promise.all([anna.exits(0), bert.exits(0)]);
    const errors = anna.events.filter(({ type }) => type === 'error');
    assert.deepEqual(
      errors.map((error) => [error['code'], error['fatal']]),
      [...mistakes.map(() => ['bad-command', false]), ['message-too-long', false], ['message-too-long', false]],
    );
    for (const { message: sentence } of errors) assert.match(String(sentence), /./);
    const heard = told(bert).filter(({ type }) => type === 'message' || type === 'error');
    assert.deepEqual(
      heard.map((event) => String(event['text']).length),
      [65_536],
    );
  });

  test('delivers what is pending after the end of input, even to a peer who has yet to come', async () => {
    const text = freshCode();
    const lines = ['one', 'two', 'three'].map((each, ref) =>
      JSON.stringify({ type: 'send', text: each, ref: `${ref}` }),
    );
    // The last line has no line end.
    const anna = sandbox.chat('anna', [text], { input: lines.join('\n') });
    await anna.event('code');
    const bert = sandbox.chat('bert', [text]);
    await Promise.all([anna.exits(0), bert.exits(0)]);
    assert.deepEqual(
      bert.events.filter(({ type }) => type === 'message').map((event) => event['text']),
      ['one', 'two', 'three'],
    );
    assert.deepEqual(
      anna.events.filter(({ type }) => type === 'sent').map((event) => event['ref']),
      ['0', '1', '2'],
    );
    assert.deepEqual(told(anna).slice(-4), [delivered, delivered, delivered, end('left', 0)]);
    assert.deepEqual(told(bert).slice(-2), [peer('anna', 'left'), end('peer-left', 0)]);
  });

  test('says so to a user who quits before everything was delivered', async () => {
    const anna = sandbox.chat('anna');
    anna.give({ type: 'send', text: 'too late', ref: 'r' });
    anna.give({ type: 'quit' });
    await anna.exits(7);
    const [error, last] = anna.events.slice(-2);
    assert.deepEqual([error?.['code'], error?.['fatal']], ['undelivered', true]);
    assert.deepEqual(last, end('undelivered', 7));
  });

  test('ends with 0 for a user who leaves, or whose input ends, with nothing to send', async () => {
    const quick = sandbox.chat('anna', [], { input: '' });
    await quick.exits(0);
    assert.deepEqual(told(quick).at(-1), end('left', 0));
    const waiting = sandbox.chat('anna');
    await waiting.event('code');
    waiting.give({ type: 'quit' });
    await waiting.exits(0);
    assert.deepEqual(told(waiting).slice(-2), [signal('left'), end('left', 0)]);
  });

  test('takes the code from an invite, which names the server, and from the environment', async () => {
    const anna = sandbox.chat('anna');
    const { code: text, invite } = await anna.event('code');
    assert.equal(invite, `${sandbox.server}/#${String(text)}`);
    const env = { APARTE_NAME: 'bert', APARTE_SERVER: 'http://127.0.0.1:9' };
    const bert = sandbox.run(['--json', invite], { env });
    await connected(anna, bert);
    bert.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
    assert.deepEqual(told(bert), [...met('bert', 'anna', String(text)), end('left', 0)]);

    const agreed = freshCode();
    const settings = { APARTE_CODE: ` ${agreed.toUpperCase().replaceAll('-', '  ')}`, APARTE_SERVER: sandbox.server };
    const carl = sandbox.run(['chat', '--json', '--name', 'carl'], { env: settings });
    const dora = sandbox.run(['--json'], { env: { ...settings, APARTE_NAME: 'dora' } });
    await connected(carl, dora);
    for (const program of [carl, dora]) program.kill('SIGTERM');
    await Promise.all([carl.end(), dora.end()]);
    assert.deepEqual(told(carl).slice(0, 3), met('carl', 'dora', agreed).slice(0, 3));
  });

  for (const first of ['anna', 'mallory']) {
    test(`tells both sides of a wrong secret and delivers nothing, ${first} first`, async () => {
      const nameplate = freshCode().split('-')[0];
      const names = first === 'anna' ? ['anna', 'mallory'] : ['mallory', 'anna'];
      const [one, two] = names.map((name) => () => sandbox.chat(name, [`${nameplate}-${name}-ocean-violin`]));
      const early = one?.() as Program;
      early.give({ type: 'send', text: 'for anna only' });
      await early.event('code');
      const late = two?.() as Program;
      late.give({ type: 'send', text: 'for anna only' });
      await Promise.all([early.exits(3), late.exits(3)]);
      for (const program of [early, late]) {
        const types = program.events.map(({ type }) => type);
        assert.ok(!types.includes('peer') && !types.includes('message'), types.join(' '));
        const [error, last] = program.events.filter(({ type }) => type === 'error' || type === 'end').slice(-2);
        assert.deepEqual([error?.['code'], error?.['fatal']], ['wrong-code', true]);
        assert.match(String(error?.['message']), /mistyped.*tried to guess/);
        assert.deepEqual(last, end('wrong-code', 3));
      }
    });
  }

  test('tells both sides that they use the same data folder, if they meet at a named server', async () => {
    const [text, home] = [freshCode(), sandbox.home()];
    const programs = ['anna', 'bert'].map((name) => sandbox.chat(name, [text], { home }));
    await Promise.all(programs.map((program) => program.exits(3)));
    const codes = programs.map((program) => program.events.find(({ type }) => type === 'error')?.['code']);
    assert.deepEqual(codes, ['self', 'self']);
  });
});
