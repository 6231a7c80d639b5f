/** The plain chat and the output of `send` and `receive`: lines, and nothing that moves the cursor. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { ChatEvent, UserCommand, Waiting } from '../../peer/core/facts-and-orders.ts';
import { codeLines } from '../../peer/ui/event-text.ts';
import { wrapLine } from '../../peer/ui/line-wrapping.ts';
import { openPlainChat } from '../../peer/ui/plain-chat.ts';
import { openSendReceive } from '../../peer/ui/send-receive-output.ts';
import { AparteError } from '../../shared/errors.ts';

const appearance = { colour: false, unicode: true };
const READY: ChatEvent = { type: 'ready', version: '0.1.0', server: null, name: 'ben' };
const CODE: ChatEvent = { type: 'code', code: '7-ocean-violin', invite: null };
/** A wait that began two seconds ago. */
const waiting = (what: Waiting['for'], until: number | null = null): Waiting => ({
  for: what,
  since: performance.now() - 2_000,
  until,
});
const message = (text: string, raw?: true): ChatEvent => ({
  type: 'message',
  id: 'm',
  peer: 'p',
  name: 'anna',
  text,
  at: '2026-01-02T03:04:05Z',
  ...(raw && { raw }),
});

/** Everything in a stream. Newer releases of Node return it in several pieces. */
function read(stream: PassThrough): string {
  let text = '';
  for (let piece = stream.read() as Buffer | null; piece !== null; piece = stream.read() as Buffer | null)
    text += piece.toString();
  return text;
}

function plain(isTerminal = false) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const commands: UserCommand[] = [];
  const ended = once(input, 'aparte-ended');
  const ui = openPlainChat(
    { input, output, appearance, hasAgreedCode: false, columns: () => null, isTerminal },
    {
      command: (command) => {
        commands.push(command);
        input.emit('aparte-command');
      },
      ended: () => input.emit('aparte-ended'),
      interrupted: () => assert.fail('interrupted'),
      fault: (error) => assert.fail(error),
    },
  );
  return { ui, input, output, commands, ended };
}

test('plain: takes lines, prints lines, and never moves the cursor', async () => {
  const { ui, input, output, commands, ended } = plain();
  for (const event of [READY, CODE, message('hi\x1b[2J')]) await ui.render(event);
  input.end('hello\n/peers\n/unknown\nlast');
  await ended;
  assert.deepEqual(commands, [
    { type: 'send', text: 'hello', ref: '1' },
    { type: 'send', text: 'last', ref: '2' },
  ]);
  await ui.render({ type: 'sent', id: 'a', ref: '1' });
  await ui.render({ type: 'delivered', id: 'a', peer: 'p' });
  await ui.close();
  const text = read(output);
  for (const part of [
    '7-ocean-violin',
    'anna: hi\\x1b[2J',
    'you: hello ✓',
    'Nobody is here yet',
    'no command /unknown',
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  assert.match(text, /you: last \(not delivered\)\n$/);
  assert.doesNotMatch(text, /[^\P{Cc}\n]/u);
});

const PEER: ChatEvent = {
  type: 'peer',
  peer: 'p',
  id: 'AAAA',
  name: 'anna',
  trust: 'new',
  status: 'connected',
  path: 'direct',
  protocol: 'udp',
  rtt: 1,
  safety: null,
};
const LEFT: ChatEvent = { type: 'end', reason: 'peer-left', exit: 0 };

test('plain: stays open in a terminal after the other side ended the chat, and takes the line being written', async () => {
  for (const [typed, unsent] of [
    ['\n', ''],
    ['half a line\nand a next\n', '— Not sent:\n  half a line\n  and a next\n'],
    [null, ''],
  ] as const) {
    const { ui, input, output, commands } = plain(true);
    for (const event of [PEER, LEFT]) await ui.render(event);
    read(output);
    let isDismissed = false;
    const dismissed = ui.dismissed?.().then(() => {
      isDismissed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(read(output), '— The chat is over. Nothing more is sent. Press Enter to close.\n');
    assert.equal(isDismissed, false);
    if (typed === null) input.end();
    else input.write(typed);
    await dismissed;
    await ui.close();
    assert.equal(read(output), unsent);
    assert.deepEqual(commands, []);
  }
});

test('plain: ends at once without a terminal, without a peer, after the input ended, or when the user asked', async () => {
  const ends: (readonly [isTerminal: boolean, events: readonly ChatEvent[]])[] = [
    [false, [PEER, LEFT]],
    [true, [{ type: 'end', reason: 'timeout', exit: 6 }]],
    [true, [PEER, { type: 'end', reason: 'left', exit: 0 }]],
  ];
  for (const [isTerminal, events] of ends) {
    const { ui, output } = plain(isTerminal);
    for (const event of events) await ui.render(event);
    await ui.dismissed?.();
    await ui.close();
    assert.doesNotMatch(read(output), /Press Enter/);
  }
  const { ui, input, output, ended } = plain(true);
  input.end();
  await ended;
  for (const event of [PEER, LEFT]) await ui.render(event);
  await ui.dismissed?.();
  assert.doesNotMatch(read(output), /Press Enter/);
});

test('plain: says a wait when it changes, not each second, and tries at the server every five seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  t.mock.method(performance, 'now', Date.now);
  const { ui, output } = plain();
  for (let count = 0; count < 3; count += 1) ui.waiting(waiting('peer'), null);
  const retry = () => ui.waiting(waiting('server', performance.now() + 3_000), null);
  for (let count = 0; count < 3; count += 1) {
    retry();
    t.mock.timers.tick(2_500);
  }
  ui.waiting(waiting(null), { path: 'direct', protocol: 'udp', rttMs: 12 });
  await ui.close();
  assert.equal(
    read(output),
    [
      '— waiting for the other side, 2 s.\n',
      '— server unreachable for 2 s, next try in 3 s.\n',
      '— server unreachable for 2 s, next try in 3 s.\n',
    ].join(''),
  );
});

test('plain: says a wait when it takes long, and then once a minute', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  t.mock.method(performance, 'now', Date.now);
  const { ui, output } = plain();
  const state = (what: Waiting['for']): Waiting => ({ for: what, since: performance.now(), until: null });
  ui.waiting(state('handshake'), null);
  t.mock.timers.tick(999);
  ui.waiting(state('delivery'), null);
  t.mock.timers.tick(999);
  assert.equal(read(output), '');
  t.mock.timers.tick(1);
  assert.equal(read(output), '— waiting for delivery, 1 s.\n');
  t.mock.timers.tick(59_999);
  assert.equal(read(output), '');
  t.mock.timers.tick(1);
  assert.equal(read(output), '— waiting for delivery, 61 s.\n');
});

test('plain: sends lines that a terminal passes on without a pause as one message', async () => {
  const { ui, input, commands } = plain(true);
  const sent = once(input, 'aparte-command');
  for (const line of ['one', 'two', '/quit', '', 'five']) input.write(`${line}\n`);
  await sent;
  assert.deepEqual(commands, [{ type: 'send', text: 'one\ntwo\n/quit\n\nfive', ref: '1' }]);
  const quit = once(input, 'aparte-command');
  input.write('/quit\n');
  await quit;
  assert.deepEqual(commands.at(-1), { type: 'quit', ask: true });
  await ui.close();
});

test('plain: says what cannot be sent', async () => {
  const { ui, input, output, commands, ended } = plain();
  input.write('x'.repeat(65_537));
  input.write('\n');
  input.end(Uint8Array.of(0xff, 10));
  await ended;
  await ui.close();
  assert.deepEqual(commands, []);
  assert.match(read(output), /longer than 65,536 bytes.*\n.*\n.*not UTF-8/);
});

function sendReceive(terminal: boolean) {
  const [output, diagnostics] = [new PassThrough(), new PassThrough()];
  const diagnosticsColumns = terminal ? 60 : null;
  const streams = { output, outputIsTerminal: terminal, diagnostics, diagnosticsColumns };
  const options = { ...streams, appearance, receives: false, hasAgreedCode: false };
  return { ui: openSendReceive(options, { fault: (error) => assert.fail(error) }), output, diagnostics };
}

test('send and receive: write texts unchanged to the output, everything else to the diagnostics', async () => {
  const { ui, output, diagnostics } = sendReceive(false);
  ui.waiting(waiting('peer'), null);
  for (const event of [READY, CODE, message('a\x1b\tb'), message('piece', true), message('s\n', true)])
    await ui.render(event);
  await ui.render({ type: 'error', error: new AparteError('lost'), fatal: true });
  await ui.close();
  assert.equal(read(output), 'a\x1b\tb\npieces\n');
  const notes = read(diagnostics);
  assert.match(notes, /^— waiting for the other side, 2 s\.\n— The code is {2}7-ocean-violin\n/);
  assert.match(notes, /aparte: The connection was lost.*\naparte: Meet again.*\n$/);
});

test('send and receive: make texts harmless on a terminal, and remove the status line', async () => {
  const { ui, output, diagnostics } = sendReceive(true);
  for (let count = 0; count < 3; count += 1) ui.waiting(waiting('peer'), null);
  await ui.render(CODE);
  await ui.render(message('a\x1b[2J', true));
  await ui.close();
  assert.equal(read(output), 'a\\x1b[2J\n');
  const status = 'waiting for the other side, 2 s · Ctrl-C to leave';
  const lines = codeLines({ code: '7-ocean-violin', invite: null }, 'send', appearance);
  const code = lines.flatMap((line) => wrapLine(line, 60).map((row) => `${row}\n`)).join('');
  assert.match(code, /receive --lan\n {2}7-ocean/);
  assert.equal(read(diagnostics), `${status}\r\x1b[K${code}${status}\r\x1b[K`);
});

test('send and receive: show no status line while the answer is being pasted', async () => {
  const { ui, diagnostics } = sendReceive(true);
  ui.waiting(waiting('answer'), null);
  await ui.render({ type: 'invite', blob: 'ap1iX' });
  ui.waiting(waiting('answer'), null);
  assert.match(read(diagnostics), /^— Give[^\r]*paste the answer that comes back, and press Enter\.\n$/);
  ui.waiting(waiting('handshake'), null);
  assert.match(read(diagnostics), /^checking the code/);
  await ui.close();
});
