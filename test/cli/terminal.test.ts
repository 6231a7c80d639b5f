/** The real program in two real terminals, as two people see it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { APARTE } from '../process.ts';
import { hasTmux, Terminal } from '../ui/terminal/tmux.ts';
import { freshCode, Sandbox } from './program.ts';

const skip = hasTmux ? false : 'tmux is not installed';
let sandbox: Sandbox;
let anna: Terminal;
let bert: Terminal;

before(async () => {
  if (!hasTmux) return;
  sandbox = new Sandbox();
  [anna, bert] = [new Terminal(), new Terminal()];
  await Promise.all([sandbox.startServer(), anna.open(), bert.open()]);
  for (const terminal of [anna, bert]) {
    terminal.keys(`export APARTE_SERVER=${sandbox.server} APARTE_HOME=${sandbox.home()}`, 'Enter');
  }
});

after(async () => {
  if (!hasTmux) return;
  anna.close();
  bert.close();
  await sandbox.close();
});

/** Runs the program in a terminal that is cleared before. The shell prints the exit code after it. */
function run(terminal: Terminal, args: string): void {
  terminal.keys(`clear; ${process.execPath} ${APARTE} ${args}; echo "exit $?"`, 'Enter');
}

const enter = (terminal: Terminal, text: string) => {
  terminal.type(text);
  terminal.keys('Enter');
};
/** Waits until the screen shows this, with the times left out. */
const sees = (terminal: Terminal, text: string | RegExp) =>
  terminal.until((screen) => {
    const timeless = screen.replaceAll(/^\d\d:\d\d>? /gm, '');
    return typeof text === 'string' ? timeless.includes(text) : text.test(timeless);
  });
/** Waits until the program has ended and the shell shows its prompt. */
const ended = (terminal: Terminal, exit: number) => sees(terminal, new RegExp(`^exit ${exit}\\nready>$`, 'm'));

test('a chat in two terminals', { skip, timeout: 100_000 }, async (t) => {
  anna.keys('stty -g', 'Enter');
  const modes = /^\w+(:\w+)+$/m.exec(await sees(anna, /^\w+(:\w+)+$/m))?.[0] ?? '';

  await t.test('makes a code, with which the other side joins', async () => {
    run(anna, '--name anna');
    const screen = await sees(anna, /waiting for the other side, \d+ s · Ctrl-C to leave\n>$/);
    const code = /The code is {2}(\S+)\n/.exec(screen)?.[1] ?? '';
    assert.match(screen, new RegExp(`as a link {4}${sandbox.server}/#${code}\n`));
    run(bert, `chat --name bert ${code}`);
    await sees(anna, /bert is here \(direct\): new key\. Type \/verify[\s\S]*\ndirect\b.* ms\n>$/);
    const joined = await sees(bert, /anna is here \(direct\): new key\. Type \/verify[\s\S]*\ndirect\b.* ms\n>$/);
    assert.doesNotMatch(joined, /The code is/, 'who gave the code is not told it');
  });

  await t.test('delivers messages both ways and ticks them when shown', async () => {
    enter(anna, 'hello 日本');
    await sees(bert, 'anna: hello 日本\n');
    await sees(anna, 'you: hello 日本 ✓\n');
    enter(bert, 'and hello back');
    await sees(anna, 'bert: and hello back\n');
    await sees(bert, 'you: and hello back ✓\n');
  });

  await t.test('keeps what is being typed when messages arrive', async () => {
    bert.type('half a sen');
    await sees(bert, /> half a sen$/);
    enter(anna, 'interrupting');
    await sees(bert, /anna: interrupting\n[^\n]*\n> half a sen$/);
    enter(bert, 'tence');
    await sees(anna, 'bert: half a sentence\n');
  });

  await t.test('sends a paste of several lines as one message', async () => {
    anna.paste('first\n  second\n\nfourth');
    await sees(anna, /> first\n {4}second\n\n {2}fourth$/);
    anna.keys('Enter');
    await sees(bert, 'anna: first\n        second\n\n      fourth\n');
    await sees(anna, 'fourth ✓\n');
  });

  await t.test('obeys commands', async () => {
    enter(anna, '/help');
    await sees(anna, '/verify [NAME] yes');
    enter(anna, '/dance');
    await sees(anna, 'There is no command /dance');
    enter(anna, '/peers');
    await sees(anna, 'bert: connected, direct; new key');
    enter(anna, '/verify');
    enter(bert, '/verify');
    const numbers = await Promise.all([anna, bert].map((each) => sees(each, /( {4}\d{5}( \d{5}){3}\n){3}/)));
    const [one, two] = numbers.map((screen) => /( {4}\d{5}( \d{5}){3}\n){3}/.exec(screen)?.[0]);
    assert.equal(one, two);
    enter(anna, '/verify yes');
    await sees(anna, 'bert: verified key.');
    enter(anna, '//etc/hosts');
    await sees(bert, 'anna: /etc/hosts\n');
  });

  await t.test('loses nothing when the window is resized', async () => {
    bert.type('a draft that is longer than the window will be');
    bert.resize(40, 12);
    enter(anna, 'a message while the window is narrow');
    await sees(bert, /a message while the window\n {6}is narrow/);
    bert.resize(80, 20);
    await sees(bert, /> a draft that is longer than the window will be$/);
    bert.keys('C-u');
  });

  await t.test('leaves on Ctrl-C, restores the shell, and tells the other side', async () => {
    bert.type('a draft');
    await sees(bert, /> a draft$/);
    anna.keys('C-c');
    await ended(anna, 130);
    await sees(bert, /anna has left\.\nThe chat is over\. Nothing more is sent\. Press Enter to close\.\n> a draft$/);
    enter(bert, ', and its end');
    assert.match(await ended(bert, 0), /Not sent:\n {2}a draft, and its end\nexit 0\n/);
    anna.keys('clear; stty -g', 'Enter');
    await anna.until((screen) => screen === `${modes}\nready>`);
  });
});

test('pasted lines are one message on a terminal that does not mark pastes', { skip, timeout: 60_000 }, async () => {
  const code = freshCode();
  const other = sandbox.chat('bert', [code]);
  anna.keys(`clear; TERM=linux ${process.execPath} ${APARTE} ${code}`, 'Enter');
  await sees(anna, 'bert is here');
  anna.paste('one\ntwo\nthree\nfour\nfive', false);
  await sees(anna, /> one\n {2}two\n {2}three\n {2}four\n {2}five$/);
  anna.keys('Enter');
  await other.event('message', { text: 'one\ntwo\nthree\nfour\nfive' });
  enter(anna, '/quit');
  await other.event('end');
  await sees(anna, /ready>$/);
});

test('passes nothing to the shell that is typed in a plain chat when the other side leaves', {
  skip,
  timeout: 60_000,
}, async () => {
  const code = freshCode();
  const other = sandbox.chat('bert', [code]);
  run(anna, `--plain ${code}`);
  await sees(anna, 'bert is here');
  anna.type('echo half');
  other.give({ type: 'quit' });
  await other.exits(0);
  await sees(anna, 'The chat is over. Nothing more is sent. Press Enter to close.');
  enter(anna, ' rest');
  assert.match(await ended(anna, 0), /Not sent:\n {2}echo half rest\nexit 0\n/);
});

test('asks for the code and completes its words', { skip, timeout: 60_000 }, async () => {
  run(anna, 'send --text hello');
  const code = /The code is {2}(\S+)\n/.exec(await sees(anna, /The code is/))?.[1] ?? '';
  const [nameplate = '', first = '', second = ''] = code.split('-');
  run(bert, 'receive');
  await sees(bert, /^Code .*: ?$/m);
  const other = ['violin', 'ocean'].find((word) => word !== second) ?? '';
  const begun = `${nameplate}-${other.slice(0, -1)}`;
  bert.type(begun);
  await sees(bert, new RegExp(`: ${begun}$`));
  bert.keys('Tab');
  await sees(bert, new RegExp(`: ${nameplate}-${other}-$`));
  bert.keys('C-u');
  enter(bert, `${nameplate} ${first.toUpperCase()} ${second}`);
  await sees(bert, /^hello\n/m);
  await Promise.all([ended(anna, 0), ended(bert, 0)]);
  run(bert, 'receive');
  await sees(bert, /^Code .*: ?$/m);
  bert.keys('C-c');
  await ended(bert, 130);
});

test('asks back about a forgotten nameplate or a mistyped word before anything is sent', {
  skip,
  timeout: 60_000,
}, async () => {
  run(anna, 'ocean-violin');
  await sees(anna, /is the number missing\?[\s\S]*Use this code anyway\? \(yes\/no\)$/);
  enter(anna, 'what?');
  await sees(anna, /what\?\nPlease type yes or no\. Use this code anyway\? \(yes\/no\)$/);
  enter(anna, 'no');
  await sees(anna, /\(yes\/no\) no\nCode .*:$/);
  anna.keys('Enter');
  await sees(anna, /Code .*:\nCode .*:$/);
  enter(anna, 'ocean violin');
  await sees(anna, /is the number missing\?[\s\S]*is the number missing\?[\s\S]*Use this code anyway\? \(yes\/no\)$/);
  enter(anna, 'no');
  await sees(anna, /Code .*:$/);
  anna.keys('C-d');
  const screen = await ended(anna, 130);
  assert.doesNotMatch(screen, /waiting|connecting/);
  run(anna, 'ocean-violin');
  await sees(anna, 'Use this code anyway?');
  enter(anna, 'yes');
  await sees(anna, /waiting for the other side, \d+ s · Ctrl-C to leave\n>$/);
  anna.keys('C-c');
  await ended(anna, 130);
  for (const [code, question] of [
    ['7ocean-violin', /Did you mean 7-ocean-violin\?\nUse this code anyway\? \(yes\/no\)$/],
    ['6-unlock', /is the end missing\?[\s\S]*Use this code anyway\? \(yes\/no\)$/],
  ] as const) {
    run(anna, code);
    await sees(anna, question);
    anna.keys('C-c');
    await ended(anna, 130);
  }
  const code = '805-garden-otter';
  run(anna, `"the code is ${code}"`);
  await sees(anna, new RegExp(`other text around it\\.\n.*Did you mean ${code}\\?\n.*\\(yes/no\\)$`));
  enter(anna, 'no');
  await sees(anna, /Code .*:$/);
  enter(anna, `aparte receive ${code}.`);
  await sees(anna, /left out of the code: \.\n[\s\S]*waiting for the other side, \d+ s · Ctrl-C to leave\n>$/);
  anna.keys('C-c');
  await ended(anna, 130);
  run(anna, '7-ocen-violin');
  await sees(
    anna,
    /"ocen" is not in the list of code words\. Did you mean\socean\?\nUse this code anyway\? \(yes\/no\)$/,
  );
  enter(anna, 'no');
  await sees(anna, /Code .*:$/);
  enter(anna, freshCode());
  await sees(anna, /waiting for the other side, \d+ s · Ctrl-C to leave\n>$/);
  anna.keys('C-c');
  await ended(anna, 130);
});

test('ends at once on a second Ctrl-C and names what was not delivered', { skip, timeout: 60_000 }, async () => {
  const code = freshCode();
  const frozen = sandbox.chat('bert', [code]);
  run(anna, code);
  await sees(anna, 'bert is here');
  frozen.kill('SIGSTOP');
  enter(anna, 'into the void');
  await sees(anna, /1 undelivered/);
  anna.keys('C-d');
  await sees(anna, 'leaving when 1 message is delivered · Ctrl-C to leave now');
  anna.keys('C-c', 'C-c');
  const screen = await ended(anna, 130);
  assert.match(screen, /you: into the void \(delivery not confirmed\)\n/);
  anna.keys('clear; stty echo; stty -a', 'Enter');
  await sees(anna, / icanon /);
  frozen.kill('SIGKILL');
});

test('wraps the report of the doctor and errors between words', { skip, timeout: 60_000 }, async () => {
  for (const [args, exit] of [
    ['doctor --server http://127.0.0.1:1', 4],
    ['chat 7-ocean violin', 2],
  ] as const) {
    run(anna, args);
    const rows = (await ended(anna, exit)).split('\n');
    assert.ok(rows.length > 4, args);
    for (const row of rows) assert.ok(row.length <= 80, row);
  }
});
