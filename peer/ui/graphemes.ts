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

/** The grapheme clusters of a text, in order, found as they are asked for. */
function* clustersOf(text: string): Generator<string> {
  for (const [run] of text.matchAll(RUNS)) {
    if (STARTS_JOINING.test(run)) {
      segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
      for (const { segment } of segmenter.segment(run)) yield segment;
    } else {
      yield* run;
    }
  }
}

/** The grapheme clusters of a text, in order. Joined together they are the text. */
export function graphemes(text: string): string[] {
  return Array.from(clustersOf(text));
}

/** Columns a text takes. Colour sequences take none. */
export function width(text: string): number {
  return text.length === 1 && text >= ' ' && text <= '~' ? 1 : stringWidth(text);
}

/**
 * The most columns that a cluster takes on any terminal: some terminals draw the parts of a joined emoji side by side.
 */
export function widestCluster(cluster: string): number {
  const wide = width(cluster);
  if (cluster.length === 1) return wide;
  let parts = 0;
  for (const char of cluster) parts += width(char);
  return Math.max(wide, parts);
}

/** The most columns that a text without colour sequences takes. Past `limit` it is not measured, but above `limit`. */
export function widest(text: string, limit = Infinity): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const cluster of clustersOf(text)) {
    columns += widestCluster(cluster);
    if (columns > limit) break;
  }
  return columns;
}

/** As much of a line as fits into `columns` on any terminal, with `ellipsis` at its end where something is left out. */
export function truncate(line: string, columns: number, ellipsis: string): string {
  if (widest(line, columns) <= columns) return line;
  const room = columns - ellipsis.length;
  if (room < 0) return '';
  let shown = '';
  let used = 0;
  for (const cluster of clustersOf(line)) {
    used += widestCluster(cluster);
    if (used > room) break;
    shown += cluster;
  }
  return shown + ellipsis;
}

/** Rows that a line takes on a terminal of so many columns, which wraps the line by itself. At least 1. */
export function rowsTaken(line: string, columns: number): number {
  let count = 1;
  let used = 0;
  for (const cluster of clustersOf(line)) {
    const wide = width(cluster);
    if (used + wide > columns) {
      count += 1;
      used = 0;
    }
    used += wide;
  }
  return count;
}
