/** How the process ends: on signals, on bugs, and for good. */
import { AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import { complain, writeError } from './output.ts';

/** How long closing the terminal may take when the process ends by a bug, in ms. */
const CLOSE_PATIENCE = 1_000;

/**
 * Ends the process at once. Everything must be closed and written out before. Nothing is unwound, because native WebRTC
 * threads may crash while Node unwinds (node-webrtc: SIGSEGV with many connections).
 */
export function exitHard(code: ExitCode): never {
  return (process as unknown as { reallyExit(code: number): never }).reallyExit(code);
}

/** The failure as one of ours. Anything else becomes `bug`; its stack is shown only when `debug`. */
export function asAparteError(error: unknown, debug: boolean): AparteError {
  if (error instanceof AparteError) return error;
  if (debug) writeError(`${error instanceof Error ? error.stack : String(error)}\n`);
  return new AparteError('bug');
}

/** Calls `stop` on each signal that asks to end. */
export function onSignals(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

/** Gives the terminal back, if a chat has it. */
let closeUi: () => Promise<void> = () => Promise.resolve();

/** Calls `close` before the process ends by a bug. */
export function closeOnBugs(close: () => Promise<void>): void {
  closeUi = close;
}

/** Ends the process with `bug` when an error was thrown that nobody caught. */
export function onBugs(debug: boolean): void {
  const end = async (thrown: unknown) => {
    const patience = new Promise((resolve) => setTimeout(resolve, CLOSE_PATIENCE));
    await Promise.race([closeUi().catch(() => undefined), patience]);
    complain(asAparteError(thrown, debug));
    exitHard(EXIT.bug);
  };
  process.on('uncaughtException', (thrown) => void end(thrown));
  process.on('unhandledRejection', (reason) => void end(reason));
}
