/** Splits a stream of bytes into lines of strict UTF-8, none longer than a limit. */
import type { Readable } from 'node:stream';
import { fromUtf8 } from '../../shared/bytes.ts';

/** A line without its line end, or what is wrong with it. */
export type InputLine = { readonly text: string } | { readonly fault: 'too-long' | 'not-utf8' };

/**
 * Reads a stream line by line: calls `line` for each, and `ended` once, when the stream has ended or failed. Returns what
 * stops the reading. `limit`: bytes of a line without its end. No more of a line is ever kept.
 */
export function readLines(
  input: Readable,
  limit: number,
  line: (line: InputLine) => void,
  ended: () => void,
): () => void {
  let parts: Uint8Array[] = [];
  let length = 0;
  let isOver = false;
  const keep = (bytes: Uint8Array) => {
    length += bytes.length;
    if (length > limit) parts = [];
    else if (bytes.length > 0) parts.push(bytes.slice());
  };
  const finish = () => {
    const finished: InputLine = length > limit ? { fault: 'too-long' } : decode(parts, length);
    parts = [];
    length = 0;
    if (!isOver) line(finished);
  };
  const data = (bytes: Uint8Array) => {
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      keep(bytes.subarray(from, end));
      from = end + 1;
      finish();
    }
    keep(bytes.subarray(from));
  };
  const end = () => {
    if (isOver) return;
    if (length > 0) finish();
    stop();
    ended();
  };
  const stop = () => {
    isOver = true;
    input.off('data', data).off('end', end).off('close', end).pause();
  };
  input.on('data', data).on('end', end).on('close', end).on('error', end);
  return stop;
}

function decode(parts: readonly Uint8Array[], length: number): InputLine {
  const line = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    line.set(part, offset);
    offset += part.length;
  }
  try {
    return { text: fromUtf8(line).replace(/\r$/, '') };
  } catch {
    return { fault: 'not-utf8' };
  }
}
