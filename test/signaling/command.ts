/** The `aparte signal` command in this process. */
import { describeError } from '../../peer/words/describe-error.ts';
import { runSignal } from '../../signaling/main.ts';

/** A running command. */
export interface Run {
  readonly out: string[];
  readonly err: string[];
  /** Stops it as by SIGINT; not urgent: as by SIGTERM. */
  readonly stop: (isUrgent?: boolean) => void;
  /** Reloads it as by SIGHUP. */
  readonly reload: () => void;
  /** Reports an uncaught error to it. */
  readonly report: (thrown: unknown) => void;
  /** Resolves with the first line of output. */
  readonly listening: Promise<string>;
  readonly exit: Promise<number>;
}

/** Runs the command within this process. */
export function start(argv: readonly string[], env: Record<string, string> = {}): Run {
  const out: string[] = [];
  const err: string[] = [];
  let [said, stop, reload] = [(_line: string) => {}, (_isUrgent: boolean) => {}, () => {}];
  let report = (_thrown: unknown) => {};
  const listening = new Promise<string>((resolve) => (said = resolve));
  const write = (text: string) => {
    out.push(text);
    said(text);
  };
  const exit = runSignal(argv, env, {
    stdout: { write },
    stderr: { write: (text) => err.push(text) },
    describe: describeError,
    onStop: (go) => (stop = go),
    onBug: (tell) => (report = tell),
    onReload: (again) => (reload = again),
  });
  return {
    out,
    err,
    stop: (isUrgent = true) => stop(isUrgent),
    reload: () => reload(),
    report: (thrown) => report(thrown),
    listening,
    exit,
  };
}
