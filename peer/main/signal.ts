/** `aparte signal`: the rendezvous server in this process. */
import { runSignal } from '../../signaling/main.ts';

/** Runs the server until a signal stops it. `args` is what follows `signal`. */
export async function signal(args: readonly string[]): Promise<void> {
  // A secret may stand in the arguments, which other users can list: a title takes their place.
  process.title = 'aparte signal';
  const { stdout, stderr } = process;
  process.exitCode = await runSignal(args, process.env, {
    stdout,
    stderr,
    onStop: (stop) => {
      process.on('SIGTERM', () => stop(false));
      process.on('SIGINT', () => stop(true));
    },
    onReload: (reload) => void process.on('SIGHUP', reload),
  });
}
