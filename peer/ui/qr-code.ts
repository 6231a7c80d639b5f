/** Draws a QR code (ISO/IEC 18004) in a terminal. */
import { encode } from 'uqr';
import type { WindowSize } from './live-region.ts';

/** Light modules around the code: half of what the standard asks for, which readers accept. */
const QUIET_ZONE = 2;
/** Rows for the text around the code: instructions, the blob, the prompt. */
const ROWS_AROUND = 10;

/**
 * The QR code of a text, as lines of half blocks with two modules in each. Empty where the window is too small for it.
 * Each line sets both colours, so that the code is the same on light and on dark terminals.
 */
export function qrLines(text: string, { columns, rows }: WindowSize): string[] {
  const { data, size } = encode(text, { ecc: 'L', border: QUIET_ZONE });
  if (size >= columns || Math.ceil(size / 2) + ROWS_AROUND > rows) return [];
  const isDark = (row: number, column: number) => data[row]?.[column] === true;
  // SGR 38;5 and 48;5 of the 256 colours: 16 is black, 231 is white, whatever the terminal's palette.
  const cell = (row: number, column: number) => {
    const [upper, lower] = [row, row + 1].map((each) => (isDark(each, column) ? 16 : 231));
    return `\x1b[38;5;${upper};48;5;${lower}m▀`;
  };
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    lines.push(`${Array.from({ length: size }, (_, column) => cell(row, column)).join('')}\x1b[0m`);
  }
  return lines;
}
