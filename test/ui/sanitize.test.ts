/** Text from elsewhere cannot harm a terminal, and people's text arrives as they wrote it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { visible, visibleLines } from '../../peer/ui/sanitize.ts';

/** Whether a character can steer, hide or reorder text. By code points, since the sanitizer uses Unicode properties. */
function steers(char: string): boolean {
  const point = char.codePointAt(0) ?? 0;
  const within = (from: number, to: number) => point >= from && point <= to;
  return (
    within(0, 0x1f) ||
    within(0x7f, 0x9f) ||
    point === 0xad ||
    point === 0x61c ||
    point === 0x200b ||
    within(0x200e, 0x200f) ||
    within(0x2028, 0x202e) ||
    within(0x2060, 0x206f) ||
    point === 0xfeff ||
    within(0xfff9, 0xfffb) ||
    within(0xd800, 0xdfff) ||
    within(0xe0000, 0xe001f) ||
    within(0xe0080, 0xe0fff)
  );
}

const NASTY = [
  '\x1b[2J',
  '\x9b31m',
  '\x1b]0;t\x07',
  '\r',
  '\n',
  '\t',
  '\b',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u200d',
  '\ufe0f',
];
const anyText = fc
  .array(
    fc.oneof(
      fc.nat(0x10ffff).map((point) => String.fromCodePoint(point)),
      fc.constantFrom(...NASTY, '\ud800', '\udc00', '\u0301', '\u{e0041}', '👩'),
    ),
  )
  .map((parts) => parts.join(''));

test('returns nothing that steers a terminal', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const line of [visible(text), ...visibleLines(text)]) {
        assert.deepEqual(Array.from(line).filter(steers), []);
      }
    }),
    { numRuns: 500 },
  );
});

/** The first and last block of 256 code points in ranges that have more than plain letters. */
const BLOCKS = [
  [0x0000, 0x3000],
  [0xa600, 0xab00],
  [0xd700, 0x11200],
  [0x13400, 0x13400],
  [0x1bc00, 0x1bc00],
  [0x1d100, 0x1d200],
  [0x1f000, 0x1fa00],
  [0xe0000, 0xe1000],
  [0x10ff00, 0x10ff00],
] as const;

test('makes every code point harmless, alone and after a letter', () => {
  for (const [first, last] of BLOCKS) {
    for (let from = first; from <= last; from += 0x100) {
      const chars = Array.from({ length: 0x100 }, (_, index) => String.fromCodePoint(from + index));
      for (const separator of [' ', ' a']) {
        const found = Array.from(visible(chars.join(separator))).filter(steers);
        assert.deepEqual(found, [], `in the block of U+${from.toString(16)}`);
      }
    }
  }
});

test('escapes characters so that they can be read', () => {
  assert.equal(visible('a\x1b[2Jb'), 'a\\x1b[2Jb');
  assert.equal(visible('user\u202egpj.exe'), 'user\\u202egpj.exe');
  assert.equal(visible('x\u{e0041}'), 'x\\u{e0041}');
  assert.equal(visible('a\ud800b'), 'a\\ud800b');
  assert.equal(visible('a\nb\tc'), 'a\\x0ab\\x09c');
  assert.equal(visible('in\u200bvisible'), 'in\\u200bvisible');
});

test('shows every blank of Unicode as an ordinary one, and escapes what only looks blank', () => {
  assert.equal(visible('a\u00a0b\u2003c\u202fd\u3000e\u1680f'), 'a b c d e f');
  for (const point of [0x115f, 0x1160, 0x3164, 0xffa0, 0x2800, 0xfffc, 0x16fe4, 0x13441, 0x13442, 0x1d159]) {
    assert.match(visible(`a${String.fromCodePoint(point)}b`), /^a\\u\S+b$/, point.toString(16));
  }
});

test('returns what people write as it is', () => {
  const texts = [
    'Grüße, Ørjan',
    'שָׁלוֹם',
    'مرحبا',
    'नमस्ते',
    '한국어',
    '漢字かな',
    'می\u200cخواهم',
    'क्\u200dष',
    '👩\u200d🚀 🇩🇪 1️⃣ ❤️ 👍🏽',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  ];
  for (const text of texts) assert.equal(visible(text), text);
});

test('shows a joiner or selector without a meaning', () => {
  assert.equal(visible('a\u200db'), 'a\\u200db');
  assert.equal(visible('👩\u200d\u200d🚀').includes('\u200d\u200d'), false);
  assert.equal(visible('x\ufe0f'), 'x\\ufe0f');
});

test('cuts stacks of marks, and gives a letter to marks without one', () => {
  const zalgo = visible(`e${'\u0301'.repeat(5_000)}!`);
  assert.equal(zalgo, `e${'\u0301'.repeat(8)}\ufffd!`);
  assert.equal(visible('\u0301'), '\u25cc\u0301');
  const stack = '\u0941'.repeat(8);
  for (const joiner of ['\u200c', '\u200d']) {
    const climbing = `क${`${stack}${joiner}`.repeat(200)}${stack}`;
    assert.equal(visible(climbing), `क${stack}\ufffd`);
    // One more mark can be part of the letter itself.
    const joined = visible(`क${joiner}${`${stack}${joiner}`.repeat(200)}${stack}`);
    assert.equal(joined, `क${joiner}${stack}\ufffd`);
  }
  assert.equal(visible('ക\u0d4d\u200dഷ\u0d3e, क\u094d\u200dष\u093e'), 'ക\u0d4d\u200dഷ\u0d3e, क\u094d\u200dष\u093e');
});

test('keeps the lines of a text; a lone carriage return is no line end', () => {
  assert.deepEqual(visibleLines('a\r\nb\n\tc\rd'), ['a', 'b', '    c\\x0dd']);
});
