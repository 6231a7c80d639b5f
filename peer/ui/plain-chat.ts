/** The chat for screen readers, logs and pipes: lines in, lines out, and nothing on the screen ever moves. */
import type { Readable, Writable } from 'node:stream';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import { words } from '../words/index.ts';
import type { Appearance } from './appearance.ts';
import type { Outcome } from './chat-model.ts';
import { ChatModel } from './chat-model.ts';
import { errorLines, noticeLines, notSentLines } from './event-text.ts';
import type { InputLine } from './line-splitter.ts';
import { readLines } from './line-splitter.ts';
import { wrapLine } from './line-wrapping.ts';
import { OutputWriter } from './output-writer.ts';
import { lastKeys, UNMARKED_PAUSE } from './terminal-input.ts';
import type { Ui, UiEvents } from './ui.ts';
import { UnmarkedPastes } from './unmarked-pastes.ts';
import { WaitNotices } from './wait-notices.ts';

/** What the plain chat reads and writes. */
export interface PlainChatOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly appearance: Appearance;
  /** Whether the two pair by hand under a code that both agreed on. */
  readonly hasAgreedCode: boolean;
  /** The present columns of the terminal; null where the output is none, and lines are not wrapped. */
  readonly columns: () => number | null;
  /** Whether the input is a terminal, which a shell reads next. */
  readonly isTerminal: boolean;
}

/** Opens the plain chat and reads at once. Each line is a message or a command; pasted lines are one message. */
export function openPlainChat(options: PlainChatOptions, events: UiEvents): Ui {
  const { input, output, appearance, hasAgreedCode, columns, isTerminal } = options;
  const writer = new OutputWriter(output, (error) => events.fault(error));
  const model = new ChatModel({ command: 'chat', appearance, hasAgreedCode, now: Date.now() });

  const print = (lines: readonly string[]) => {
    const rows = lines.flatMap((line) => wrapLine(line, columns() ?? Infinity));
    return writer.write(rows.map((row) => `${row}\n`).join(''));
  };
  const printSoon = (lines: readonly string[]) => void print(lines).catch(() => undefined);
  const notice = (sentence: string) => printSoon(noticeLines([sentence], appearance));
  const waits = new WaitNotices(notice);
  const apply = ({ lines, command, unsent }: Outcome) => {
    const shown = print([...lines, ...(unsent === null ? [] : notSentLines(unsent, appearance))]);
    if (command !== null) events.command(command);
    return shown;
  };
  let inputEnded = false;
  let dismiss: () => void = () => undefined;
  const dismissed = new Promise<void>((resolve) => {
    dismiss = resolve;
  });
  /** The chat is over, but the user may be writing a line. */
  const staysOpen = () => model.endedUnasked && model.hasMet && !inputEnded;
  const take = (text: string) => {
    if (staysOpen()) {
      if (text.trim() !== '') printSoon(notSentLines(text, appearance));
      dismiss();
    } else apply(model.typed(text, Date.now())).catch(() => undefined);
  };
  const answers = new UnmarkedPastes(take);
  const pastes = new UnmarkedPastes(take, UNMARKED_PAUSE);
  const read = (line: InputLine) => {
    if ('text' in line) {
      if (model.awaitsAnswer && !line.text.startsWith('/')) answers.add(line.text);
      else if (isTerminal) pastes.add(line.text);
      else take(line.text);
      return;
    }
    const error =
      line.fault === 'too-long'
        ? new AparteError('message-too-long')
        : new AparteError('bad-command', { key: 'not-utf8' });
    printSoon(errorLines({ error, fatal: false }, appearance));
  };
  const stop = readLines(input, MAX_TEXT, read, () => {
    answers.end();
    pastes.end();
    inputEnded = true;
    dismiss();
    events.ended();
  });

  return {
    render: (event) => apply(model.event(event)),
    dismissed: async () => {
      if (!isTerminal || !staysOpen()) return;
      notice(words.CHAT_IS_OVER);
      await dismissed;
      // The rest of a paste.
      await lastKeys();
    },
    waiting: (state) => waits.waiting(state),
    close: async () => {
      stop();
      waits.stop();
      await print(model.notDelivered()).catch(() => undefined);
    },
  };
}
