/** Every command but the server: reads flags, wires the rooms, and ends with the right exit code. */
import { CommanderError } from 'commander';
import { AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import { asAparteError, complain, exitHard, onBugs } from './exit.ts';
import { parseFlags, type Task } from './flags.ts';
import { mayTryRelays } from './ice-flags.ts';
import { showIdentity, showPeers } from './identity-and-peers.ts';
import { print } from './print-output.ts';
import { runConversation } from './run-conversation.ts';
import { requireWebAssembly, requireWebRtc } from './system-check.ts';
import { VERSION } from './version.ts';

const OTHER_COMMANDS = new Set<string | undefined>(['send', 'receive', 'id', 'peers', 'doctor', 'signal', 'help']);

/** Runs the command that `args` name, and ends the process. `folder` holds the program. */
export async function run(args: readonly string[], folder: string): Promise<never> {
  const debug = process.env['APARTE_DEBUG'] === '1';
  onBugs(debug);
  forgetEmptyVariables();
  let task: Task | null = null;
  let exit: ExitCode;
  try {
    task = parseFlags(args, process.env, VERSION);
    exit = await perform(task, folder);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0 && wantsJson(args)) await endJson(misused(error));
      exitHard(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
    }
    const failure = asAparteError(error, debug);
    complain(failure);
    if (task === null ? wantsJson(args) : task.command === 'chat' && task.json) await endJson(failure);
    exit = failure.exit;
  }
  return exitHard(exit);
}

/** Whether a chat in machine mode was asked for, as far as can be seen from flags that are wrong. */
function wantsJson([command, ...rest]: readonly string[]): boolean {
  return [command, ...rest].includes('--json') && !OTHER_COMMANDS.has(command);
}

/** What commander has said on standard error. */
function misused({ message }: CommanderError): AparteError {
  const text = message
    .replace(/^error: /, '')
    .trim()
    .replaceAll('\n', ' ');
  return new AparteError('usage', { key: 'command-line', text });
}

/** A script is told on standard output, too, why its chat cannot begin. */
async function endJson(error: AparteError): Promise<void> {
  const { jsonLine } = await import('../ui/json-chat.ts');
  const lines = [
    jsonLine({ type: 'error', error, fatal: true }),
    jsonLine({ type: 'end', reason: error.code, exit: error.exit }),
  ];
  // The failure itself has been said on standard error.
  await print(lines.join('')).catch(() => undefined);
}

/** What is empty in the environment counts as not there. */
function forgetEmptyVariables(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith('APARTE_') && value === '') delete process.env[name];
  }
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
      const { doctor } = await import('./doctor-command.ts');
      if (mayTryRelays(task)) requireWebRtc(folder);
      return doctor(task);
    }
    default:
      requireWebRtc(folder);
      return runConversation(task);
  }
}
