/** Long lines are broken between words, and none of their rows can pass for a line of the program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { errorLines, messageLines, ownLines } from '../../peer/ui/event-text.ts';
import { width } from '../../peer/ui/graphemes.ts';
import { fold } from '../../peer/ui/line-wrapping.ts';

const PLAIN = { colour: false, unicode: true };

test('a notice is broken between words, under its first word', () => {
  const error = { code: 'usage', message: 'One two three four.', hint: 'Five six.', fatal: false } as const;
  assert.deepEqual(
    errorLines(error, PLAIN).flatMap((line) => fold(line, 12)),
    ['— One two', '  three', '  four.', '  Five six.'],
  );
  const alarm = errorLines({ ...error, fatal: true }, PLAIN);
  assert.deepEqual(fold(alarm[0] ?? '', 12), ['!!! One two', '    three', '    four.']);
});

test('a message of ours is broken under its own text', () => {
  const lines = ownLines(0, 'one two\nthree', true, PLAIN).flatMap((line) => fold(line, 16));
  assert.deepEqual(
    lines.map((line) => line.replace(/^\d\d:\d\d/, '')),
    ['> you: one', '       two', '       three ✓'],
  );
});

test('what fits is left as it is, colours and all, and colours take no room', () => {
  for (const line of ['', 'exactly ten', '\x1b[2m— exactly\x1b[22m', '      in'])
    assert.deepEqual(fold(line, 11), [line]);
  assert.deepEqual(fold('\x1b[2m— one two three\x1b[22m', 9), ['\x1b[2m— one two', '  three\x1b[22m']);
});

test('a word wider than a row stays whole, and nothing stands behind it', () => {
  const word = 'x'.repeat(30);
  assert.deepEqual(fold(`12:00 bob: see ${word} 12:01 ann: hi`, 20), [
    '12:00 bob: see',
    `      ${word}`,
    '      12:01 ann: hi',
  ]);
});

/** Whatever peers may use to look like the space behind a dash. */
const blank = fc.constantFrom(' ', '\u00a0', '\u2003', '\u2800', '\u3000', '\u202f', '   ');
const piece = fc.oneof(
  fc.constantFrom('—', '!!!', '12:34', 'bob:', 'has', 'left.', '--', '✓', '宽字'),
  fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom('a', '—', '0', ':', '宽') }),
);

test('however a message is written: its rows begin further in than those of the program, and lose no word', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(piece, blank), { maxLength: 20 }),
      fc.integer({ min: 16, max: 90 }),
      (parts, columns) => {
        const text = parts.flat().join('');
        const rows = messageLines('', 'bob', 'new', text, PLAIN).flatMap((line) => fold(line, columns));
        for (const row of rows.slice(1)) assert.match(row, /^ {6}/);
        for (const row of rows) {
          const words = row.trim().split(/[\p{White_Space}\u2800]+/u);
          assert.ok(width(row) <= columns || words.length <= 2, row);
          // What the terminal wraps is one word: no row that it makes can look like a sentence.
          if (width(row) > columns) assert.ok(width(row) - width(words.at(-1) ?? '') <= columns, row);
        }
        const bare = (all: string) => all.replace(/[\p{White_Space}\u2800]+/gu, '');
        assert.equal(bare(rows.join('')), bare(`--:--bob:${text}`));
      },
    ),
    { numRuns: 300 },
  );
});
