/** Runs every command but `signal`: reads the command line, does what it says, and ends with the right exit code. */
import { CommanderError } from 'commander';
import { unknownVariables } from '../../shared/environment.ts';
import { AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import { words } from '../words/index.ts';
import { commanderSentence, readCommandLine, type Task } from './command-line.ts';
import { leaveMemoryOutOfCoreDumps } from './core-dumps.ts';
import { asAparteError, exitHard, onBugs } from './exit.ts';
import { showIdentity, showPeers } from './identity-and-peers.ts';
import { mayTryRelays } from './options.ts';
import { complain, print, say } from './output.ts';
import { runConversation } from './run-conversation.ts';
import { requireWebAssembly, requireWebRtc } from './system-check.ts';
import { VERSION } from './version.ts';

/** The commands other than `chat`, which may be left out. */
const OTHER_COMMANDS: readonly (string | undefined)[] = ['send', 'receive', 'id', 'peers', 'doctor', 'signal', 'help'];

/** Runs the command that `args` name, and ends the process. `folder` holds the program. */
export async function run(args: readonly string[], folder: string): Promise<never> {
  leaveMemoryOutOfCoreDumps();
  const debug = process.env['APARTE_DEBUG'] === '1';
  onBugs(debug);
  forgetEmptyVariables();
  for (const { name, meant } of unknownVariables(process.env)) say(words.unknownVariable(name, meant));
  let task: Task | null = null;
  let exit: ExitCode;
  try {
    task = readCommandLine(args, process.env, VERSION);
    exit = await perform(task, folder);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0 && wantsJson(args)) await endJson(wrongUsage(error));
      exitHard(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
    }
    const failure = asAparteError(error, debug);
    complain(failure);
    if (task === null ? wantsJson(args) : task.command === 'chat' && task.json) await endJson(failure);
    exit = failure.exit;
  }
  return exitHard(exit);
}

async function perform(task: Task, folder: string): Promise<ExitCode> {
  requireWebAssembly();
  switch (task.command) {
    case 'id':
      await showIdentity(task);
      return EXIT.ok;
    case 'peers':
      await showPeers(task);
      return EXIT.ok;
    case 'doctor': {
      if (mayTryRelays(task)) requireWebRtc(folder);
      const { doctor } = await import('./doctor-command.ts');
      return doctor(task);
    }
    default:
      requireWebRtc(folder);
      return runConversation(task);
  }
}

/** Whether the arguments probably ask for a chat with `--json`, although they could not be read. */
function wantsJson(args: readonly string[]): boolean {
  return args.includes('--json') && !OTHER_COMMANDS.includes(args[0]);
}

/** What commander has said on standard error. */
function wrongUsage({ message }: CommanderError): AparteError {
  return new AparteError('usage', { key: 'command-line', text: commanderSentence(message) });
}

/** Tells a script on standard output why its chat cannot begin. Standard error has it already. */
async function endJson(error: AparteError): Promise<void> {
  const { jsonLine } = await import('../ui/json-chat.ts');
  const lines = [
    jsonLine({ type: 'error', error, fatal: true }),
    jsonLine({ type: 'end', reason: error.code, exit: error.exit }),
  ];
  try {
    await print(lines.join(''));
  } catch {
    // There is no room for the lines. Standard error has the cause of the end.
  }
}

/** Removes our empty environment variables: an empty one counts as not set. */
function forgetEmptyVariables(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith('APARTE_') && value === '') delete process.env[name];
  }
}
