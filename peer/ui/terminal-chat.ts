/**
 * The chat in a terminal: messages go into the terminal's own scrollback; under them, in a live region, what is on its
 * way, a status line, and the prompt, which survives whatever comes in while somebody writes.
 */
import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import type { ChatEvent, Waiting } from '../core/facts-and-orders.ts';
import type { Appearance } from './appearance.ts';
import { signs } from './appearance.ts';
import { completeCommand } from './chat-commands.ts';
import type { Outcome } from './chat-model.ts';
import { Transcript } from './chat-model.ts';
import { isSurprise, lastKeys, OVER } from './dismissal.ts';
import { noticeLines } from './event-text.ts';
import { truncate } from './graphemes.ts';
import type { Key } from './line-editor.ts';
import { LineEditor } from './line-editor.ts';
import type { Content, Row, Size } from './live-region.ts';
import { Screen } from './region-writer.ts';
import { visibleLines } from './sanitize.ts';
import { statusRow } from './status-line.ts';
import type { LinkState, Ui, UiEvents } from './ui.ts';
import { Hints } from './wait-hints.ts';

/** What the terminal needs from the program around it. */
export interface TerminalOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly appearance: Appearance;
  /** Whether the two pair by hand under a code they agreed on aloud. */
  readonly spoken: boolean;
  /** Stops the program as Ctrl-Z does elsewhere (SIGTSTP). The terminal has been given back when it is called. */
  readonly suspend: () => void;
}

/** The chat in a terminal. */
export interface Terminal extends Ui {
  /** Takes the terminal again after the program was stopped and continued (SIGCONT). */
  resumed(): void;
}

/** Without a key for so long, in ms, nobody is typing any more. */
const TYPING_IDLE = 5_000;
/** Messages on their way that are listed, the latest; of earlier ones only the number. */
const MAX_PENDING = 3;
const TOO_LONG = [
  'What was pasted is longer than a message can be, and was left out.',
  `A message has at most ${MAX_TEXT.toLocaleString('en')} bytes; "aparte send" sends more, a file or what a program prints.`,
];

/** Opens the chat in a terminal and takes its input. */
export function openTerminal(options: TerminalOptions, events: UiEvents): Terminal {
  return new ChatTerminal(options, events);
}

/** Whether a key says that the end has been seen: Enter, Ctrl-C, Ctrl-D. */
function closes({ name = '', ctrl = false }: Key): boolean {
  return ctrl ? name === 'c' || name === 'd' : name === 'return';
}

class ChatTerminal implements Terminal {
  readonly #options: TerminalOptions;
  readonly #events: UiEvents;
  readonly #transcript: Transcript;
  readonly #screen: Screen;
  readonly #editor = new LineEditor();
  readonly #hints = new Hints((sentence) => this.#say(sentence));
  #waiting: Waiting = { for: null, since: 0, until: null };
  #link: LinkState | null = null;
  #everySecond: NodeJS.Timeout | null = null;
  /** What has been pasted so far while a paste is under way. */
  #paste: string | null = null;
  /** Runs while the other side believes that somebody is typing here. */
  #typing: NodeJS.Timeout | null = null;
  #ended = false;
  #closed = false;
  /** Somebody has been here. */
  #met = false;
  /** The end of the conversation has been shown, and the user did not ask for it. */
  #surprised = false;
  /** Lets the user go, who may still be writing what can no longer be sent. */
  #letGo: (() => void) | null = null;
  readonly #onKey = (typed: string | undefined, key: Key) => this.#key(typed, key);
  readonly #onEnd = () => this.#end();

  constructor(options: TerminalOptions, events: UiEvents) {
    this.#options = options;
    this.#events = events;
    this.#transcript = new Transcript(options.appearance, options.spoken, () => options.output);
    const content = (size: Size) => this.#content(size);
    this.#screen = new Screen(options.output, options.appearance, content, (error) => events.fault(error));
    emitKeypressEvents(options.input);
    options.input.on('keypress', this.#onKey).on('end', this.#onEnd).on('error', this.#onEnd);
    this.#take();
  }

  show(event: ChatEvent): Promise<void> {
    if (this.#closed) return Promise.reject(new AparteError('output-closed'));
    this.#hints.event(event);
    if (event.type === 'peer' && event.status === 'connected') this.#met = true;
    if (event.type === 'end') this.#surprised = isSurprise(event.reason);
    return this.#apply(this.#transcript.event(event));
  }

  async dismissed(): Promise<void> {
    if (this.#closed || !this.#surprised) return;
    await lastKeys();
    // Who is in a conversation is writing, or about to: what he types next must not go to a shell.
    if (this.#editor.text.trim() === '' && (this.#ended || !this.#met)) return;
    const dismissed = new Promise<void>((resolve) => {
      this.#letGo = resolve;
    });
    this.#screen.update();
    return dismissed;
  }

  waiting(state: Waiting, link: LinkState | null): void {
    if (this.#closed) return;
    this.#waiting = state;
    this.#link = link;
    this.#hints.waiting(state);
    if (state.for !== null) {
      this.#everySecond ??= setInterval(() => this.#screen.update(), 1_000);
    } else if (this.#everySecond !== null) {
      clearInterval(this.#everySecond);
      this.#everySecond = null;
    }
    this.#screen.update();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { input } = this.#options;
    input.off('keypress', this.#onKey).off('end', this.#onEnd);
    this.#hints.stop();
    if (this.#everySecond !== null) clearInterval(this.#everySecond);
    if (this.#typing !== null) clearTimeout(this.#typing);
    const draft = this.#editor.text.trim() === '' ? [] : this.#notSent(this.#editor.text);
    await this.#screen.shut([...this.#transcript.farewell(), ...draft]);
    if (this.#surprised) await lastKeys();
    this.#release();
    input.pause();
  }

  resumed(): void {
    if (!this.#closed) this.#take();
  }

  #take(): void {
    // After a stop the mode is another than Node believes, and it would not set the same one twice.
    this.#release();
    this.#options.input.setRawMode(true);
    this.#options.input.resume();
    this.#screen.open();
  }

  #release(): void {
    // A terminal that was hung up has no mode any more.
    if (!this.#options.input.destroyed) this.#options.input.setRawMode(false);
  }

  async #suspend(): Promise<void> {
    await this.#screen.shut([]);
    this.#release();
    this.#options.suspend();
  }

  #content({ columns }: Size): Content {
    const { appearance } = this.#options;
    const pending = this.#transcript.pending;
    const listed: Row[] = pending.slice(-MAX_PENDING).map((text) => ({ text, tone: 'dim' }));
    const earlier = pending.length - listed.length;
    if (earlier > 0) listed.unshift({ text: `${signs(appearance).ellipsis} ${earlier} earlier`, tone: 'dim' });
    const { typing } = this.#transcript;
    const status = {
      waiting: this.#waiting,
      link: this.#link,
      typing,
      undelivered: pending.length,
      leaving: this.#ended,
    };
    const row: Row =
      this.#letGo === null
        ? statusRow(status, performance.now(), columns - 1, appearance)
        : { text: truncate(OVER, columns - 1, signs(appearance).ellipsis), tone: 'alarm' };
    return { rows: [...listed, row], clusters: this.#editor.clusters, cursor: this.#editor.cursor };
  }

  /** Resolves once all the lines are on the screen. */
  #apply({ lines, command, back }: Outcome): Promise<void> {
    const kept = back !== null && this.#editor.text === '';
    if (kept) this.#editor.set(back);
    const shown = this.#screen.print(back === null || kept ? lines : [...lines, ...this.#notSent(back)]);
    if (command !== null) this.#events.command(command);
    return shown;
  }

  #notSent(text: string): string[] {
    return noticeLines(['Not sent:', ...visibleLines(text)], this.#options.appearance);
  }

  #key(typed: string | undefined, key: Key): void {
    if (this.#letGo !== null && this.#paste === null && closes(key)) this.#letGo();
    else if (key.ctrl === true && key.name === 'c') this.#events.interrupted();
    else if (this.#ended) return;
    else if (key.name === 'paste-start') this.#paste = '';
    else if (key.name === 'paste-end') this.#pasted();
    else if (this.#paste !== null) this.#paste += this.#paste.length <= MAX_TEXT ? (key.sequence ?? typed ?? '') : '';
    else this.#edit(typed, key);
    this.#screen.update();
  }

  #pasted(): void {
    const text = this.#paste ?? '';
    this.#paste = null;
    if (text.length <= MAX_TEXT) this.#editor.insert(text);
    else this.#say(...TOO_LONG);
    this.#noteTyping();
  }

  #edit(typed: string | undefined, key: Key): void {
    const { name, ctrl = false, meta = false } = key;
    if (ctrl && name === 'd' && this.#editor.clusters.length === 0) this.#end();
    else if (ctrl && name === 'z') void this.#suspend();
    else if (ctrl && name === 'l') this.#screen.clear();
    else if (name === 'return' && !meta && !this.#surprised) this.#submit();
    else if (name === 'tab') this.#editor.insert(completeCommand(this.#editor.text) ?? '');
    else if (!this.#editor.press(key) && typed !== undefined && !ctrl && !meta) this.#editor.insert(typed);
    this.#noteTyping();
  }

  #submit(): void {
    const outcome = this.#transcript.typed(this.#editor.take(), Date.now());
    this.#stoppedTyping();
    this.#apply(outcome).catch(() => undefined);
  }

  #say(...sentences: string[]): void {
    this.#screen.print(noticeLines(sentences, this.#options.appearance)).catch(() => undefined);
  }

  #end(): void {
    this.#letGo?.();
    if (this.#ended) return;
    this.#ended = true;
    this.#events.ended();
  }

  /** Says that somebody is typing, or no more, whenever that has changed. Commands are nobody's business. */
  #noteTyping(): void {
    const [first, second] = this.#editor.clusters;
    if (first === undefined || (first === '/' && second !== '/')) {
      this.#stoppedTyping();
      return;
    }
    if (this.#surprised) return;
    if (this.#typing === null) this.#events.command({ type: 'typing', on: true });
    else clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#stoppedTyping(), TYPING_IDLE);
  }

  #stoppedTyping(): void {
    if (this.#typing === null) return;
    clearTimeout(this.#typing);
    this.#typing = null;
    this.#events.command({ type: 'typing', on: false });
  }
}
