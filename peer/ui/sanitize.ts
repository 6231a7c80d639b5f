/**
 * Makes text from elsewhere harmless for a terminal: the only way such text gets there. Characters that could steer the
 * terminal, hide, reorder text or look blank come out as a visible escape (`\x1b`, `\u202e`, `\u{e0041}`). Everything
 * else comes out as it was written, in any script.
 */

const PRINTABLE = /^[\x20-\x7e]*$/;

/** Combining marks kept on one letter: more than any script stacks, too few to cover the lines above. */
const MAX_MARKS = 8;

// Scripts in which the zero-width joiners U+200C and U+200D change the shape of letters (Unicode, section 23.2).
const JOINING = 'Arab Syrc Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr'
  .split(' ')
  .map((script) => `\\p{Script=${script}}`)
  .join('');

/**
 * Symbols that look blank although Unicode does not count them as blanks: the Braille pattern without dots, the object
 * replacement character, the Khitan filler, the blank hieroglyphs, the null notehead.
 */
const LOOKS_BLANK = '\\u2800\\ufffc\\u{16fe4}\\u{13441}\\u{13442}\\u{1d159}';

// The groups, in this order:
// 1. kept: emoji sequences recommended for interchange (UTS #51), and a variation selector or joiner that has a meaning;
// 2. blank: every space of Unicode, shown as an ordinary one, at which lines can be wrapped;
// 3. escaped: controls, formats with the bidirectional ones, lone surrogates, line and paragraph separators, everything
//    that is invisible by default (the Hangul fillers too) or looks blank, noncharacters;
// 4. combining marks, with joiners between them.
// The pattern is compiled when it is first needed, since that takes 20 ms.
const pattern = () =>
  new RegExp(
    [
      '(?<kept>\\p{RGI_Emoji}|(?<=\\p{Emoji})[\\ufe0e\\ufe0f]',
      `|(?<=[${JOINING}])[\\u200c\\u200d])`,
      '|(?<blank>\\p{Zs})',
      `|(?<escaped>[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{DI}\\p{NChar}${LOOKS_BLANK}])`,
      `|(?:(?![\\p{DI}${LOOKS_BLANK}])\\p{M}|(?<=[${JOINING}])[\\u200c\\u200d](?=(?!\\p{DI})\\p{M}))+`,
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

/** A text as one harmless line. Line breaks and tabs are escaped as well. */
export function visible(text: string): string {
  if (PRINTABLE.test(text)) return text;
  special ??= pattern();
  return text.replace(special, (match, kept, blank, escapes, offset: number) => {
    if (kept !== undefined) return match;
    if (blank !== undefined) return ' ';
    return escapes === undefined ? cutMarks(match, offset) : escaped(match);
  });
}

// Characters that look like a colon, or like the `>` of our own messages. With one, a name could seem to end early and
// go on as a message of somebody else.
const ENDS_NAME =
  /[:>\u02d0\u02f8\u0589\u05c3\u0703\u0704\u16ec\u1803\u1809\u203a\u205a\u2236\u276f\u3009\u300b\ua4fd\ua789\ufe13\ufe30\ufe55\ufe65\uff1a\uff1e\u00bb]/gu;

/** A name as one harmless line that cannot seem to end early. */
export function visibleName(name: string): string {
  return visible(name).replace(ENDS_NAME, escaped);
}

/** The lines of a text, each harmless. A tab becomes four spaces. */
export function visibleLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => visible(line.replaceAll('\t', '    ')));
}
