/**
 * Lays out and draws the live region: the rows at the bottom of the terminal that change (messages on their way, status,
 * prompt). The scrollback above it belongs to the terminal. Pure: it returns the bytes to write.
 */
import type { Appearance, Tone } from './appearance.ts';
import { paint, signs } from './appearance.ts';
import { graphemes, rowsTaken, truncate, widest, width } from './graphemes.ts';
import { visible } from './sanitize.ts';

/** A row above the prompt, cut to the width of the terminal. Harmless text. */
export interface Row {
  readonly text: string;
  readonly tone: Tone;
}

/** What the region holds. */
export interface RegionContent {
  /** Above the prompt. On a low terminal the first rows are left out. */
  readonly rows: readonly Row[];
  /** The grapheme clusters of the edited text. */
  readonly clusters: readonly string[];
  /** Index of the cluster behind the cursor. */
  readonly cursor: number;
}

/** The size of the terminal, in columns and rows. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** A region that is laid out. */
export interface RegionLayout {
  readonly rows: readonly Row[];
  /** The row of the cursor, from the top. */
  readonly cursorRow: number;
  /** The text left of the cursor in its row. */
  readonly left: string;
}

const PROMPT = '> ';
const INDENT = '  ';
// DEC private modes: synchronized update 2026, cursor visibility 25. A terminal ignores a mode that it does not know.
const BEGIN = '\x1b[?2026h\x1b[?25l';
const END = '\x1b[?25h\x1b[?2026l';

/** A cluster as it is shown, in pieces of at most two columns. */
function pieces(cluster: string): readonly string[] {
  if (cluster === '\t') return ['    '];
  const shown = visible(cluster);
  return width(shown) <= 2 ? [shown] : graphemes(shown);
}

/** The edited text in rows of at most `columns`, and the place of its cursor. */
function wrap({ clusters, cursor }: RegionContent, columns: number) {
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
    // The cursor moves to the next row together with a cluster that does not fit.
    if (parts.length > 0 && used + widest(parts[0] ?? '') > columns) breakLine();
    if (index === cursor) [cursorRow, left] = [lines.length - 1, lines.at(-1) ?? ''];
    if (cluster === '\n') breakLine();
    for (const part of parts) {
      const wide = widest(part);
      if (used + wide > columns) breakLine();
      lines[lines.length - 1] += part;
      used += wide;
    }
  });
  if (cursor >= clusters.length) [cursorRow, left] = [lines.length - 1, lines.at(-1) ?? ''];
  return { lines, cursorRow, left };
}

/**
 * Lays the region out. Every row is narrower than the terminal, however the terminal draws emoji, so that none wraps.
 * There are fewer rows than the terminal has, so that none scrolls away. Of a longer text, the part around the cursor is
 * shown.
 */
export function layOut(content: RegionContent, size: WindowSize, appearance: Appearance): RegionLayout {
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

/** Moves the cursor to the region's first row and clears from there, whatever the width of the terminal is now. */
function clear(drawn: RegionLayout | null, columns: number): string {
  let up = 0;
  if (drawn !== null) {
    // A terminal that became narrower has wrapped the rows. Rows of the old region stay on the screen if the terminal
    // reports its new size late (tmux, up to 250 ms) and something is drawn before. Text is never lost.
    up = rowsTaken(drawn.left, columns) - 1;
    for (const { text } of drawn.rows.slice(0, drawn.cursorRow)) up += rowsTaken(text, columns);
  }
  // From the second column: tmux copies the screen to its scrollback when all of it is cleared.
  return `\r${up > 0 ? `\x1b[${up}A` : ''} \x1b[J\r`;
}

/**
 * The bytes that replace the region `drawn` by `next` and put `lines` above it, into the scrollback. Lines that are too
 * long are left to the terminal to wrap. `next` null: the region disappears.
 */
export function redraw(
  drawn: RegionLayout | null,
  lines: readonly string[],
  next: RegionLayout | null,
  columns: number,
  appearance: Appearance,
): string {
  const above = lines.map((line) => `${line}\r\n`).join('');
  const start = `${BEGIN}${clear(drawn, columns)}${above}`;
  if (next === null) return `${start}${END}`;
  const body = next.rows.map(({ text, tone }) => paint(text, tone, appearance)).join('\r\n');
  const back = next.rows.length - 1 - next.cursorRow;
  // The text before the cursor is written again, since the terminal may count its columns in another way.
  return `${start}${body}${back > 0 ? `\x1b[${back}A` : ''}\r${next.left}${END}`;
}
