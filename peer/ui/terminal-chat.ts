/**
 * The chat in a terminal. Messages go into the terminal's own scrollback. Below them, a live region shows the messages on
 * their way, a status line and the prompt, which keeps its text while messages come in.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import type { ChatEvent, Waiting } from '../core/facts-and-orders.ts';
import { words } from '../words/index.ts';
import type { Appearance } from './appearance.ts';
import { signs } from './appearance.ts';
import { complete } from './chat-commands.ts';
import type { Outcome } from './chat-model.ts';
import { ChatModel } from './chat-model.ts';
import { noticeLines, notSentLines } from './event-text.ts';
import { truncate } from './graphemes.ts';
import type { Key } from './line-editor.ts';
import { LineEditor } from './line-editor.ts';
import type { RegionContent, Row, WindowSize } from './live-region.ts';
import { RegionWriter } from './region-writer.ts';
import { statusRow } from './status-line.ts';
import { lastKeys, TerminalInput } from './terminal-input.ts';
import type { LinkState, Ui, UiEvents } from './ui.ts';

/** What the chat in a terminal needs from the program. */
export interface TerminalChatOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly appearance: Appearance;
  /** Whether the terminal marks where a paste begins and ends. */
  readonly marksPastes: boolean;
  /** Whether the two pair by hand under a code that both agreed on. */
  readonly hasAgreedCode: boolean;
  /** Stops the program as Ctrl-Z does elsewhere (SIGTSTP). The terminal has been given back before the call. */
  readonly suspend: () => void;
}

/** The chat in a terminal. */
export interface TerminalUi extends Ui {
  /** Takes the terminal again after the program was stopped and continued (SIGCONT). */
  resumed(): void;
}

/** After so long without a key, in ms, nobody is typing any more. */
const TYPING_IDLE = 5_000;
/** How many of the messages on their way are listed: the latest. Of the earlier ones, only the number is shown. */
const MAX_PENDING = 3;

/** Opens the chat in a terminal and reads its input at once. */
export function openTerminalChat(options: TerminalChatOptions, events: UiEvents): TerminalUi {
  return new TerminalChat(options, events);
}

/** Whether a key closes a chat that is over: Enter, Ctrl-C, Ctrl-D. */
function closes({ name = '', ctrl = false }: Key): boolean {
  return ctrl ? name === 'c' || name === 'd' : name === 'return';
}

class TerminalChat implements TerminalUi {
  readonly #options: TerminalChatOptions;
  readonly #events: UiEvents;
  readonly #model: ChatModel;
  readonly #writer: RegionWriter;
  readonly #input: TerminalInput;
  readonly #editor = new LineEditor();
  #waiting: Waiting = { for: null, since: 0, until: null };
  #link: LinkState | null = null;
  #everySecond: NodeJS.Timeout | undefined;
  /** Runs while the other side believes that somebody is typing here. */
  #typing: NodeJS.Timeout | undefined;
  #inputEnded = false;
  #closed = false;
  /** Closes a chat that is over but stays open, because the user may still be writing; null while it is not over. */
  #dismiss: (() => void) | null = null;

  constructor(options: TerminalChatOptions, events: UiEvents) {
    const { input, output, appearance, hasAgreedCode, marksPastes } = options;
    this.#options = options;
    this.#events = events;
    this.#model = new ChatModel({ command: 'chat', appearance, hasAgreedCode, now: Date.now(), window: () => output });
    const content = (size: WindowSize) => this.#content(size);
    this.#writer = new RegionWriter(output, appearance, content, (error) => events.fault(error));
    this.#input = new TerminalInput(
      input,
      { marksPastes, limit: MAX_TEXT + 1 },
      {
        key: (key, typed) => this.#key(key, typed),
        pasted: (text) => this.#pasted(text),
        ended: () => this.#endInput(),
      },
    );
    this.#takeTerminal();
  }

  render(event: ChatEvent): Promise<void> {
    if (this.#closed) return Promise.reject(new AparteError('output-closed'));
    return this.#apply(this.#model.event(event));
  }

  async dismissed(): Promise<void> {
    if (this.#closed || !this.#model.endedUnasked) return;
    await lastKeys();
    // A user in a conversation is writing, or about to. What they type next must not go to a shell.
    if (this.#editor.text.trim() === '' && (this.#inputEnded || !this.#model.hasMet)) return;
    const dismissed = new Promise<void>((resolve) => {
      this.#dismiss = resolve;
    });
    this.#writer.update();
    return dismissed;
  }

  waiting(state: Waiting, link: LinkState | null): void {
    if (this.#closed) return;
    this.#waiting = state;
    this.#link = link;
    if (state.for === null) {
      clearInterval(this.#everySecond);
      this.#everySecond = undefined;
    } else this.#everySecond ??= setInterval(() => this.#writer.update(), 1_000);
    this.#writer.update();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#input.stop();
    clearInterval(this.#everySecond);
    clearTimeout(this.#typing);
    const draft = this.#editor.text.trim() === '' ? [] : notSentLines(this.#editor.text, this.#options.appearance);
    await this.#writer.shut([...this.#model.notDelivered(), ...draft]);
    if (this.#model.endedUnasked) await lastKeys();
    this.#giveBackTerminal();
    this.#options.input.pause();
  }

  resumed(): void {
    if (!this.#closed) this.#takeTerminal();
  }

  #takeTerminal(): void {
    // After a stop, the mode of the terminal is not what Node believes, and Node does not set the same mode twice.
    this.#giveBackTerminal();
    this.#options.input.setRawMode(true);
    this.#options.input.resume();
    this.#writer.open();
  }

  #giveBackTerminal(): void {
    // A terminal that was closed has no mode any more.
    if (!this.#options.input.destroyed) this.#options.input.setRawMode(false);
  }

  async #suspend(): Promise<void> {
    await this.#writer.shut([]);
    this.#giveBackTerminal();
    this.#options.suspend();
  }

  #content({ columns }: WindowSize): RegionContent {
    const { appearance } = this.#options;
    const { ellipsis } = signs(appearance);
    const { pending, typing } = this.#model;
    const listed: Row[] = pending.slice(-MAX_PENDING).map((text) => ({ text, tone: 'dim' }));
    const earlier = pending.length - listed.length;
    if (earlier > 0) listed.unshift({ text: `${ellipsis} ${words.earlierMessages(earlier)}`, tone: 'dim' });
    const [waiting, link, leaving] = [this.#waiting, this.#link, this.#inputEnded];
    const status = { waiting, link, typing, undelivered: pending.length, leaving };
    const row: Row =
      this.#dismiss === null
        ? statusRow(status, performance.now(), columns - 1, appearance)
        : { text: truncate(words.CHAT_IS_OVER, columns - 1, ellipsis), tone: 'alarm' };
    return { rows: [...listed, row], clusters: this.#editor.clusters, cursor: this.#editor.cursor };
  }

  /** Resolves when all the lines are on the screen. */
  #apply({ lines, command, unsent }: Outcome): Promise<void> {
    const goesBack = unsent !== null && this.#editor.text === '';
    if (goesBack) this.#editor.set(unsent);
    const notSent = unsent === null || goesBack ? [] : notSentLines(unsent, this.#options.appearance);
    const shown = this.#writer.print([...lines, ...notSent]);
    if (command !== null) this.#events.command(command);
    return shown;
  }

  #notice(...sentences: string[]): void {
    this.#writer.print(noticeLines(sentences, this.#options.appearance)).catch(() => undefined);
  }

  #key(key: Key, typed: string | undefined): void {
    if (this.#dismiss !== null && closes(key)) this.#dismiss();
    else if (key.ctrl === true && key.name === 'c') this.#events.interrupted();
    else if (!this.#inputEnded) this.#edit(key, typed);
    this.#writer.update();
  }

  #pasted(text: string): void {
    if (this.#inputEnded) return;
    if (text.length <= MAX_TEXT) this.#editor.insert(text);
    else this.#notice(...words.pasteTooLong(MAX_TEXT));
    this.#noteTyping();
    this.#writer.update();
  }

  #edit(key: Key, typed: string | undefined): void {
    const { name, ctrl = false, meta = false } = key;
    if (ctrl && name === 'd' && this.#editor.clusters.length === 0) this.#endInput();
    else if (ctrl && name === 'z') void this.#suspend();
    else if (ctrl && name === 'l') this.#writer.clear();
    else if (name === 'return' && !meta && !this.#model.endedUnasked) this.#submit();
    else if (name === 'tab') this.#complete();
    else if (!this.#editor.press(key) && typed !== undefined && !ctrl && !meta) this.#editor.insert(typed);
    this.#noteTyping();
  }

  #complete(): void {
    const { insert, choices } = complete(this.#editor.text, this.#model.names);
    if (this.#editor.cursor < this.#editor.clusters.length) return;
    if (insert === '' && choices.length > 1) this.#notice(choices.join('  '));
    this.#editor.insert(insert);
  }

  #submit(): void {
    const outcome = this.#model.typed(this.#editor.take(), Date.now());
    this.#stoppedTyping();
    this.#apply(outcome).catch(() => undefined);
  }

  #endInput(): void {
    this.#dismiss?.();
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#events.ended();
  }

  /** Reports that the user is typing, or is no longer. A command that is being typed is not reported. */
  #noteTyping(): void {
    const [first, second] = this.#editor.clusters;
    if (first === undefined || (first === '/' && second !== '/')) {
      this.#stoppedTyping();
      return;
    }
    if (this.#model.endedUnasked) return;
    if (this.#typing === undefined) this.#events.command({ type: 'typing', on: true });
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#stoppedTyping(), TYPING_IDLE);
  }

  #stoppedTyping(): void {
    if (this.#typing === undefined) return;
    clearTimeout(this.#typing);
    this.#typing = undefined;
    this.#events.command({ type: 'typing', on: false });
  }
}
