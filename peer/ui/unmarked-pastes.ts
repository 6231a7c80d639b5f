/** Gathers the lines of a paste where the terminal does not mark its end: lines without a pause belong together. */
import type { Readable } from 'node:stream';
import { MAX_PASTE } from '../../shared/limits.ts';
import { readLines } from './line-splitter.ts';

/** A paste of a blob is over after so long without a line, in ms. */
const BLOB_PAUSE = 300;
/** Bytes of a line. */
const MAX_LINE = 8_192;

/** Gathers lines into pastes of at most MAX_PASTE characters. A longer paste comes in several. */
export class UnmarkedPastes {
  readonly #take: (pasted: string) => void;
  readonly #pause: number;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  /** `take` gets each paste, with a line end behind each line. `pause`: ms without a line that end a paste. */
  constructor(take: (pasted: string) => void, pause = BLOB_PAUSE) {
    this.#take = take;
    this.#pause = pause;
  }

  /** Takes a line. */
  add(line: string): void {
    if (this.#text.length + line.length > MAX_PASTE) this.end();
    this.#text += `${line}\n`;
    clearTimeout(this.#timer);
    const timer = setTimeout(() => {
      // Lines that came while the program was busy are read before the paste ends.
      setImmediate(() => {
        if (this.#timer === timer) this.end();
      });
    }, this.#pause);
    this.#timer = timer;
  }

  /** Ends the paste. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
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
