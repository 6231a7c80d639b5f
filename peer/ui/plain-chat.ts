/** The chat for screen readers, logs and pipes: a line in, lines out, nothing ever moves or changes. */
import type { Readable, Writable } from 'node:stream';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import type { ChatEvent } from '../core/facts-and-orders.ts';
import type { Appearance } from './appearance.ts';
import type { Outcome } from './chat-model.ts';
import { Transcript } from './chat-model.ts';
import { isSurprise, lastKeys, OVER } from './dismissal.ts';
import { errorLines, noticeLines } from './event-text.ts';
import type { InputLine } from './line-splitter.ts';
import { readLines } from './line-splitter.ts';
import { wrapLine } from './line-wrapping.ts';
import { Outlet } from './output-writer.ts';
import { visibleLines } from './sanitize.ts';
import type { Ui, UiEvents } from './ui.ts';
import { Pastes } from './unmarked-pastes.ts';
import { Hints } from './wait-hints.ts';
import { Reminder } from './wait-notices.ts';

/** What the plain chat reads and writes. */
export interface PlainOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly appearance: Appearance;
  /** Whether the two pair by hand under a code they agreed on aloud. */
  readonly spoken: boolean;
  /** Columns of the terminal at the moment; null where the output is none, and lines stay whole. */
  readonly columns: () => number | null;
  /** Whether a shell reads on where the input is left: a terminal. */
  readonly shared: boolean;
}

/** Opens the plain chat. Reads at once; each line typed is a message or a command. */
export function openPlain(options: PlainOptions, events: UiEvents): Ui {
  const { input, output, appearance, spoken, columns, shared } = options;
  const outlet = new Outlet(output, (error) => events.fault(error));
  const transcript = new Transcript(appearance, spoken);

  const print = (lines: readonly string[]) => {
    const rows = lines.flatMap((line) => wrapLine(line, columns() ?? Infinity));
    return outlet.write(rows.map((row) => `${row}\n`).join(''));
  };
  const reminder = new Reminder((words) => {
    print(noticeLines([`${words}.`], appearance)).catch(() => undefined);
  });
  const hints = new Hints((sentence) => {
    print(noticeLines([sentence], appearance)).catch(() => undefined);
  });
  const notSent = (text: string) => noticeLines(['Not sent:', ...visibleLines(text)], appearance);
  const apply = ({ lines, command, back }: Outcome) => {
    const shown = print([...lines, ...(back === null ? [] : notSent(back))]);
    if (command !== null) events.command(command);
    return shown;
  };
  const pastes = new Pastes((pasted) => {
    apply(transcript.typed(pasted, Date.now())).catch(() => undefined);
  });
  const last = new LastLine();
  const read = (line: InputLine) => {
    if (last.isAwaited) {
      if ('text' in line && line.text.trim() !== '') print(notSent(line.text)).catch(() => undefined);
      last.came();
      return;
    }
    if ('text' in line && transcript.awaitsAnswer && !line.text.startsWith('/')) {
      pastes.add(line.text);
      return;
    }
    if ('text' in line) {
      apply(transcript.typed(line.text, Date.now())).catch(() => undefined);
      return;
    }
    const error =
      line.fault === 'too-long'
        ? new AparteError('message-too-long')
        : new AparteError('bad-command', { key: 'not-utf8' });
    print(errorLines({ error, fatal: false }, appearance)).catch(() => undefined);
  };
  const stop = readLines(input, MAX_TEXT, read, () => {
    pastes.end();
    last.inputEnded();
    events.ended();
  });

  return {
    show: (event) => {
      hints.event(event);
      last.event(event);
      return apply(transcript.event(event));
    },
    dismissed: async () => {
      if (!shared || !last.isAwaited) return;
      await print(noticeLines([OVER], appearance)).catch(() => undefined);
      await last.seen;
      // The rest of a paste.
      await lastKeys();
    },
    waiting: (state) => {
      reminder.waiting(state);
      hints.waiting(state);
    },
    close: async () => {
      stop();
      reminder.stop();
      hints.stop();
      await print(transcript.farewell()).catch(() => undefined);
    },
  };
}

/** Behind an end that comes as a surprise to somebody in a conversation: the line he is writing, maybe an empty one. */
class LastLine {
  /** Whether a line that comes now is that line. */
  isAwaited = false;
  /** Resolves once it has come, or none will. */
  readonly seen: Promise<void>;
  came: () => void = () => undefined;
  #met = false;
  #ended = false;

  constructor() {
    this.seen = new Promise((resolve) => {
      this.came = resolve;
    });
  }

  event(event: ChatEvent): void {
    if (event.type === 'peer' && event.status === 'connected') this.#met = true;
    if (event.type === 'end') this.isAwaited = this.#met && !this.#ended && isSurprise(event.reason);
  }

  inputEnded(): void {
    this.#ended = true;
    this.came();
  }
}
