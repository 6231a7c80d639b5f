/** Text as a terminal shows it: grapheme clusters, and the columns and rows they take. */
import stringWidth from 'fast-string-width';

// Characters that can join with a neighbour. All others are clusters of their own, and finding them this way is 50 times
// faster than the segmenter. The Hangul ranges are the conjoining jamo.
const JOINING =
  '\\p{M}\\p{Cc}\\p{Cf}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\p{Regional_Indicator}\\u1100-\\u11ff\\ua960-\\ua97f\\ud7b0-\\ud7ff';
const RUNS = new RegExp(`(?:[^${JOINING}](?![${JOINING}]))+|(?:[^${JOINING}]?[${JOINING}]+)+[^${JOINING}]?`, 'gu');
const STARTS_JOINING = new RegExp(`^[^${JOINING}]?[${JOINING}]`, 'u');
const ASCII = /^[ -~]*$/;
let segmenter: Intl.Segmenter | undefined;

/** The grapheme clusters of a text, in order. Joined together they are the text. */
export function graphemes(text: string): string[] {
  const clusters: string[] = [];
  for (const [run] of text.matchAll(RUNS)) {
    if (STARTS_JOINING.test(run)) {
      segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
      for (const { segment } of segmenter.segment(run)) clusters.push(segment);
    } else {
      for (const char of run) clusters.push(char);
    }
  }
  return clusters;
}

/** Columns a text takes. Colour sequences take none. */
export function width(text: string): number {
  return text.length === 1 && ASCII.test(text) ? 1 : stringWidth(text);
}

/**
 * The most columns that a text takes on any terminal: some terminals draw the parts of a joined emoji side by side. The
 * text has no colour sequences.
 */
export function widest(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const cluster of graphemes(text)) {
    let parts = 0;
    for (const char of cluster) parts += stringWidth(char);
    columns += Math.max(stringWidth(cluster), parts);
  }
  return columns;
}

/** As much of a line as fits into `columns` on any terminal, with `ellipsis` at its end where something is left out. */
export function truncate(line: string, columns: number, ellipsis: string): string {
  if (widest(line) <= columns) return line;
  const room = columns - ellipsis.length;
  if (room < 0) return '';
  let shown = '';
  let used = 0;
  for (const cluster of graphemes(line)) {
    used += widest(cluster);
    if (used > room) break;
    shown += cluster;
  }
  return shown + ellipsis;
}

/** Rows that a line takes on a terminal of so many columns, which wraps the line by itself. At least 1. */
export function rowsTaken(line: string, columns: number): number {
  let count = 1;
  let used = 0;
  for (const cluster of graphemes(line)) {
    const wide = width(cluster);
    if (used + wide > columns) {
      count += 1;
      used = 0;
    }
    used += wide;
  }
  return count;
}
