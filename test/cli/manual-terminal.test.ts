/** Manual pairing as two people at terminals see it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { APARTE } from '../process.ts';
import { hasTmux, Terminal } from '../ui/terminal/tmux.ts';
import { Sandbox } from './program.ts';

const sandbox = new Sandbox();
const terminals: Terminal[] = [];
after(async () => {
  for (const terminal of terminals) terminal.close();
  await sandbox.close();
});

async function run(args: string): Promise<Terminal> {
  const terminal = new Terminal();
  terminals.push(terminal);
  await terminal.open();
  terminal.resize(100, 50);
  terminal.keys(
    `export APARTE_HOME=${sandbox.home()}; clear; ${process.execPath} ${APARTE} ${args}; echo "exit $?"`,
    'Enter',
  );
  return terminal;
}

const blob = async (terminal: Terminal, kind: 'i' | 'a') => {
  const pattern = new RegExp(`^ap1${kind}[A-Za-z0-9_-]{100,}$`, 'm');
  return pattern.exec(await terminal.until((screen) => pattern.test(screen)))?.[0] ?? '';
};

test('two terminals', { skip: hasTmux ? false : 'tmux is not installed', timeout: 100_000 }, async (t) => {
  const [anna, bert] = await Promise.all([run('--manual --name anna'), run('--manual - --name bert')]);
  const invite = await blob(anna, 'i');

  await t.test('shows the invite with a QR code, advice, and what it waits for', async () => {
    const screen = await anna.until((text) => /waiting for the answer, \d+ s; good for \d+ min/.test(text));
    assert.match(screen, /(?:▀{40,}\n){20,}/);
    assert.match(screen, /nobody\s+else\s+can read/);
  });

  await t.test('asks for the invite and answers it, however it is wrapped', async () => {
    await bert.until((text) => text.includes('Paste the invite:'));
    bert.paste(`${invite.slice(0, 60)}\n${invite.slice(60)}\n`);
    await bert.until((text) => /the answer is not pasted yet, \d+ s; good for .* · Ctrl-C to leave\n/.test(text));
  });

  await t.test('names a wrong paste and asks again, and connects with the right one', async () => {
    const answer = await blob(bert, 'a');
    anna.paste(invite);
    anna.keys('Enter');
    await anna.until((text) => text.includes('This is the invite that was made here.'));
    anna.paste(`bert wrote:\n> ${answer.slice(0, 90)}\n> ${answer.slice(90)}\n`);
    anna.keys('Enter');
    await anna.until((text) => text.includes('bert is here (direct)'));
    await bert.until((text) => text.includes('anna is here (direct)'));
    anna.type('hello');
    anna.keys('Enter');
    await bert.until((text) => text.includes('anna: hello'));
    bert.type('/quit');
    bert.keys('Enter');
    await anna.until((text) => /bert has left\.\n.*Press Enter to close\.\n>$/.test(text));
    anna.keys('Enter');
    for (const terminal of [anna, bert]) await terminal.until((text) => /^exit 0$/m.test(text));
  });
});
