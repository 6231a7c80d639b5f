/**
 * The output of `send` and `receive`. Texts that arrive go to the output, unchanged where it is no terminal. Everything
 * else, with a status line, goes to the diagnostics (standard error).
 */
import type { Writable } from 'node:stream';
import type { ChatEvent, Waiting } from '../core/facts-and-orders.ts';
import type { Appearance } from './appearance.ts';
import { ChatModel } from './chat-model.ts';
import { errorSentences, noticeLines } from './event-text.ts';
import { wrapLine } from './line-wrapping.ts';
import { NothingCameHint } from './nothing-came-hint.ts';
import { OutputWriter } from './output-writer.ts';
import { visibleLines } from './sanitize.ts';
import { statusRow } from './status-line.ts';
import type { LinkState, Ui, UiEvents } from './ui.ts';
import { WaitNotices } from './wait-notices.ts';

/** Where `send` and `receive` write to. */
export interface SendReceiveOptions {
  readonly output: Writable;
  readonly outputIsTerminal: boolean;
  readonly diagnostics: Writable;
  /** Columns of the terminal that the diagnostics go to and whose last line can change; null for no terminal. */
  readonly diagnosticsColumns: number | null;
  /** How the diagnostics look. */
  readonly appearance: Appearance;
  /** Whether the command is `receive`. */
  readonly receives: boolean;
  /** Whether the two pair by hand under a code that both agreed on. */
  readonly hasAgreedCode: boolean;
}

const ERASE_LINE = '\r\x1b[K';

/** Opens the user interface of `send` or `receive`. It reads nothing. */
export function openSendReceive(options: SendReceiveOptions, events: Pick<UiEvents, 'fault'>): Ui {
  return new SendReceiveUi(options, events);
}

class SendReceiveUi implements Ui {
  readonly #options: SendReceiveOptions;
  readonly #output: OutputWriter;
  readonly #diagnostics: OutputWriter;
  readonly #waitNotices: WaitNotices;
  /** Null for `send`. */
  readonly #hint: NothingCameHint | null;
  readonly #model: ChatModel;
  #waiting: Waiting = { for: null, since: 0, until: null };
  #link: LinkState | null = null;
  #everySecond: NodeJS.Timeout | null = null;
  /** The status line on the terminal, empty for none. */
  #drawn = '';
  /** Whether the output ends within a line. */
  #midLine = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: SendReceiveOptions, events: Pick<UiEvents, 'fault'>) {
    const { appearance, receives, hasAgreedCode } = options;
    this.#options = options;
    this.#model = new ChatModel({ command: receives ? 'receive' : 'send', appearance, hasAgreedCode, now: Date.now() });
    this.#output = new OutputWriter(options.output, (error) => events.fault(error));
    // The command goes on when nobody reads its diagnostics.
    this.#diagnostics = new OutputWriter(options.diagnostics, () => undefined);
    this.#waitNotices = new WaitNotices((sentence) => this.#note(sentence));
    this.#hint = receives ? new NothingCameHint((sentence) => this.#note(sentence)) : null;
  }

  render(event: ChatEvent): Promise<void> {
    this.#hint?.event(event);
    if (event.type === 'message') return this.#message(event.text, event.raw === true);
    if (event.type === 'error') {
      this.#print(errorSentences(event).map((sentence) => `aparte: ${sentence}`));
    } else this.#print(this.#model.event(event).lines);
    return this.#last;
  }

  waiting(state: Waiting, link: LinkState | null): void {
    this.#waiting = state;
    this.#link = link;
    this.#hint?.waiting(state);
    if (this.#options.diagnosticsColumns === null) {
      this.#waitNotices.waiting(state);
      return;
    }
    if (state.for !== null) {
      this.#everySecond ??= setInterval(() => this.#print([]), 1_000);
    } else if (this.#everySecond !== null) {
      clearInterval(this.#everySecond);
      this.#everySecond = null;
    }
    this.#print([]);
  }

  async close(): Promise<void> {
    this.#waitNotices.stop();
    this.#hint?.stop();
    if (this.#everySecond !== null) clearInterval(this.#everySecond);
    this.#waiting = { for: null, since: 0, until: null };
    this.#print([]);
    if (this.#midLine && this.#options.outputIsTerminal) this.#last = this.#write('\n');
    await this.#last.catch(() => undefined);
  }

  /** A `raw` text is a piece of a stream and gets no line end. */
  #message(text: string, raw: boolean): Promise<void> {
    const shown = this.#options.outputIsTerminal ? visibleLines(text).join('\n') : text;
    this.#midLine = raw && !shown.endsWith('\n');
    if (this.#drawn !== '') this.#diagnose(ERASE_LINE);
    this.#drawn = '';
    return this.#write(raw ? shown : `${shown}\n`);
  }

  #write(text: string): Promise<void> {
    const written = this.#output.write(text);
    this.#last = written.catch(() => undefined);
    return written;
  }

  #note(sentence: string): void {
    this.#print(noticeLines([sentence], this.#options.appearance));
  }

  /** Writes lines to the diagnostics and, where there can be one, the status line below them. */
  #print(lines: readonly string[]): void {
    const columns = this.#options.diagnosticsColumns;
    const rows = lines.flatMap((line) => wrapLine(line, columns ?? Infinity));
    const text = rows.map((row) => `${row}\n`).join('');
    if (columns === null) {
      if (text !== '') this.#diagnose(text);
      return;
    }
    const status = { waiting: this.#waiting, link: this.#link, typing: [], undelivered: 0, leaving: false };
    // No status line while a text, or the answer that is being pasted, ends within a line of the same terminal.
    const wanted = this.#waiting.for !== null && this.#waiting.for !== 'answer' && !this.#midLine;
    const row = wanted ? statusRow(status, performance.now(), columns - 1, this.#options.appearance).text : '';
    if (text === '' && row === this.#drawn) return;
    this.#diagnose(`${this.#drawn === '' ? '' : ERASE_LINE}${text}${row}`);
    this.#drawn = row;
  }

  #diagnose(text: string): void {
    this.#last = this.#diagnostics.write(text).catch(() => undefined);
  }
}
