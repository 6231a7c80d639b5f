/**
 * The one way for text from elsewhere to a terminal. Whatever could steer it, hide or reorder text comes out as a
 * visible escape (`\x1b`, `\u202e`, `\u{e0041}`); all that people write in any script comes out as it is.
 */

const PRINTABLE = /^[\x20-\x7e]*$/;

/** Combining marks kept on one letter: more than any script stacks, too few to climb over the lines above. */
const MAX_MARKS = 8;

// Scripts in which the zero-width joiners U+200C and U+200D change the shape of letters (Unicode, section 23.2).
const JOINING = [
  'Arab',
  'Syrc',
  'Mong',
  'Deva',
  'Beng',
  'Guru',
  'Gujr',
  'Orya',
  'Taml',
  'Telu',
  'Knda',
  'Mlym',
  'Sinh',
  'Khmr',
  'Mymr',
]
  .map((script) => `\\p{Script=${script}}`)
  .join('');

// In order: emoji sequences recommended for interchange (UTS #51), a variation selector or joiner where it has a
// meaning; what must be escaped (controls, formats with the bidi ones, half surrogates, line and paragraph separators,
// all that is invisible by default, noncharacters); combining marks, with joiners between them. Made when first needed: compiling takes 20 ms.
const pattern = () =>
  new RegExp(
    [
      '(?<kept>\\p{RGI_Emoji}|(?<=\\p{Emoji})[\\ufe0e\\ufe0f]',
      `|(?<=[${JOINING}])[\\u200c\\u200d])`,
      '|(?<steering>[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{DI}\\p{NChar}])',
      `|(?:(?!\\p{DI})\\p{M}|(?<=[${JOINING}])[\\u200c\\u200d](?=(?!\\p{DI})\\p{M}))+`,
    ].join(''),
    'gv',
  );
let special: RegExp | undefined;

function escaped(char: string): string {
  const point = char.codePointAt(0) ?? 0;
  const digits = point.toString(16);
  if (point < 0x100) return `\\x${digits.padStart(2, '0')}`;
  return point < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`;
}

function cutMarks(stack: string, offset: number): string {
  const marks = Array.from(stack);
  const shown = marks.length > MAX_MARKS ? `${marks.slice(0, MAX_MARKS).join('')}\ufffd` : stack;
  return offset === 0 ? `\u25cc${shown}` : shown;
}

/** One line of text, harmless: line breaks and tabs are escaped as well. */
export function visible(text: string): string {
  if (PRINTABLE.test(text)) return text;
  special ??= pattern();
  return text.replace(special, (match, kept, steering, offset: number) => {
    if (kept !== undefined) return match;
    return steering === undefined ? cutMarks(match, offset) : escaped(match);
  });
}

// What looks like a colon, or like the mark of our own messages: with one a name could go on as what somebody says.
const ENDS_NAME =
  /[:>\u02d0\u02f8\u0589\u05c3\u0703\u0704\u16ec\u1803\u1809\u203a\u205a\u2236\u276f\u3009\u300b\ua4fd\ua789\ufe13\ufe30\ufe55\ufe65\uff1a\uff1e\u00bb]/gu;

/** A name on one line, harmless, that does not look as if it ended before its end. */
export function visibleName(name: string): string {
  return visible(name).replace(ENDS_NAME, escaped);
}

/** A text of several lines, harmless: line breaks separate the lines, tabs become four spaces. */
export function visibleLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => visible(line.replaceAll('\t', '    ')));
}
