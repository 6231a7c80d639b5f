/** Gathers the lines of a paste where the terminal does not mark its end: lines without a pause belong together. */
import type { Readable } from 'node:stream';
import { MAX_PASTE } from '../../shared/limits.ts';
import { readLines } from './line-splitter.ts';
import { Pause } from './pause.ts';

/** A paste of a blob is over after so long without a line, in ms. */
const BLOB_PAUSE = 300;
/** Bytes of a line. */
const MAX_LINE = 8_192;

/** Gathers lines into pastes of at most MAX_PASTE characters. A longer paste comes in several. */
export class UnmarkedPastes {
  readonly #take: (pasted: string) => void;
  readonly #ms: number;
  readonly #pause = new Pause();
  #text = '';

  /** `take` gets each paste, with a line end behind each line. `ms`: how long a pause ends a paste. */
  constructor(take: (pasted: string) => void, ms = BLOB_PAUSE) {
    this.#take = take;
    this.#ms = ms;
  }

  /** Takes a line. */
  add(line: string): void {
    if (this.#text.length + line.length > MAX_PASTE) this.end();
    this.#text += `${line}\n`;
    this.#pause.start(this.#ms, () => this.end());
  }

  /** Ends the paste. */
  end(): void {
    this.#pause.stop();
    const pasted = this.#text;
    this.#text = '';
    if (pasted !== '') this.#take(pasted);
  }
}

/** Reads pasted blobs from a stream. `ended` is called once, after the last one. Returns what stops the reading. */
export function readPastes(input: Readable, take: (pasted: string) => void, ended: () => void): () => void {
  const pastes = new UnmarkedPastes((pasted) => {
    if (pasted.trim() !== '') take(pasted);
  });
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
