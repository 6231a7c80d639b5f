/** Long lines are wrapped between words, and no row of a message can look like a line of the program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { errorLines, messageLines, ownLines } from '../../peer/ui/event-text.ts';
import { widest } from '../../peer/ui/graphemes.ts';
import { wrapLine } from '../../peer/ui/line-wrapping.ts';
import { AparteError } from '../../shared/errors.ts';

const PLAIN = { colour: false, unicode: true };

test('wraps a notice between words and aligns its rows with its first word', () => {
  const error = new AparteError('message-too-long');
  assert.deepEqual(
    errorLines({ error, fatal: false }, PLAIN).flatMap((line) => wrapLine(line, 24)),
    ['— The message is longer', '  than 65,536 bytes.', '  Send it in parts.'],
  );
  const [alarm = ''] = errorLines({ error, fatal: true }, PLAIN);
  assert.deepEqual(wrapLine(alarm, 24), ['!!! The message is', '    longer than 65,536', '    bytes.']);
});

test('wraps a message of ours under its own text', () => {
  const lines = ownLines(0, 'one two\nthree', null, PLAIN).flatMap((line) => wrapLine(line, 16));
  assert.deepEqual(
    lines.map((line) => line.replace(/^\d\d:\d\d/, '')),
    ['> you: one', '       two', '       three ✓'],
  );
});

test('leaves a line that fits as it is, and counts no columns for colours', () => {
  for (const line of ['', 'exactly ten', '\x1b[2m— exactly\x1b[22m', '      in'])
    assert.deepEqual(wrapLine(line, 11), [line]);
  assert.deepEqual(wrapLine('\x1b[2m— one two three\x1b[22m', 9), ['\x1b[2m— one two', '  three\x1b[22m']);
});

test('splits a word that is too long for a row, except in a line that people copy', () => {
  const word = 'x'.repeat(30);
  assert.deepEqual(wrapLine(`12:00 bob: see ${word} 12:01 ann: hi`, 20), [
    '12:00 bob: see xxxxx',
    `      ${'x'.repeat(14)}`,
    `      ${'x'.repeat(11)}`,
    '      12:01 ann: hi',
  ]);
  for (const [head, indent] of [
    ['— ', '  '],
    ['!!! ', '    '],
    ['aparte: ', ' '.repeat(8)],
  ] as const) {
    for (const row of wrapLine(`${head}see ${word} here`, 20).slice(1)) assert.ok(row.startsWith(indent), row);
  }
  assert.deepEqual(wrapLine(word, 20), [word]);
  assert.deepEqual(wrapLine(`    aparte ${word}`, 20), ['    aparte', `    ${word}`]);
});

test('keeps what looks like a message of ours away from the first column', () => {
  for (const blank of [' ', '\u00a0', '\u2800', '\u3164', '\u{1d159}']) {
    const text = `${'x'.repeat(74)}${['00:41>', 'you:', 'I', 'agree', '✓'].join(blank)}`;
    const rows = messageLines('', 'bob', 'new', text, PLAIN).flatMap((line) => wrapLine(line, 80));
    assert.ok(rows.length > 1);
    for (const row of rows.slice(1)) assert.match(row, /^ {6}/);
  }
});

/** Characters that a peer may use in place of the blank behind a dash. */
const blank = fc.constantFrom(' ', '\u00a0', '\u2003', '\u2800', '\u3000', '\u202f', '\u{1d159}', '   ');
const piece = fc.oneof(
  fc.constantFrom('—', '!!!', '12:34', 'bob:', 'has', 'left.', '--', '✓', '宽字', '👩\u200d👩\u200d👧', '🇩🇪'),
  fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom('a', '—', '0', ':', '宽', '❤️') }),
);

test('keeps every row of every message within the terminal, indented and with all its words', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(piece, blank), { maxLength: 20 }),
      fc.integer({ min: 16, max: 90 }),
      (parts, columns) => {
        const text = parts.flat().join('');
        const [line = ''] = messageLines('', 'bob', 'new', text, PLAIN);
        const rows = wrapLine(line, columns);
        for (const row of rows.slice(1)) assert.match(row, /^ {6}/);
        for (const row of rows) assert.ok(widest(row) <= columns, row);
        const bare = (all: string) => all.replaceAll(' ', '');
        assert.equal(bare(rows.join('')), bare(line));
      },
    ),
    { numRuns: 300 },
  );
});

test('indents the rows of a message on the narrowest terminals too', () => {
  for (let columns = 2; columns < 16; columns += 1) {
    for (const row of wrapLine(`12:00 bob: ${'x'.repeat(40)}`, columns).slice(1)) assert.match(row, /^ /);
  }
});
