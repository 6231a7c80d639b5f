/** The chat for screen readers, logs and pipes: a line in, lines out, nothing ever moves or changes. */
import type { Readable, Writable } from 'node:stream';
import { AparteError } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import type { Appearance } from './appearance.ts';
import { fold } from './fold.ts';
import { Hints } from './hints.ts';
import type { InputLine } from './lines.ts';
import { readLines } from './lines.ts';
import { Outlet } from './outlet.ts';
import { Pastes } from './pastes.ts';
import { Reminder } from './reminder.ts';
import { visibleLines } from './sanitize.ts';
import type { Outcome } from './transcript.ts';
import { Transcript } from './transcript.ts';
import type { Ui, UiEvents } from './ui.ts';
import { errorLines, noticeLines } from './view.ts';

/** What the plain chat reads and writes. */
export interface PlainOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly appearance: Appearance;
  /** Whether the two pair by hand under a code they agreed on aloud. */
  readonly spoken: boolean;
  /** Columns of the terminal at the moment; null where the output is none, and lines stay whole. */
  readonly columns: () => number | null;
}

/** Opens the plain chat. Reads at once; each line typed is a message or a command. */
export function openPlain({ input, output, appearance, spoken, columns }: PlainOptions, events: UiEvents): Ui {
  const outlet = new Outlet(output, (error) => events.fault(error));
  const transcript = new Transcript(appearance, spoken);

  const print = (lines: readonly string[]) => {
    const rows = lines.flatMap((line) => fold(line, columns() ?? Infinity));
    return outlet.write(rows.map((row) => `${row}\n`).join(''));
  };
  const reminder = new Reminder((words) => {
    print(noticeLines([`${words}.`], appearance)).catch(() => undefined);
  });
  const hints = new Hints((sentence) => {
    print(noticeLines([sentence], appearance)).catch(() => undefined);
  });
  const apply = ({ lines, command, back }: Outcome) => {
    const notSent = back === null ? [] : noticeLines(['Not sent:', ...visibleLines(back)], appearance);
    const shown = print([...lines, ...notSent]);
    if (command !== null) events.command(command);
    return shown;
  };
  const pastes = new Pastes((pasted) => {
    apply(transcript.typed(pasted, Date.now())).catch(() => undefined);
  });
  const read = (line: InputLine) => {
    if ('text' in line && transcript.awaitsAnswer && !line.text.startsWith('/')) {
      pastes.add(line.text);
      return;
    }
    if ('text' in line) {
      apply(transcript.typed(line.text, Date.now())).catch(() => undefined);
      return;
    }
    const error =
      line.fault === 'too-long' ? new AparteError('message-too-long') : new AparteError('bad-command', 'not UTF-8');
    const { code, message, hint } = error;
    print(errorLines({ code, message, hint, fatal: false }, appearance)).catch(() => undefined);
  };
  const stop = readLines(input, MAX_TEXT, read, () => {
    pastes.end();
    events.ended();
  });

  return {
    show: (event) => {
      hints.event(event);
      return apply(transcript.event(event));
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
