/** The chat for scripts: one JSON object per line, events on the output and commands on the input. */
import type { Readable, Writable } from 'node:stream';
import { AparteError, type ErrorCode } from '../../shared/errors.ts';
import { MAX_TEXT } from '../../shared/limits.ts';
import { type Command, decodeCommand } from '../../shared/script-commands.ts';
import type { ChatEvent } from '../core/facts-and-orders.ts';
import { type DescribedError, describeError } from '../words/describe-error.ts';
import type { InputLine } from './line-splitter.ts';
import { readLines } from './line-splitter.ts';
import { OutputWriter } from './output-writer.ts';
import type { Ui, UiEvents } from './ui.ts';

/** Bytes of a command's line: the longest text with each byte written as `\u0000`, and room for the other keys. */
export const MAX_LINE = 6 * MAX_TEXT + 4_096;

// Characters that JSON does not escape, although they can steer a terminal or hide text: DEL and C1, formats, separators,
// invisibles.
const UNSAFE = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Text without such characters. This test is fast; the search for them takes as long as sealing does. */
const PLAIN = /^[\x20-\x7e]*$/;

/** A value as JSON on one line with a line feed, harmless for a terminal. */
export function safeJson(value: object): string {
  const json = JSON.stringify(value);
  if (PLAIN.test(json)) return `${json}\n`;
  const escaped = (char: string) =>
    char
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
  return `${json.replace(UNSAFE, escaped)}\n`;
}

type ErrorEvent = Extract<ChatEvent, { type: 'error' }>;

/** An event as it is written: an error is a code and its words. */
export type JsonEvent =
  | Exclude<ChatEvent, ErrorEvent>
  | ({ readonly code: ErrorCode } & DescribedError & Omit<ErrorEvent, 'error'>);

/** An event as a line. */
export function jsonLine(event: ChatEvent): string {
  if (event.type !== 'error') return safeJson(event);
  const { type, error, ...rest } = event;
  return safeJson({ type, code: error.code, ...describeError(error), ...rest } satisfies JsonEvent);
}

/** Opens the chat for scripts and reads at once. */
export function openJsonChat({ input, output }: { input: Readable; output: Writable }, events: UiEvents): Ui {
  const writer = new OutputWriter(output, (error) => events.fault(error));
  let last: Promise<void> = Promise.resolve();
  const render = (event: ChatEvent) => {
    const shown = writer.write(jsonLine(event));
    // The promise of each line reports its own failure.
    last = shown.catch(() => undefined);
    return shown;
  };
  const read = (line: InputLine) => {
    const command = parseCommand(line);
    if (command === null) return;
    if (!('error' in command)) {
      events.command(command);
      return;
    }
    const { error, ref } = command;
    render({ type: 'error', error, fatal: false, ...(ref !== null && { ref }) }).catch(() => undefined);
  };
  const stop = readLines(input, MAX_LINE, read, () => events.ended());
  return {
    render,
    waiting: () => undefined,
    close: () => {
      stop();
      return last;
    },
  };
}

/** Why a line is no command, and the `ref` that it names, if that can be read. */
interface RefusedLine {
  readonly error: AparteError;
  readonly ref: string | null;
}

/** The command of a line, null for an empty line, or why there is none. */
function parseCommand(line: InputLine): Command | RefusedLine | null {
  const refused = (error: AparteError, ref: string | null = null) => ({ error, ref });
  if ('fault' in line) {
    return line.fault === 'too-long'
      ? refused(new AparteError('message-too-long', { key: 'line-too-long', max: MAX_LINE }))
      : refused(new AparteError('bad-command', { key: 'not-utf8' }));
  }
  if (line.text.trim() === '') return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.text);
  } catch {
    return refused(new AparteError('bad-command', { key: 'not-json' }));
  }
  const command = decodeCommand(parsed);
  return 'fault' in command ? refused(new AparteError('bad-command', command.fault), command.ref) : command;
}
