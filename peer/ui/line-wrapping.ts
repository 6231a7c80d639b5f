/** Breaking long lines between words, so that no row of a message can pass for a line of the program. */
import { width } from './graphemes.ts';

// U+2800, a Braille pattern without dots, is no white space to Unicode, and looks like it.
const BLANKS = /([\p{White_Space}\u2800]+)/u;
// SGR, ECMA-48 section 8.3.117.
const COLOURS = /\x1b\[[\d;]*m/g;
/** What a line begins with before its text: an alarm, a notice, a time; or nothing but blanks. */
const HEAD = /^(?:!!! |(?:\u2014|--) |(?:\d\d:\d\d|--:--)>? | +)/;

/**
 * A harmless line as rows of at most so many columns, broken at blanks; rows after the first stand as far in as the text
 * of the first. A word that is wider than a row stays whole, to be copied, and is left to the terminal to wrap; no other
 * stands behind it, so what the terminal puts at the left edge is never more than one word.
 */
export function fold(line: string, columns: number): string[] {
  if (width(line) <= columns) return [line];
  const [head = ''] = HEAD.exec(line.replaceAll(COLOURS, '')) ?? [];
  const indent = ' '.repeat(Math.min(width(head), Math.floor(columns / 2)));
  const [first = '', ...rest] = line.split(BLANKS);
  const rows: string[] = [];
  let row = first;
  let used = width(first);
  for (let index = 0; index + 1 < rest.length; index += 2) {
    const [blanks = '', word = ''] = rest.slice(index, index + 2);
    const wide = width(blanks) + width(word);
    if (used + wide <= columns) {
      row += blanks + word;
      used += wide;
    } else {
      rows.push(row);
      row = indent + word;
      used = indent.length + width(word);
    }
  }
  return [...rows, row];
}
