/** The command in a process of its own, for the tests to start and to end. */
import { describeError } from '../../peer/words/describe-error.ts';
import { runSignal } from '../../signaling/main.ts';

const { stdout, stderr } = process;
process.exitCode = await runSignal(process.argv.slice(2), process.env, {
  stdout,
  stderr,
  describe: describeError,
  onStop: (stop) => {
    process.on('SIGTERM', () => stop(false));
    process.on('SIGINT', () => stop(true));
  },
  onBug: () => {},
  onReload: (reload) => void process.on('SIGHUP', reload),
});
