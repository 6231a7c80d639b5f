/** `aparte signal`: the rendezvous server in this process. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { EXIT } from '../../shared/errors.ts';
import { runSignal } from '../../signaling/main.ts';
import { describeError } from '../words/describe-error.ts';
import { exitHard, writeError } from './exit.ts';

/** V8 looks at this when it thinks of giving young objects more space (`SemiSpaceNewSpace::Grow`). */
const NO_GROWTH = '--semi-space-growth-factor=1';
/** Space for young objects that is enough, in bytes, and how often is looked whether it is there, in ms. */
const [ENOUGH, EVERY] = [16_000_000, 100];

/**
 * Keeps V8's space for young objects from growing to 32 MiB while clients come, and staying so large while they wait: a
 * tenth of what a server with 10,000 of them needs. With half of that a pairing costs no more (measured:
 * `npm run bench:server`).
 */
function keepYoungSpaceSmall(): void {
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (young !== undefined && young.space_size < ENOUGH) return;
    setFlagsFromString(NO_GROWTH);
    clearInterval(timer);
  }, EVERY);
  timer.unref();
}

/** Runs the server until a signal stops it. `args` is what follows `signal`. */
export async function signal(args: readonly string[]): Promise<void> {
  keepYoungSpaceSmall();
  const { stdout } = process;
  // A server outlives whoever read its first line.
  stdout.on('error', () => undefined);
  process.exitCode = await runSignal(args, process.env, {
    stdout,
    stderr: { write: writeError },
    describe: describeError,
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
