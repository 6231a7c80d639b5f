/** `aparte signal`: the rendezvous server in this process. */
import { EXIT } from '../../shared/errors.ts';
import { runSignal } from '../../signaling/main.ts';
import { exitHard, writeError } from './stop.ts';

/** Runs the server until a signal stops it. `args` is what follows `signal`. */
export async function signal(args: readonly string[]): Promise<void> {
  // A secret may stand in the arguments, which other users can list: a title takes their place.
  process.title = 'aparte signal';
  const { stdout } = process;
  // A server outlives whoever read its first line.
  stdout.on('error', () => undefined);
  process.exitCode = await runSignal(args, process.env, {
    stdout,
    stderr: { write: writeError },
    onStop: (stop) => {
      process.on('SIGTERM', () => stop(false));
      process.on('SIGINT', () => stop(true));
    },
    onBug: (report) => {
      process.on('uncaughtException', (thrown) => {
        report(thrown);
        exitHard(EXIT.bug);
      });
    },
    onReload: (reload) => void process.on('SIGHUP', reload),
  });
}
