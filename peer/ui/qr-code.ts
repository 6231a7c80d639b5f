/** A QR code (ISO/IEC 18004) as lines of a terminal. */
import { encode } from 'uqr';
import type { Size } from './live-region.ts';

/** Light modules around the code, half of what the standard asks for: readers do with less. */
const QUIET_ZONE = 2;
/** Rows for what stands around the code: what to do with it, the text itself, the prompt. */
const ROOM_AROUND = 10;

/**
 * The code of a text in half blocks, two modules a character; empty where it does not fit the window whole. Both colours
 * are set, so that dark is dark on light terminals and on dark ones.
 */
export function qrLines(text: string, { columns, rows }: Size): string[] {
  const { data, size } = encode(text, { ecc: 'L', border: QUIET_ZONE });
  if (size >= columns || Math.ceil(size / 2) + ROOM_AROUND > rows) return [];
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
