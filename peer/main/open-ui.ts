/** Opens the user interface that a command needs. */
import { fstatSync, readSync, statSync } from 'node:fs';
import { devNull } from 'node:os';
import { AparteError } from '../../shared/errors.ts';
import { usesUtf8 } from '../ui/appearance.ts';
import type { Ui, UiEvents } from '../ui/ui.ts';
import type { ConversationTask } from './command-line.ts';

/**
 * Throws `output-failed` if standard output was closed when the program started. Node then opens the null device in its
 * place, and everything written there would count as shown.
 */
export function assertOutputIsOpen(): void {
  const { fd } = process.stdout;
  try {
    if (fstatSync(fd).rdev !== statSync(devNull).rdev) return;
    // Node opens it for reading and writing; a shell opens it for writing only, and reading fails.
    readSync(fd, new Uint8Array(1));
  } catch {
    return;
  }
  throw new AparteError('output-failed', { key: 'output-not-open' });
}

/** Opens the user interface of a conversation, and loads no other. */
export async function openUi(task: ConversationTask, events: UiEvents): Promise<Ui> {
  const { stdin, stdout, stderr } = process;
  neverBlock(stdout);
  const look = (output: { isTTY?: boolean }) => ({ colour: task.color && output.isTTY === true, unicode: unicode() });
  const hasAgreedCode = task.withCode;
  if (task.command !== 'chat') {
    neverBlock(stderr);
    const diagnosticsColumns = stderr.isTTY && !task.plain ? stderr.columns : null;
    const outputIsTerminal = stdout.isTTY;
    const appearance = look(stderr);
    const { openSendReceive } = await import('../ui/send-receive-output.ts');
    return openSendReceive(
      {
        output: stdout,
        outputIsTerminal,
        diagnostics: stderr,
        diagnosticsColumns,
        appearance,
        receives: task.command === 'receive',
        hasAgreedCode,
      },
      events,
    );
  }
  if (task.json) {
    const { openJsonChat } = await import('../ui/json-chat.ts');
    return openJsonChat({ input: stdin, output: stdout }, events);
  }
  const appearance = look(stdout);
  if (task.plain || !stdin.isTTY || !stdout.isTTY) {
    const { openPlainChat } = await import('../ui/plain-chat.ts');
    const columns = () => (stdout.isTTY ? stdout.columns : null);
    const isTerminal = stdin.isTTY;
    return openPlainChat({ input: stdin, output: stdout, appearance, hasAgreedCode, columns, isTerminal }, events);
  }
  const [{ openTerminalChat }, { marksPastes }] = await Promise.all([
    import('../ui/terminal-chat.ts'),
    import('../ui/terminal-input.ts'),
  ]);
  // To the whole foreground group, as a terminal does it: npm and its shell would keep the terminal otherwise.
  const suspend = () => process.kill(0, 'SIGTSTP');
  const { TERM, TMUX } = process.env;
  const marks = marksPastes(TERM, TMUX !== undefined);
  const terminal = openTerminalChat(
    { input: stdin, output: stdout, appearance, marksPastes: marks, hasAgreedCode, suspend },
    events,
  );
  process.on('SIGCONT', () => terminal.resumed());
  return terminal;
}

/**
 * Makes writing to a terminal asynchronous. Otherwise Node stops the whole program while the terminal takes nothing
 * (Ctrl-S, copy mode): data of the remote peer would pile up without a limit, and they would take us for lost.
 */
function neverBlock(output: NodeJS.WriteStream): void {
  // Not in the types. Node opens the terminal anew, so the mode of other programs that use it does not change.
  const { _handle: handle } = output as { _handle?: { setBlocking?(blocks: boolean): unknown } };
  if (output.isTTY) handle?.setBlocking?.(false);
}

function unicode(): boolean {
  const { env } = process;
  return usesUtf8(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG']);
}
