/** What keys do to a text and its cursor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { graphemes, rowsTaken, truncate, widest, width } from '../../peer/ui/graphemes.ts';
import { type Key, LineEditor } from '../../peer/ui/line-editor.ts';

const control = (name: string): Key => ({ name, ctrl: true });
const meta = (name: string): Key => ({ name, meta: true });

function edited(text: string, ...keys: (Key | string)[]): { text: string; cursor: number } {
  const editor = new LineEditor();
  editor.insert(text);
  for (const key of keys) {
    if (typeof key === 'string') editor.insert(key);
    else assert.equal(editor.press(key), true, `${key.name} is bound`);
  }
  return { text: editor.text, cursor: editor.cursor };
}

test('moves and deletes by what people see as a character', () => {
  assert.deepEqual(edited('a👩\u200d🚀e\u0301', { name: 'backspace' }), { text: 'a👩\u200d🚀', cursor: 2 });
  assert.deepEqual(edited('a👩\u200d🚀b', { name: 'left' }, { name: 'backspace' }), { text: 'ab', cursor: 1 });
  assert.deepEqual(edited('日本', { name: 'left' }, { name: 'delete' }), { text: '日', cursor: 1 });
});

test('joins an emoji that is typed in pieces', () => {
  assert.deepEqual(edited('👩', '\u200d', '🚀'), { text: '👩\u200d🚀', cursor: 1 });
  assert.deepEqual(edited('🇩', '🇪', { name: 'left' }, 'x'), { text: 'x🇩🇪', cursor: 1 });
});

test('knows the usual Emacs keys', () => {
  assert.deepEqual(edited('one two', control('a'), control('k')), { text: '', cursor: 0 });
  assert.deepEqual(edited('one two', control('w')), { text: 'one ', cursor: 4 });
  assert.deepEqual(edited('one two', control('w'), control('a'), control('y')), { text: 'twoone ', cursor: 3 });
  assert.deepEqual(edited('one two', meta('b'), control('u')), { text: 'two', cursor: 0 });
  assert.deepEqual(edited('one two', control('a'), meta('f'), meta('d')), { text: 'one', cursor: 3 });
  assert.deepEqual(edited('ab', control('b'), control('e'), control('h')), { text: 'a', cursor: 1 });
});

test('deletes a shell word on Ctrl-W, and an Emacs word on Alt-Backspace', () => {
  assert.equal(edited('cat /etc/passwd-old  ', control('w')).text, 'cat ');
  assert.equal(edited('cat /etc/passwd-old', meta('backspace')).text, 'cat /etc/passwd-');
  assert.equal(edited('one\ttwo\nthree', control('w'), control('w')).text, 'one\t');
  assert.deepEqual(edited('one two', { name: 'left' }, control('w')), { text: 'one o', cursor: 4 });
});

test('deletes all lines on Ctrl-G, wherever the cursor is, and brings them back on Ctrl-Y', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
  assert.deepEqual(edited(lines, { name: 'up' }, control('g')), { text: '', cursor: 0 });
  assert.deepEqual(edited(lines, { name: 'up' }, control('g'), control('y')), {
    text: lines,
    cursor: graphemes(lines).length,
  });
});

test('moves up and down through the lines, then through the history', () => {
  const editor = new LineEditor();
  editor.insert('earlier');
  assert.equal(editor.take(), 'earlier');
  editor.insert('long line\nab');
  editor.press({ name: 'up' });
  assert.equal(editor.cursor, 2);
  editor.press(control('e'));
  editor.press({ name: 'down' });
  assert.equal(editor.cursor, 12);
  editor.press({ name: 'up' });
  editor.press({ name: 'up' });
  assert.equal(editor.text, 'earlier');
  editor.press({ name: 'down' });
  assert.equal(editor.text, 'long line\nab');
  editor.press({ name: 'down' });
  assert.equal(editor.text, 'long line\nab');
});

test('keeps the lines and tabs of a pasted text, and drops control characters', () => {
  assert.equal(edited('a\r\nb\rc\td\x1b[0m\x07').text, 'a\nb\nc\td[0m');
});

test('keeps the text whole and the cursor in it, whatever is pressed', () => {
  const names = ['left', 'right', 'home', 'end', 'up', 'down', 'backspace', 'delete', 'enter'];
  const key = fc.oneof(
    fc.constantFrom(...names).map((name): Key => ({ name })),
    fc.constantFrom(...'abefghkwuynpd').map(control),
    fc.constantFrom('b', 'f', 'd', 'backspace').map(meta),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('👩', '\u200d', '🚀', '🇩', '\u0301', '한', '\u1100', '\n'),
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 40 }), (keys) => {
      const editor = new LineEditor();
      for (const each of keys) {
        if (typeof each === 'string') {
          const [before, at] = [editor.clusters.slice(0, editor.cursor).join(''), editor.text.length];
          editor.insert(each);
          assert.ok(editor.text.length <= at + each.length);
          assert.ok(editor.clusters.slice(0, editor.cursor).join('').startsWith(before));
        } else {
          editor.press(each);
        }
        assert.ok(editor.cursor >= 0 && editor.cursor <= editor.clusters.length);
        assert.equal(editor.clusters.join(''), editor.text);
      }
    }),
  );
});

test('finds the clusters of the segmenter and the columns of a terminal', () => {
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
  const parts = fc.constantFrom(
    'a',
    ' ',
    'ß',
    '日',
    '👩',
    '\u200d',
    '🚀',
    '🇩',
    '🇪',
    '\u0301',
    '\ufe0f',
    '각',
    '\u1100',
    '\u1161',
    'क',
    '\u094d',
  );
  fc.assert(
    fc.property(fc.array(parts), (list) => {
      const text = list.join('');
      assert.deepEqual(
        graphemes(text),
        [...segmenter.segment(text)].map(({ segment }) => segment),
      );
    }),
    { numRuns: 300 },
  );
  assert.deepEqual(['a', '日', '👩\u200d🚀', 'e\u0301'].map(width), [1, 2, 2, 1]);
  assert.deepEqual(['abc', '日', '🇩🇪', 'e\u0301'].map(widest), [3, 2, 4, 1]);
  assert.equal(truncate('日本語', 5, '…'), '日本…');
  assert.equal(truncate('abc', 3, '…'), 'abc');
  assert.equal(rowsTaken('日本語', 5), 2);
});
