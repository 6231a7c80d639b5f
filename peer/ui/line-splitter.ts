/** Lines out of a stream of bytes: strict UTF-8, and none longer than a limit, however the bytes come in pieces. */
import type { Readable } from 'node:stream';
import { fromUtf8 } from '../../shared/bytes.ts';

/** A line without its line end, or why there is none. */
export type InputLine = { readonly text: string } | { readonly fault: 'too-long' | 'not-utf8' };

/** Cuts bytes into lines. Of a line that is too long no more than the limit is ever kept. */
class LineCutter {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  /** `limit`: bytes of a line, its end not counted. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes bytes in; gives the lines that are complete. */
  push(bytes: Uint8Array): InputLine[] {
    const lines: InputLine[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      this.#keep(bytes.subarray(from, end));
      lines.push(this.#cut());
      from = end + 1;
    }
    this.#keep(bytes.subarray(from));
    return lines;
  }

  /** No more bytes will come: the line that has no end, if there is one. */
  end(): InputLine[] {
    return this.#length > 0 ? [this.#cut()] : [];
  }

  #keep(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > this.#limit) this.#parts = [];
    else if (bytes.length > 0) this.#parts.push(bytes.slice());
  }

  #cut(): InputLine {
    const [parts, length] = [this.#parts, this.#length];
    this.#parts = [];
    this.#length = 0;
    if (length > this.#limit) return { fault: 'too-long' };
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
}

/**
 * Reads a stream line by line: `line` for each, `ended` once, when it has ended or broken. Gives back what stops it.
 * `limit` as in {@link LineCutter}.
 */
export function readLines(
  input: Readable,
  limit: number,
  line: (line: InputLine) => void,
  ended: () => void,
): () => void {
  const cutter = new LineCutter(limit);
  let over = false;
  const data = (bytes: Uint8Array) => {
    for (const each of cutter.push(bytes)) if (!over) line(each);
  };
  const end = () => {
    if (over) return;
    for (const each of cutter.end()) line(each);
    stop();
    ended();
  };
  const stop = () => {
    over = true;
    input.off('data', data).off('end', end).off('close', end).pause();
  };
  input.on('data', data).on('end', end).on('close', end).on('error', end);
  return stop;
}
