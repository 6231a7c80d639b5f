/** The `aparte signal` command without a process of its own. */
import { describeError } from '../../peer/words/describe-error.ts';
import { runSignal } from '../../signaling/main.ts';

/** The command as it runs. */
export interface Run {
  readonly out: string[];
  readonly err: string[];
  /** Asks it to end, by SIGINT unless told otherwise. */
  readonly stop: (isUrgent?: boolean) => void;
  /** Asks it to read its files again. */
  readonly reload: () => void;
  /** Tells it of something thrown that nobody caught. */
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
