/** Wraps long lines between words, so that no row of a message can look like a line of the program. */
import { graphemes, widest, widestCluster } from './graphemes.ts';

// Blanks, a colour sequence (SGR, ECMA-48 section 8.3.117), or a word.
const TOKENS = / +|\x1b\[[\d;]*m|[^ \x1b]+/g;
const COLOURS = /\x1b\[[\d;]*m/g;
/** What a line begins with before its text: a time, a dash, an alarm, the name of the program, or blanks. */
const HEAD = /^(?:(?:\d\d:\d\d|--:--)>? |(?:\u2014|--) |!!! |aparte: | +)/;
/** A line of the program with something to copy: a blob, or a command. No words of a peer are in it. */
const TO_COPY = /^(?: {4})?[^ ]/;

/**
 * A line as rows of at most `columns`. The line must be free of control characters, apart from colour sequences. Rows
 * after the first are indented as far as the text of the first. A word that is too long for a row is split, so that the
 * terminal itself never wraps what a peer wrote. Only what people copy stays whole.
 */
export function wrapLine(line: string, columns: number): string[] {
  const bare = line.replaceAll(COLOURS, '');
  if (widest(bare, columns) <= columns) return [line];
  const [head = ''] = HEAD.exec(bare) ?? [];
  const isWhole = head.trim() === '' && TO_COPY.test(bare);
  const indent = ' '.repeat(Math.min(head.length, Math.floor(columns / 2)));
  const rows: string[] = [];
  let [row, used, blanks] = ['', 0, ''];
  const add = (text: string, wide: number) => {
    row += text;
    used += wide;
  };
  const breakRow = () => {
    rows.push(row);
    [row, used] = [indent, indent.length];
  };
  for (const [token] of line.matchAll(TOKENS)) {
    if (token.startsWith('\x1b')) {
      row += token;
      continue;
    }
    if (token.startsWith(' ')) {
      blanks = token;
      continue;
    }
    const wide = widest(token, columns);
    const fits = used + blanks.length + wide <= columns;
    const isSplit = !fits && !isWhole && indent.length + wide > columns;
    if (fits || used === 0 || (isSplit && used + blanks.length < columns)) add(blanks, blanks.length);
    else breakRow();
    blanks = '';
    for (const part of isSplit ? graphemes(token) : [token]) {
      const partWide = isSplit ? widestCluster(part) : wide;
      if (isSplit && used + partWide > columns && used > indent.length) breakRow();
      add(part, partWide);
    }
  }
  return [...rows, row];
}
