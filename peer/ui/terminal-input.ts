/** Reads keys and pastes from a terminal. */
import { emitKeypressEvents } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Key } from './line-editor.ts';
import { Pause } from './pause.ts';

/** A marked paste whose end mark does not come is over after so long without input, in ms. */
const MARKED_PAUSE = 1_000;
/** An unmarked paste is over after so long without input, in ms: less than people need between two keys. */
export const UNMARKED_PAUSE = 10;
/** How long keys are still read at the end, in ms. */
const LAST_KEYS = 60;
/** What a terminal sends behind a marked paste (DEC private mode 2004). */
const END_MARK = '\x1b[201~';

/** Receives what comes from the terminal. */
export interface TerminalInputEvents {
  key(key: Key, typed: string | undefined): void;
  /** A whole paste. Of one longer than the limit, only the start. */
  pasted(text: string): void;
  /** No more input will come. */
  ended(): void;
}

/** Reads keys and pastes from a terminal in raw mode. Ctrl-C is a key even within a paste. */
export class TerminalInput {
  readonly #input: Readable;
  readonly #events: TerminalInputEvents;
  readonly #marksPastes: boolean;
  readonly #limit: number;
  /** The paste so far, while one is under way. */
  #paste: string | null = null;
  /** How long a pause ends the paste, in ms. */
  #ms = MARKED_PAUSE;
  /** An Enter that may belong to an unmarked paste: the next key decides. */
  #heldEnter: Key | null = null;
  readonly #pause = new Pause();
  readonly #onKey = (typed: string | undefined, key: Key) => this.#take(key, typed);
  readonly #onEnd = () => this.#events.ended();

  /** Starts to read. `marksPastes`: see {@link marksPastes}. `limit`: characters of a paste that are kept. */
  constructor(input: Readable, options: { marksPastes: boolean; limit: number }, events: TerminalInputEvents) {
    this.#input = input;
    this.#events = events;
    this.#marksPastes = options.marksPastes;
    this.#limit = options.limit;
    emitKeypressEvents(input);
    input.on('keypress', this.#onKey).on('end', this.#onEnd).on('error', this.#onEnd);
  }

  /** Reads no more. */
  stop(): void {
    this.#pause.stop();
    this.#input.off('keypress', this.#onKey).off('end', this.#onEnd);
  }

  #take(key: Key, typed: string | undefined): void {
    const { name, ctrl } = key;
    if (ctrl === true && name === 'c') this.#events.key(key, typed);
    else if (this.#paste !== null) this.#continue(key, typed);
    else if (name === 'paste-start') this.#begin('', MARKED_PAUSE);
    else if (name === 'paste-end') return;
    else if (this.#heldEnter !== null && typed !== undefined) {
      this.#heldEnter = null;
      this.#begin('\n', UNMARKED_PAUSE);
      this.#continue(key, typed);
    } else if (this.#heldEnter !== null) {
      // A key without a text, such as an arrow, is no part of a paste.
      this.#end();
      this.#events.key(key, typed);
    } else if (name === 'return' && !this.#marksPastes) {
      this.#heldEnter = key;
      this.#pause.start(UNMARKED_PAUSE, () => this.#end());
    } else this.#events.key(key, typed);
  }

  #begin(text: string, ms: number): void {
    this.#paste = text;
    this.#ms = ms;
    this.#pause.start(ms, () => this.#end());
  }

  #continue({ name, sequence }: Key, typed: string | undefined): void {
    if (name === 'paste-end') return this.#end();
    const paste = (this.#paste ?? '') + (sequence ?? typed ?? '');
    // The escape character of an end mark counts as a key of its own when the rest of the mark comes late.
    this.#paste = paste.endsWith(END_MARK) ? paste.slice(0, -END_MARK.length) : paste.slice(0, this.#limit);
    if (paste.endsWith(END_MARK)) this.#end();
    else this.#pause.start(this.#ms, () => this.#end());
  }

  #end(): void {
    this.#pause.stop();
    const [paste, enter] = [this.#paste, this.#heldEnter];
    this.#paste = null;
    this.#heldEnter = null;
    if (paste !== null) this.#events.pasted(paste);
    else if (enter !== null) this.#events.key(enter, enter.sequence);
  }
}

/** Whether a terminal, by its `TERM`, marks where a paste begins and ends. `tmux`: whether it is a window of tmux. */
export function marksPastes(term: string | undefined, tmux: boolean): boolean {
  // tmux may call itself `screen`, as the older program does, which passes no marks on.
  if (term?.startsWith('screen') === true) return tmux;
  return !/^(?:$|linux|dumb|ansi|vt\d|cons25|sun|unknown)/.test(term ?? '');
}

/** Resolves once the keys pressed at the end have been read. They are not meant for the shell that reads next. */
export function lastKeys(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LAST_KEYS));
}
