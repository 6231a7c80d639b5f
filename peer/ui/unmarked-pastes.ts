/** Texts that are pasted line by line where nothing marks their end: what comes without a pause belongs together. */
import type { Readable } from 'node:stream';
import { MAX_PASTE } from '../../shared/limits.ts';
import { readLines } from './line-splitter.ts';

/** A paste is over when nothing more came for so long, in ms. */
const PAUSE = 300;
/** Bytes of a line. Of a paste longer than MAX_PASTE the rest is left out. */
const MAX_LINE = 8_192;

/** See the head of this file. */
export class Pastes {
  readonly #take: (pasted: string) => void;
  #text = '';
  #timer: NodeJS.Timeout | null = null;

  /** `take` is given each paste that is not blank. */
  constructor(take: (pasted: string) => void) {
    this.#take = take;
  }

  /** Takes a line in. */
  add(line: string): void {
    if (this.#text.length + line.length <= MAX_PASTE) this.#text += `${line}\n`;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), PAUSE);
  }

  /** No more lines will come: hands on what there is. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const pasted = this.#text;
    this.#text = '';
    if (pasted.trim() !== '') this.#take(pasted);
  }
}

/** Reads pastes from a stream. `ended` is told, once, behind the last. Returns what stops it. */
export function readPastes(input: Readable, take: (pasted: string) => void, ended: () => void): () => void {
  const pastes = new Pastes(take);
  return readLines(
    input,
    MAX_LINE,
    (line) => pastes.add('text' in line ? line.text : ''),
    () => {
      pastes.end();
      ended();
    },
  );
}
