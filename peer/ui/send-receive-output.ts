/**
 * What `send` and `receive` show: texts that arrive on the output, as they are where it is no terminal; all else, with
 * what is waited for, on the diagnostics (standard error).
 */

import type { Writable } from 'node:stream';
import type { ChatEvent, Waiting } from '../core/facts-and-orders.ts';
import { describeError } from '../words/describe-error.ts';
import type { Appearance } from './appearance.ts';
import type { PeerEvent } from './event-text.ts';
import { blobLines, codeLines, noticeLines, peerLines, shownName } from './event-text.ts';
import { wrapLine } from './line-wrapping.ts';
import { Outlet } from './output-writer.ts';
import { visible, visibleLines } from './sanitize.ts';
import { statusRow } from './status-line.ts';
import type { LinkState, Ui, UiEvents } from './ui.ts';
import { Hints } from './wait-hints.ts';
import { Reminder } from './wait-notices.ts';

/** Where a one-shot command writes to. */
export interface OneShotOptions {
  readonly output: Writable;
  readonly outputIsTerminal: boolean;
  readonly diagnostics: Writable;
  /** Columns of the terminal the diagnostics go to, where one line can be written again and again; null for none. */
  readonly diagnosticsColumns: number | null;
  /** How the diagnostics look. */
  readonly appearance: Appearance;
  /** Whether it is there to receive. */
  readonly receives: boolean;
  /** Whether it pairs by hand under a code that both agreed on aloud. */
  readonly spoken: boolean;
}

const ERASE_LINE = '\r\x1b[K';

/** Opens the user interface of a one-shot command. It reads nothing. */
export function openOneShot(options: OneShotOptions, events: Pick<UiEvents, 'fault'>): Ui {
  return new OneShot(options, events);
}

class OneShot implements Ui {
  readonly #options: OneShotOptions;
  readonly #output: Outlet;
  readonly #diagnostics: Outlet;
  readonly #reminder: Reminder;
  readonly #hints: Hints;
  readonly #peers = new Map<string, PeerEvent>();
  #own = '';
  #waiting: Waiting = { for: null, since: 0, until: null };
  #link: LinkState | null = null;
  #everySecond: NodeJS.Timeout | null = null;
  /** The status line as it stands on the terminal, empty where there is none. */
  #drawn = '';
  /** Whether the output ends in the middle of a line. */
  #midLine = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: OneShotOptions, events: Pick<UiEvents, 'fault'>) {
    this.#options = options;
    this.#output = new Outlet(options.output, (error) => events.fault(error));
    // Diagnostics that nobody reads stop nothing.
    this.#diagnostics = new Outlet(options.diagnostics, () => undefined);
    this.#reminder = new Reminder((words) => this.#say(noticeLines([`${words}.`], options.appearance)));
    this.#hints = new Hints((sentence) => this.#say(noticeLines([sentence], options.appearance)), options.receives);
  }

  show(event: ChatEvent): Promise<void> {
    this.#hints.event(event);
    if (event.type === 'message') return this.#message(event.text, event.raw === true);
    this.#say(this.#lines(event));
    return this.#last;
  }

  waiting(state: Waiting, link: LinkState | null): void {
    this.#waiting = state;
    this.#link = link;
    this.#hints.waiting(state);
    if (this.#options.diagnosticsColumns === null) {
      this.#reminder.waiting(state);
      return;
    }
    if (state.for !== null) {
      this.#everySecond ??= setInterval(() => this.#say([]), 1_000);
    } else if (this.#everySecond !== null) {
      clearInterval(this.#everySecond);
      this.#everySecond = null;
    }
    this.#say([]);
  }

  async close(): Promise<void> {
    this.#reminder.stop();
    this.#hints.stop();
    if (this.#everySecond !== null) clearInterval(this.#everySecond);
    this.#waiting = { for: null, since: 0, until: null };
    this.#say([]);
    if (this.#midLine && this.#options.outputIsTerminal) this.#last = this.#write('\n');
    await this.#last.catch(() => undefined);
  }

  /** A `raw` text is a piece of a stream and goes out without a line end behind it. */
  #message(text: string, raw: boolean): Promise<void> {
    const shown = this.#options.outputIsTerminal ? visibleLines(text).join('\n') : text;
    this.#midLine = raw && !shown.endsWith('\n');
    if (this.#drawn !== '') this.#note(ERASE_LINE);
    this.#drawn = '';
    return this.#write(raw ? shown : `${shown}\n`);
  }

  #write(text: string): Promise<void> {
    const written = this.#output.write(text);
    this.#last = written.catch(() => undefined);
    return written;
  }

  #lines(event: ChatEvent): string[] {
    const { appearance, receives, spoken } = this.#options;
    const verb = receives ? 'receive' : 'send';
    switch (event.type) {
      case 'ready':
        this.#own = event.name;
        return [];
      case 'code':
        return codeLines(event, 'receive', appearance);
      case 'invite':
      case 'answer':
        return blobLines(event, { verb, spoken }, [], appearance);
      case 'peer': {
        const before = this.#peers.get(event.peer) ?? null;
        this.#peers.set(event.peer, event);
        return peerLines(event, before, shownName(event.name, this.#own, appearance), verb, appearance);
      }
      case 'error': {
        const { message, hint } = describeError(event.error);
        return [`aparte: ${visible(message)}`, `aparte: ${visible(hint)}`];
      }
      case 'message': // goes to the output
      case 'sent':
      case 'delivered':
      case 'typing':
      case 'signal': // the status line says it
      case 'end':
        return [];
    }
  }

  /** Writes lines to the diagnostics and, where there can be one, the status line under them. */
  #say(lines: readonly string[]): void {
    const columns = this.#options.diagnosticsColumns;
    const rows = lines.flatMap((line) => wrapLine(line, columns ?? Infinity));
    const text = rows.map((row) => `${row}\n`).join('');
    if (columns === null) {
      if (text !== '') this.#note(text);
      return;
    }
    const status = { waiting: this.#waiting, link: this.#link, typing: [], undelivered: 0, leaving: false };
    // Not in the middle of a line that shares the terminal: a text, or the answer that is being pasted.
    const wanted = this.#waiting.for !== null && this.#waiting.for !== 'answer' && !this.#midLine;
    const row = wanted ? statusRow(status, performance.now(), columns - 1, this.#options.appearance).text : '';
    if (text === '' && row === this.#drawn) return;
    this.#note(`${this.#drawn === '' ? '' : ERASE_LINE}${text}${row}`);
    this.#drawn = row;
  }

  #note(text: string): void {
    this.#last = this.#diagnostics.write(text).catch(() => undefined);
  }
}
