/** `aparte signal`: the rendezvous server in this process. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { EXIT } from '../../shared/errors.ts';
import { runSignal } from '../../signaling/main.ts';
import { describeError } from '../words/describe-error.ts';
import { exitHard } from './exit.ts';
import { writeError } from './output.ts';

/** Stops V8 from giving young objects more space (`SemiSpaceNewSpace::Grow` reads it). */
const NO_GROWTH = '--semi-space-growth-factor=1';
/** Size of the space for young objects at which its growth is stopped, in bytes. */
const YOUNG_SPACE = 16_000_000;
/** How often the size of that space is read until then, in ms. */
const CHECK_INTERVAL = 100;

/**
 * Keeps V8's space for young objects at half of the 32 MiB to which it would grow while clients come. It would not shrink
 * again, and it is a tenth of the memory of a server with 10,000 clients. A pairing costs no more time (measured:
 * `npm run bench:server`).
 */
function keepYoungSpaceSmall(): void {
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (young !== undefined && young.space_size < YOUNG_SPACE) return;
    setFlagsFromString(NO_GROWTH);
    clearInterval(timer);
  }, CHECK_INTERVAL);
  timer.unref();
}

/** Runs the server until a signal stops it. `args` are the arguments behind `signal`. */
export async function signal(args: readonly string[]): Promise<void> {
  keepYoungSpaceSmall();
  const { stdout } = process;
  // The server goes on when nobody reads its output any more.
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
