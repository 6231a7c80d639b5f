/** JSON lines: every event arrives whole, every command is checked, and no input breaks anything. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChatEvent, UserCommand } from '../../peer/core/facts-and-orders.ts';
import { type JsonEvent, jsonLine, MAX_LINE, openJsonChat } from '../../peer/ui/json-chat.ts';
import type { Ui } from '../../peer/ui/ui.ts';
import { AparteError } from '../../shared/errors.ts';

const EVENTS: readonly ChatEvent[] = [
  { type: 'ready', version: '0.1.0', server: null, name: 'ben' },
  { type: 'code', code: '7-ocean-violin', invite: 'http://localhost:7470/#7-ocean-violin' },
  {
    type: 'peer',
    peer: 'p',
    id: 'AAAA',
    name: 'anna',
    status: 'connected',
    path: 'direct',
    protocol: 'udp',
    rtt: 1.5,
    trust: 'new',
    safety: '12345',
  },
  {
    type: 'message',
    id: 'm',
    peer: 'p',
    name: 'an\u202ena',
    text: 'a\nb\x1b\x9b\u{e0041}👩\u200d🚀',
    at: '2026-01-02T03:04:05.000Z',
  },
  { type: 'sent', id: 'a', ref: null },
  { type: 'delivered', id: 'a', peer: 'p' },
  { type: 'typing', peer: 'p', on: true },
  { type: 'signal', status: 'left' },
  { type: 'error', error: new AparteError('usage', { key: 'command-line', text: 'm\x9b' }), fatal: true, ref: 'r' },
  { type: 'end', reason: 'r', exit: 3 },
];

/** An event as its line holds it: an error has words in place of its detail. */
const ERROR_LINE = {
  type: 'error',
  code: 'usage',
  message: 'This command cannot be run: m\x9b.',
  hint: 'See "aparte --help".',
  fatal: true,
  ref: 'r',
} as const;

interface Opened {
  readonly ui: Ui;
  readonly commands: UserCommand[];
  /** The events written so far. */
  readonly events: () => JsonEvent[];
  /** Writes to the input and ends it. Resolves when all of it has been read. */
  readonly feed: (...chunks: (string | Uint8Array)[]) => Promise<void>;
}

function opened(): Opened {
  const [input, output] = [new PassThrough(), new PassThrough({ highWaterMark: 1 << 24 })];
  const commands: UserCommand[] = [];
  const ended = once(input, 'aparte-ended');
  const ui = openJsonChat(
    { input, output },
    {
      command: (command) => commands.push(command),
      ended: () => input.emit('aparte-ended'),
      interrupted: () => assert.fail('interrupted'),
      fault: (error) => assert.fail(error),
    },
  );
  let text = '';
  return {
    ui,
    commands,
    events: () => {
      for (let piece = output.read() as Buffer | null; piece !== null; piece = output.read() as Buffer | null)
        text += piece.toString();
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as JsonEvent);
    },
    feed: async (...chunks) => {
      for (const chunk of chunks) input.write(chunk);
      input.end();
      await ended;
    },
  };
}

test('writes each event as one line that parses to the event and steers no terminal', async () => {
  const { ui, events } = opened();
  for (const event of EVENTS) await ui.render(event);
  const written = EVENTS.map((event) => (event.type === 'error' ? ERROR_LINE : event));
  assert.deepEqual(events(), written);
  for (const event of EVENTS) assert.doesNotMatch(jsonLine(event).slice(0, -1), /\p{Cc}|\p{Cf}/u);
});

test('carries any text unchanged', () => {
  const unit = fc
    .oneof(fc.nat(0xff), fc.nat(0xffff), fc.integer({ min: 0xd7f0, max: 0xe010 }))
    .map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const text = units.join('');
      const line = jsonLine({ type: 'message', id: 'm', peer: 'p', name: 'n', text, at: '' });
      assert.equal(line.indexOf('\n'), line.length - 1);
      assert.equal((JSON.parse(line) as { text: string }).text, text);
    }),
  );
});

test('passes commands on, and ignores unknown keys and blank lines', async () => {
  const { commands, feed, events } = opened();
  await feed(
    '{"type":"send","text":"hi\\n","ref":"r","more":1}\r\n\n',
    '{"type":"send","text":"","ref":null,"__proto__":{"type":"quit"}}\n{"type":"send","text":"x"}\n',
    '{"type":"typing","on":true}\n{"type":"verify","peer":"p"}\n{"type":"quit"}',
  );
  assert.deepEqual(commands, [
    { type: 'send', text: 'hi\n', ref: 'r' },
    { type: 'send', text: '', ref: null },
    { type: 'send', text: 'x', ref: null },
    { type: 'typing', on: true },
    { type: 'verify', peer: 'p' },
    { type: 'quit' },
  ]);
  assert.deepEqual(events(), []);
});

test('answers a line that is no command with an error, and changes nothing', async () => {
  const bad = [
    'hello',
    '{"type":"send"',
    '{"type":"send"}',
    '{"type":"send","text":1}',
    '{"type":"send","text":"half \\ud800"}',
    '{"type":"send","text":"x","ref":7}',
    '{"type":"typing","on":"yes"}',
    '{"type":"verify"}',
    '{"type":"fly"}',
    '{"__proto__":{"type":"quit"}}',
    '[]',
    'null',
    '"quit"',
    '['.repeat(100_000),
  ];
  const { commands, feed, events } = opened();
  await feed(bad.join('\n'), '\n', Uint8Array.of(0x22, 0xff, 0x22, 10), '{"type":"quit"}\n');
  assert.deepEqual(commands, [{ type: 'quit' }]);
  const errors = events();
  assert.equal(errors.length, bad.length + 1);
  for (const error of errors) {
    assert.ok(error.type === 'error' && error.code === 'bad-command' && !error.fatal && error.hint !== '');
  }
});

test('names the ref of a line that is no command, if it has one', async () => {
  const { feed, events } = opened();
  const lines: readonly [line: string, ref: string | undefined][] = [
    ['{"type":"send","ref":"x"}', 'x'],
    ['{"ref":"","type":"send","text":7}', ''],
    ['{"type":"send","text":"half \\ud800","ref":"y\\u202e"}', 'y\u202e'],
    ['{"type":"typing","ref":"z"}', 'z'],
    ['{"type":"fly","ref":"w"}', 'w'],
    ['{"ref":"v"}', 'v'],
    ['{"type":"send","text":"x","ref":7}', undefined],
    ['{"type":"send","ref":["x"]}', undefined],
    ['{"type":"send","ref":null}', undefined],
    ['{"type":"send"}', undefined],
    ['[{"ref":"x"}]', undefined],
  ];
  await feed(`${lines.map(([line]) => line).join('\n')}\n`);
  assert.deepEqual(
    events().map((event) => event.type === 'error' && [event.code, event.ref]),
    lines.map(([, ref]) => ['bad-command', ref]),
  );
});

test('takes the longest message however it is escaped, and refuses a longer line', async () => {
  const { commands, feed, events } = opened();
  const longest = `{"type":"send","text":"${'\\u0001'.repeat(65_536)}"}`;
  assert.ok(longest.length <= MAX_LINE);
  await feed(longest, '\n', ...Array.from({ length: 10 }, () => 'x'.repeat(1 << 20)), '\n{"type":"quit"}\n');
  assert.deepEqual(commands, [{ type: 'send', text: '\x01'.repeat(65_536), ref: null }, { type: 'quit' }]);
  assert.deepEqual(
    events().map((event) => event.type === 'error' && [event.code, event.fatal]),
    [['message-too-long', false]],
  );
});

test('reads the input the same in any pieces', async () => {
  const bytes = new TextEncoder().encode('{"type":"send","text":"日本👩"}\nnot json\n{"type":"quit"}\n');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
      const { commands, feed, events } = opened();
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      await feed(
        ...at
          .slice(1)
          .map((cut, index) => bytes.slice(at[index], cut))
          .filter(({ length }) => length > 0),
      );
      assert.deepEqual(commands, [{ type: 'send', text: '日本👩', ref: null }, { type: 'quit' }]);
      assert.equal(events().length, 1);
    }),
    { numRuns: 50 },
  );
});

test('survives any bytes', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      const { commands, feed, events } = opened();
      await feed(...pieces.flatMap((each) => [each, Uint8Array.of(10)]).filter(({ length }) => length > 0));
      assert.deepEqual(commands, []);
      assert.ok(events().every((event) => event.type === 'error'));
    }),
    { numRuns: 100 },
  );
});

test('counts an event as shown only when the output has taken it', async () => {
  let take = () => {};
  const output = new Writable({
    write: (_chunk, _encoding, done) => {
      take = done;
    },
  });
  const quiet = { command: () => {}, ended: () => {}, interrupted: () => {}, fault: () => {} };
  const ui = openJsonChat({ input: new PassThrough(), output }, quiet);
  let shown = false;
  const promise = ui.render({ type: 'sent', id: 'a', ref: null }).then(() => {
    shown = true;
  });
  await new Promise(setImmediate);
  assert.equal(shown, false);
  take();
  await promise;
  await ui.close();
});

test('reports a closed output once, and rejects what could not be shown', async () => {
  const output = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
  });
  const faults: string[] = [];
  const fault = ({ code }: { code: string }) => void faults.push(code);
  const ui = openJsonChat(
    { input: new PassThrough(), output },
    { command: () => {}, ended: () => {}, interrupted: () => {}, fault },
  );
  const shown = [1, 2].map((id) => ui.render({ type: 'sent', id: String(id), ref: null }));
  for (const each of shown) await assert.rejects(each, { code: 'output-closed' });
  await assert.rejects(ui.render({ type: 'sent', id: '3', ref: null }), { code: 'output-closed' });
  await ui.close();
  assert.deepEqual(faults, ['output-closed']);
});

test('takes no command after it was closed', async () => {
  const input = new PassThrough();
  const commands: UserCommand[] = [];
  const events = {
    command: (each: UserCommand) => commands.push(each),
    ended: () => {},
    interrupted: () => {},
    fault: () => {},
  };
  const ui = openJsonChat({ input, output: new PassThrough() }, events);
  await ui.close();
  input.write('{"type":"quit"}\n');
  await new Promise(setImmediate);
  assert.deepEqual(commands, []);
});
