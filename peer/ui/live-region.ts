/**
 * The live region: the rows at the bottom of the terminal that are drawn again and again (messages on their way, status,
 * prompt), under a scrollback that belongs to the terminal. Pure: what to draw, and the bytes that draw it.
 */
import type { Appearance, Tone } from './appearance.ts';
import { paint, signs } from './appearance.ts';
import { graphemes, rowsTaken, truncate, width } from './graphemes.ts';
import { visible } from './sanitize.ts';

/** A row of its own, cut to the width of the terminal. Harmless text. */
export interface Row {
  readonly text: string;
  readonly tone: Tone;
}

/** What the region holds. */
export interface Content {
  /** Above the prompt, most important last: on a low terminal the first go first. */
  readonly rows: readonly Row[];
  /** The grapheme clusters being edited. */
  readonly clusters: readonly string[];
  /** Index of the cluster the cursor stands before. */
  readonly cursor: number;
}

/** Size of the terminal in columns and rows. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A region as drawn. */
export interface Frame {
  readonly rows: readonly Row[];
  /** Row the cursor is in, from the top. */
  readonly cursorRow: number;
  /** What stands left of the cursor in its row. */
  readonly left: string;
}

const PROMPT = '> ';
const INDENT = '  ';
// DEC private modes: synchronized update 2026, cursor visibility 25. A terminal that lacks one ignores it.
const BEGIN = '\x1b[?2026h\x1b[?25l';
const END = '\x1b[?25h\x1b[?2026l';

/** A cluster as it is put on the screen, in pieces of at most two columns. */
function pieces(cluster: string): readonly string[] {
  if (cluster === '\t') return ['    '];
  const shown = visible(cluster);
  return width(shown) <= 2 ? [shown] : graphemes(shown);
}

/** The edited text wrapped to `columns`, and where its cursor is. */
function wrap({ clusters, cursor }: Content, columns: number) {
  const lines = [PROMPT];
  let used = PROMPT.length;
  let cursorRow = 0;
  let left = PROMPT;
  const breakLine = () => {
    lines.push(INDENT);
    used = INDENT.length;
  };
  clusters.forEach((cluster, index) => {
    const parts = cluster === '\n' ? [] : pieces(cluster);
    // The cursor goes along with a cluster that no longer fits.
    if (parts.length > 0 && used + width(parts[0] ?? '') > columns) breakLine();
    if (index === cursor) [cursorRow, left] = [lines.length - 1, lines.at(-1) ?? ''];
    if (cluster === '\n') breakLine();
    for (const part of parts) {
      const wide = width(part);
      if (used + wide > columns) breakLine();
      lines[lines.length - 1] += part;
      used += wide;
    }
  });
  if (cursor >= clusters.length) [cursorRow, left] = [lines.length - 1, lines.at(-1) ?? ''];
  return { lines, cursorRow, left };
}

/**
 * Lays the region out: no row is as wide as the terminal, so that none wraps, and there are fewer rows than it has, so
 * that none scrolls away. Of a longer text the part around the cursor is shown.
 */
export function compose(content: Content, size: Size, appearance: Appearance): Frame {
  const columns = Math.max(size.columns - 1, 8);
  const height = Math.max(size.rows - 1, 1);
  const above = content.rows.slice(Math.max(0, content.rows.length - (height - 1)));
  const { lines, cursorRow, left } = wrap(content, columns);
  const room = height - above.length;
  const first = Math.min(Math.max(0, cursorRow - room + 1), Math.max(0, lines.length - room));
  const { ellipsis } = signs(appearance);
  return {
    rows: [
      ...above.map(({ text, tone }) => ({ text: truncate(text, columns, ellipsis), tone })),
      ...lines.slice(first, first + room).map((text) => ({ text, tone: 'plain' as const })),
    ],
    cursorRow: above.length + cursorRow - first,
    left,
  };
}

/** Takes the cursor to the region's first row and clears from there, whatever the terminal's width is by now. */
function clear(drawn: Frame | null, columns: number): string {
  let up = 0;
  if (drawn !== null) {
    // A terminal that has become narrower has wrapped the rows, that of the cursor up to where it stands. One that says
    // so late (tmux, up to 250 ms) keeps rows of the old region if something is drawn before; no text is ever lost.
    up = rowsTaken(drawn.left, columns) - 1;
    for (const { text } of drawn.rows.slice(0, drawn.cursorRow)) up += rowsTaken(text, columns);
  }
  // From the second column, as tmux takes clearing all of the screen as a wish to keep it in the scrollback.
  return `\r${up > 0 ? `\x1b[${up}A` : ''} \x1b[J\r`;
}

/**
 * The bytes that replace the region `drawn` by `next` with `lines` above it, which become part of the scrollback. They
 * fit, or are left to the terminal to wrap. `next` null: the region is gone for good.
 */
export function redraw(
  drawn: Frame | null,
  lines: readonly string[],
  next: Frame | null,
  columns: number,
  appearance: Appearance,
): string {
  const above = lines.map((line) => `${line}\r\n`).join('');
  const start = `${BEGIN}${clear(drawn, columns)}${above}`;
  if (next === null) return `${start}${END}`;
  const body = next.rows.map(({ text, tone }) => paint(text, tone, appearance)).join('\r\n');
  const back = next.rows.length - 1 - next.cursorRow;
  // Written again up to the cursor instead of moved to a column: right even if the terminal counts columns otherwise.
  return `${start}${body}${back > 0 ? `\x1b[${back}A` : ''}\r${next.left}${END}`;
}
