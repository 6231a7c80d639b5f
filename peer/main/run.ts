/** Every command but the server: reads flags, wires the rooms, and ends with the right exit code. */
import { CommanderError } from 'commander';
import { EXIT, type ExitCode } from '../../shared/errors.ts';
import { converse } from './converse.ts';
import { parseFlags, type Task } from './flags.ts';
import { showIdentity, showPeers } from './known.ts';
import { asAparteError, complain, exitHard, onBugs } from './stop.ts';
import { VERSION } from './version.ts';

/** Runs the command that `args` name, and ends the process. */
export async function run(args: readonly string[]): Promise<never> {
  // The code may stand in the arguments, which other users can list: a title takes their place.
  process.title = 'aparte';
  const debug = process.env['APARTE_DEBUG'] === '1';
  onBugs(debug);
  forgetEmptyVariables();
  let exit: ExitCode;
  try {
    exit = await perform(parseFlags(args, process.env, VERSION));
  } catch (error) {
    if (error instanceof CommanderError) exitHard(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
    const failure = asAparteError(error, debug);
    complain(failure);
    exit = failure.exit;
  }
  return exitHard(exit);
}

/** What is empty in the environment counts as not there. */
function forgetEmptyVariables(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith('APARTE_') && value === '') delete process.env[name];
  }
}

async function perform(task: Task): Promise<ExitCode> {
  switch (task.command) {
    case 'id':
      await showIdentity(task);
      return EXIT.ok;
    case 'peers':
      await showPeers(task);
      return EXIT.ok;
    default:
      return converse(task);
  }
}
