/** Keys and pastes are told apart, however their bytes arrive. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Key } from '../../peer/ui/line-editor.ts';
import { marksPastes, TerminalInput } from '../../peer/ui/terminal-input.ts';

const [BEGIN, END] = ['\x1b[200~', '\x1b[201~'];

/** A reader on an input, and what came from it: pastes, and keys as text. Each is also an event of the input. */
function opened(marks = true, limit = 100) {
  const input = new PassThrough();
  const came: (string | { paste: string })[] = [];
  const reader = new TerminalInput(
    input,
    { marksPastes: marks, limit },
    {
      key: (key: Key, typed) => {
        came.push(typed !== undefined && typed >= ' ' ? typed : `${key.ctrl === true ? 'C-' : ''}${key.name}`);
        input.emit('aparte-key');
      },
      pasted: (paste) => {
        came.push({ paste });
        input.emit('aparte-paste');
      },
      ended: () => came.push('ended'),
    },
  );
  return { input, came, reader };
}

test('takes a marked paste as one text, and keys around it as keys', async () => {
  const { input, came } = opened();
  const pasted = once(input, 'aparte-paste');
  input.write(`a${BEGIN}one\rtwo\n${END}b\r`);
  await pasted;
  assert.deepEqual(came, ['a', { paste: 'one\rtwo\n' }, 'b', 'return']);
});

test('recognizes an end mark that is split anywhere, even where its escape character counts as a key', async () => {
  for (let at = 1; at < END.length; at += 1) {
    const { input, came } = opened();
    const pasted = once(input, 'aparte-paste');
    const escapeKey = new Promise<void>((resolve) => {
      input.on('keypress', (_typed, { name }: Key) => name === 'escape' && resolve());
    });
    input.write(`${BEGIN}text${END.slice(0, at)}`);
    // Node waits half a second for the rest of an escape sequence. For the rest of the other parts it waits for ever.
    if (at === 1) await escapeKey;
    input.write(`${END.slice(at)}x`);
    await pasted;
    assert.deepEqual(came, [{ paste: 'text' }, 'x'], `split behind ${at}`);
  }
});

test('ends a paste whose end mark never comes, and reads keys again', async () => {
  await Promise.all(
    ['text', ''].map(async (paste) => {
      const { input, came } = opened();
      const pasted = once(input, 'aparte-paste');
      input.write(BEGIN + paste);
      await pasted;
      input.write('x');
      assert.deepEqual(came, [{ paste }, 'x']);
    }),
  );
});

test('reads Ctrl-C within a paste', async () => {
  const { input, came, reader } = opened();
  const key = once(input, 'aparte-key');
  input.write(`${BEGIN}text\x03`);
  await key;
  reader.stop();
  assert.deepEqual(came, ['C-c']);
});

test('keeps no more of a paste than the limit', async () => {
  const { input, came } = opened(true, 10);
  const pasted = once(input, 'aparte-paste');
  input.write(`${BEGIN}${'x'.repeat(50)}${END}`);
  await pasted;
  assert.deepEqual(came, [{ paste: 'x'.repeat(10) }]);
});

test('takes lines that come without a pause as one paste, where the terminal does not mark pastes', async () => {
  const { input, came } = opened(false);
  const pasted = once(input, 'aparte-paste');
  input.write('one\rtwo\rthree\r');
  await pasted;
  assert.deepEqual(came.slice(0, 3), ['o', 'n', 'e']);
  assert.deepEqual(came.slice(3), [{ paste: '\ntwo\rthree\r' }]);
  const enter = once(input, 'aparte-key');
  input.write('\r');
  await enter;
  assert.equal(came.at(-1), 'return');
});

test('takes a key without a text behind Enter as a key, where the terminal does not mark pastes', () => {
  const { input, came } = opened(false);
  input.write('a\r\x1b[A');
  input.read();
  assert.deepEqual(came, ['a', 'return', 'up']);
});

test('takes Enter as a key at once, where the terminal marks pastes', () => {
  const { input, came } = opened();
  input.write('hi\rho\r');
  input.read();
  assert.deepEqual(came, ['h', 'i', 'return', 'h', 'o', 'return']);
});

test('knows terminals that mark pastes by their TERM', () => {
  for (const term of ['xterm-256color', 'xterm', 'tmux-256color', 'rxvt-unicode', 'foot', 'alacritty', 'xterm-kitty'])
    assert.equal(marksPastes(term, false), true, term);
  for (const term of [undefined, '', 'linux', 'dumb', 'vt100', 'vt220', 'ansi', 'screen.xterm-256color'])
    assert.equal(marksPastes(term, false), false, term);
  assert.equal(marksPastes('screen', true), true);
  assert.equal(marksPastes('linux', true), false);
});
