/**
 * The output of `send` and `receive`. Texts that arrive go to the output, unchanged where it is no terminal. Everything
 * else, with a status line, goes to the diagnostics (standard error).
 */
import type { Writable } from 'node:stream';
import type { Waiting } from '../core/facts-and-orders.ts';
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
  const { outputIsTerminal, diagnosticsColumns: columns, appearance, receives, hasAgreedCode } = options;
  const model = new ChatModel({
    command: receives ? 'receive' : 'send',
    appearance,
    hasAgreedCode,
    now: Date.now(),
  });
  const output = new OutputWriter(options.output, (error) => events.fault(error));
  // The command goes on when nobody reads its diagnostics.
  const diagnostics = new OutputWriter(options.diagnostics, () => undefined);
  let waiting: Waiting = { for: null, since: 0, until: null };
  let link: LinkState | null = null;
  let everySecond: NodeJS.Timeout | undefined;
  /** The status line on the terminal, empty for none. */
  let drawn = '';
  /** Whether the output ends within a line. */
  let isMidLine = false;
  let last: Promise<void> = Promise.resolve();

  const write = (writer: OutputWriter, text: string) => {
    const written = writer.write(text);
    last = written.catch(() => undefined);
    return written;
  };
  const diagnose = (text: string) => void write(diagnostics, text).catch(() => undefined);
  /** Writes lines to the diagnostics and, where there can be one, the status line below them. */
  const print = (lines: readonly string[]) => {
    const rows = lines.flatMap((line) => wrapLine(line, columns ?? Infinity));
    const text = rows.map((row) => `${row}\n`).join('');
    const status = { waiting, link, typing: [], undelivered: 0, leaving: false };
    // No status line while a text, or the answer that is being pasted, ends within a line of the same terminal.
    const isWanted = columns !== null && waiting.for !== null && waiting.for !== 'answer' && !isMidLine;
    const row = isWanted ? statusRow(status, performance.now(), columns - 1, appearance).text : '';
    if (text === '' && row === drawn) return;
    diagnose(`${drawn === '' ? '' : ERASE_LINE}${text}${row}`);
    drawn = row;
  };
  /** A `raw` text is a piece of a stream and gets no line end. */
  const printMessage = (text: string, raw: boolean) => {
    const shown = outputIsTerminal ? visibleLines(text).join('\n') : text;
    isMidLine = raw && !shown.endsWith('\n');
    if (drawn !== '') diagnose(ERASE_LINE);
    drawn = '';
    return write(output, raw ? shown : `${shown}\n`);
  };
  const note = (sentence: string) => print(noticeLines([sentence], appearance));
  const waits = columns === null ? new WaitNotices(note) : null;
  const hint = receives ? new NothingCameHint(note) : null;

  return {
    render: (event) => {
      hint?.event(event);
      if (event.type === 'message') return printMessage(event.text, event.raw === true);
      if (event.type === 'error') {
        print(errorSentences(event).map((sentence) => `aparte: ${sentence}`));
      } else print(model.event(event).lines);
      return last;
    },
    waiting: (state, present) => {
      [waiting, link] = [state, present];
      hint?.waiting(state);
      waits?.waiting(state);
      if (columns === null) return;
      if (state.for === null) {
        clearInterval(everySecond);
        everySecond = undefined;
      } else everySecond ??= setInterval(() => print([]), 1_000);
      print([]);
    },
    close: async () => {
      hint?.stop();
      waits?.stop();
      clearInterval(everySecond);
      waiting = { for: null, since: 0, until: null };
      print([]);
      if (isMidLine && outputIsTerminal) void write(output, '\n').catch(() => undefined);
      await last;
    },
  };
}
