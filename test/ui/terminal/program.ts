/**
 * A program that only shows a chat in a terminal. A test controls it over a Unix socket (first argument) with JSON lines,
 * and it reports what the user does in the same way. With `ask` as the second argument it first asks for a code.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { ChatEvent, Waiting } from '../../../peer/core/facts-and-orders.ts';
import { askCode, confirm } from '../../../peer/ui/questions.ts';
import { openTerminalChat } from '../../../peer/ui/terminal-chat.ts';
import { marksPastes } from '../../../peer/ui/terminal-input.ts';
import type { LinkState } from '../../../peer/ui/ui.ts';

/** What the test can ask for. */
type Order =
  | ChatEvent
  | { readonly type: 'waiting'; readonly state: Waiting; readonly link: LinkState | null }
  /** `deaf`: ms before that in which the program reads nothing. */
  | { readonly type: 'close'; readonly deaf?: number }
  /** Waits until the user has dismissed the chat, then closes. */
  | { readonly type: 'dismiss' };

const socket = connect(process.argv[2] ?? '');
const report = (what: object) => socket.write(`${JSON.stringify(what)}\n`);

if (process.argv[3] === 'ask') {
  const streams = { input: process.stdin, output: process.stderr };
  const code = await askCode('Code: ', ['ocean', 'octave', 'violin'], streams);
  report({ type: 'asked', code, sure: await confirm('Sure?', streams) });
}

const ui = openTerminalChat(
  {
    input: process.stdin,
    output: process.stdout,
    appearance: { colour: true, unicode: true },
    marksPastes: marksPastes(process.env['TERM'], false),
    hasAgreedCode: false,
    suspend: () => process.kill(process.pid, 'SIGTSTP'),
  },
  {
    command: (command) => report(command),
    ended: () => report({ type: 'ended' }),
    interrupted: () => report({ type: 'interrupted' }),
    fault: ({ code }) => report({ type: 'fault', code }),
  },
);
process.stdout.on('resize', () => report({ type: 'resize' }));
process.stdin.on('keypress', (_typed, { name }: { name?: string }) => {
  if (name === 'escape') report({ type: 'escape' });
});
process.on('SIGCONT', () => ui.resumed());

function close(deaf: number): void {
  if (deaf > 0) {
    report({ type: 'deaf' });
    // The report is written at the end of this turn.
    setImmediate(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, deaf);
      void ui.close().then(() => process.exit(0));
    });
  } else void ui.close().then(() => process.exit(0));
}

createInterface({ input: socket }).on('line', (line) => {
  const order = JSON.parse(line) as Order;
  if (order.type === 'waiting') ui.waiting(order.state, order.link);
  else if (order.type === 'close') close(order.deaf ?? 0);
  else if (order.type === 'dismiss') void ui.dismissed?.().then(() => close(0));
  else void ui.render(order).then(() => report({ type: 'shown' }));
});
report({ type: 'open' });
