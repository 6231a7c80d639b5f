/** What the program writes itself, outside of a conversation: on standard error, and as the result of a command. */
import { writeSync } from 'node:fs';
import type { AparteError } from '../../shared/errors.ts';
import { wrapLine } from '../ui/line-wrapping.ts';
import { outputFault } from '../ui/output-writer.ts';
import { describeError } from '../words/describe-error.ts';

/** Writes text to standard output. Nobody has to read it. Throws `output-failed` if there is no room for it. */
export async function print(text: string): Promise<void> {
  const { stdout } = process;
  // The callback gets the same error; without a listener it would end the program.
  if (stdout.listenerCount('error') === 0) stdout.on('error', () => undefined);
  const error = await new Promise<Error | null | undefined>((resolve) => stdout.write(text, resolve));
  const fault = error == null ? null : outputFault(error);
  if (fault?.code === 'output-failed') throw fault;
}

/** Says lines on standard error, each behind the name of the program. */
export function say(...lines: readonly string[]): void {
  if (lines.length > 0) writeError(lines.map((line) => `aparte: ${line}\n`).join(''));
}

/** Says two lines on standard error: what happened, and what to do. */
export function complain(error: AparteError): void {
  const { message, hint } = describeError(error);
  say(message, hint);
}

/** Writes lines to standard error at once, wrapped between words on a terminal. Nobody has to read them. */
export function writeError(text: string): void {
  const { isTTY, columns } = process.stderr;
  const rows = text.split('\n').flatMap((line) => wrapLine(line, isTTY ? columns : Infinity));
  try {
    writeSync(2, rows.join('\n'));
  } catch {
    // Standard error is closed.
  }
}
