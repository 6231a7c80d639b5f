/** Splits a stream of bytes into lines of strict UTF-8, none longer than a limit. */
import type { Readable } from 'node:stream';
import { fromUtf8 } from '../../shared/bytes.ts';

/** A line without its line end, or what is wrong with it. */
export type InputLine = { readonly text: string } | { readonly fault: 'too-long' | 'not-utf8' };

/** Splits bytes into lines. It never keeps more than the limit of a line. */
class LineSplitter {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  /** `limit`: bytes of a line without its end. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes bytes and returns the lines that are complete. */
  push(bytes: Uint8Array): InputLine[] {
    const lines: InputLine[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      this.#keep(bytes.subarray(from, end));
      lines.push(this.#finish());
      from = end + 1;
    }
    this.#keep(bytes.subarray(from));
    return lines;
  }

  /** The last line, which has no end, if there is one. No more bytes may come. */
  end(): InputLine[] {
    return this.#length > 0 ? [this.#finish()] : [];
  }

  #keep(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > this.#limit) this.#parts = [];
    else if (bytes.length > 0) this.#parts.push(bytes.slice());
  }

  #finish(): InputLine {
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
 * Reads a stream line by line: calls `line` for each, and `ended` once, when the stream has ended or failed. Returns what
 * stops the reading. `limit`: bytes of a line without its end.
 */
export function readLines(
  input: Readable,
  limit: number,
  line: (line: InputLine) => void,
  ended: () => void,
): () => void {
  const splitter = new LineSplitter(limit);
  let over = false;
  const data = (bytes: Uint8Array) => {
    for (const each of splitter.push(bytes)) if (!over) line(each);
  };
  const end = () => {
    if (over) return;
    for (const each of splitter.end()) line(each);
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
