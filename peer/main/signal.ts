/** `aparte signal`: the rendezvous server in this process. */
import { setFlagsFromString } from 'node:v8';
import { EXIT } from '../../shared/errors.ts';
import { runSignal } from '../../signaling/main.ts';
import { exitHard, writeError } from './stop.ts';

/**
 * Keeps V8's space for young objects as small as it begins. It would grow to 32 MiB while clients come and stay there
 * while they wait, which is a fifth of what a server with 10,000 of them needs; a pairing costs some 5 % more for it
 * (measured: `npm run bench:server`). Read by V8 whenever it thinks of growing (`SemiSpaceNewSpace::Grow`).
 */
const NO_GROWTH = '--semi-space-growth-factor=1';

/** Runs the server until a signal stops it. `args` is what follows `signal`. */
export async function signal(args: readonly string[]): Promise<void> {
  // A secret may stand in the arguments, which other users can list: a title takes their place.
  process.title = 'aparte signal';
  setFlagsFromString(NO_GROWTH);
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
