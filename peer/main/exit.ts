/** How the process ends: on signals, on bugs, and for good. */

import { writeSync } from 'node:fs';
import { AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import { wrapLine } from '../ui/line-wrapping.ts';
import { describeError } from '../words/describe-error.ts';

/** How long (ms) giving the terminal back may take when the process ends by a bug. */
const GIVE_BACK_PATIENCE = 1_000;

/**
 * Ends the process at once. Everything must be closed and written out before. Native WebRTC threads may crash while
 * Node unwinds (node-webrtc, seen as SIGSEGV with many connections), so nothing is unwound.
 */
export function exitHard(code: ExitCode): never {
  return (process as unknown as { reallyExit(code: number): never }).reallyExit(code);
}

/** Two lines on standard error: what happened, and what to do. */
export function complain(error: AparteError): void {
  const { message, hint } = describeError(error);
  writeError(`aparte: ${message}\naparte: ${hint}\n`);
}

/** Writes lines to standard error at once, broken between words on a terminal, and bears that nobody reads them. */
export function writeError(text: string): void {
  const { isTTY, columns } = process.stderr;
  const rows = text.split('\n').flatMap((line) => wrapLine(line, isTTY ? columns : Infinity));
  try {
    writeSync(2, rows.join('\n'));
  } catch {
    // Whoever closed standard error does not want to know.
  }
}

/** The failure as one of ours. What is not becomes `bug`; its stack is shown only when `debug`. */
export function asAparteError(error: unknown, debug: boolean): AparteError {
  if (error instanceof AparteError) return error;
  if (debug) writeError(`${error instanceof Error ? error.stack : String(error)}\n`);
  return new AparteError('bug');
}

/** Calls `stop` on each signal that asks to end. */
export function onSignals(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

/** What must be given back before the process ends, whatever happens: the terminal. */
let giveBack: () => Promise<void> = () => Promise.resolve();

/** Has `close` called before the process ends by a bug. */
export function closeOnBugs(close: () => Promise<void>): void {
  giveBack = close;
}

/** Ends with `bug` when something was thrown that nobody caught. */
export function onBugs(debug: boolean): void {
  const end = async (thrown: unknown) => {
    const patience = new Promise((resolve) => setTimeout(resolve, GIVE_BACK_PATIENCE));
    await Promise.race([giveBack().catch(() => undefined), patience]);
    complain(asAparteError(thrown, debug));
    exitHard(EXIT.bug);
  };
  process.on('uncaughtException', (thrown) => void end(thrown));
  process.on('unhandledRejection', (reason) => void end(reason));
}
