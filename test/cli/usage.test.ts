/** What the program takes on its command line and in its environment, and what it says to what it does not take. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ready } from '../../peer/crypto/index.ts';
import { openStore } from '../../peer/store/index.ts';
import { APARTE, Sandbox, type Setting } from './program.ts';

const sandbox = new Sandbox();
after(() => sandbox.close());

const COMMANDS = ['chat', 'send', 'receive', 'signal', 'id', 'peers', 'doctor'];
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Two lines on standard error, what happened and what to do; nothing on standard output but what scripts are told. */
async function refused(args: readonly string[], exit: number, why: RegExp, setting: Setting = {}): Promise<void> {
  const program = await sandbox.run(args, { input: '', ...setting }).exits(exit);
  if (args.includes('--json')) {
    const told = program.events.map((event) => [event.type, event['fatal'] ?? event['exit']]);
    assert.deepEqual(told, [
      ['error', true],
      ['end', exit],
    ]);
  } else assert.equal(program.stdout, '', args.join(' '));
  assert.match(program.stderr, /^aparte: .*[^\n]\naparte: .*[^\n]\n$/, args.join(' '));
  assert.match(program.stderr, why, args.join(' '));
}

describe('the command line', { concurrency: 3 }, () => {
  test('--version is the version and nothing else', async () => {
    for (const flag of ['--version', '-V']) {
      const program = await sandbox.run([flag]).exits(0);
      assert.deepEqual([program.stdout, program.stderr], [`${version}\n`, '']);
    }
  });

  test('--help shows every command', async () => {
    const program = await sandbox.run(['--help']).exits(0);
    assert.equal(program.stderr, '');
    for (const command of COMMANDS) assert.match(program.stdout, new RegExp(`^  ${command}\\b`, 'm'));
    assert.match(program.stdout, /Exit codes/);
  });

  for (const command of COMMANDS) {
    test(`${command} --help shows its usage`, async () => {
      const program = await sandbox.run([command, '--help']).exits(0);
      assert.equal(program.stderr, '');
      assert.match(program.stdout, new RegExp(`^Usage: aparte ${command}\\b`));
      const options = { chat: ['--json', '--plain', '--reconnect', '--timeout', '--server', '--name', '--data'] }[
        command
      ];
      for (const option of options ?? []) assert.ok(program.stdout.includes(option), option);
    });
  }

  const WRONG: readonly [why: RegExp, args: readonly string[], setting?: Setting][] = [
    [/unknown option '--nonsense'/, ['--nonsense']],
    [/unknown option '--nonsense'/, ['chat', '--nonsense']],
    [/unknown option '--servr' \(Did you mean --server\?\)/, ['send', '--servr', 'http://localhost:1']],
    [/too many arguments/, ['chat', '7-ocean-violin', 'extra']],
    [/too many arguments/, ['7-ocean-violin', 'extra']],
    [/too many arguments/, ['id', 'extra']],
    [/too many arguments/, ['peers', 'extra']],
    [/too many arguments/, ['signal', 'extra']],
    [/argument missing/, ['chat', '--name']],
    [/a server is named stun:HOST/, ['chat', '--stun', 'http://a.org']],
    [/a server is named stun:HOST/, ['chat'], { env: { APARTE_STUN: 'stun:a.org stun:' } }],
    [/a server is named turn:USER:PASSWORD@HOST/, ['send', '--turn', 'turn:a.org']],
    [/Allowed choices are never, allow, only/, ['receive', '--relay', 'always']],
    [/did you mean the command "receive"/, ['recieve', '--timeout', '1']],
    [/needs a nameplate, a dash and a secret/, ['chat', 'ocean']],
    [/needs a nameplate, a dash and a secret/, ['send', '--text', 'x', 'ocean']],
    [/needs a nameplate, a dash and a secret/, ['receive', '7-']],
    [/needs a nameplate, a dash and a secret/, ['chat', ' 7 - ']],
    [/needs a nameplate, a dash and a secret/, ['chat', '7', '--json']],
    [/letters a to z or digits/, ['chat', 'ü-ocean']],
    [/longer than 128 characters/, ['chat', `7-${'x'.repeat(129)}`]],
    [/control character/, ['chat', '7-a\u0007b']],
    [/an invite looks like/, ['chat', 'http://localhost:1/path#7-a-b']],
    [/needs a nameplate, a dash and a secret/, ['chat'], { env: { APARTE_CODE: 'ocean' } }],
    [/no code was given/, ['receive']],
    [/no code was given/, ['chat', '-']],
    [/A server address looks like/, ['chat', '--server', 'ftp://localhost']],
    [/A server address looks like/, ['chat', '--server', 'localhost:7470']],
    [/A server address looks like/, ['chat', '--server', 'http://localhost/path']],
    [/A server address looks like/, ['chat'], { env: { APARTE_SERVER: 'localhost' } }],
    [/Not a number of seconds/, ['chat', '--timeout', '0']],
    [/Not a number of seconds/, ['chat', '--timeout', '1e3']],
    [/Not a number of seconds/, ['chat', '--reconnect', '-1']],
    [/24 hours \(86400\) at most/, ['chat', '--reconnect', '86401']],
    [/at least one character/, ['chat', '--name', ' ']],
    [/at most 64 bytes/, ['chat', '--name', 'é'.repeat(33)]],
    [/nothing to send/, ['send', '--text', '', '7-ocean-violin']],
    [/standard input is empty/, ['send', '7-ocean-violin']],
    [/not UTF-8 text/, ['send', '7-ocean-violin'], { input: Uint8Array.of(0x61, 0xc3, 0x28) }],
    [/not UTF-8 text/, ['send', '7-ocean-violin'], { input: Uint8Array.of(0x61, 0xe2, 0x82) }],
    [/longer than 65,536 bytes/, ['send', '--text', 'é'.repeat(32_769), '7-ocean-violin']],
    [/more than 4194304 bytes/, ['send', '7-ocean-violin'], { input: 'x'.repeat(4_194_305) }],
    [/port must be a number/, ['signal', '--port', '65536']],
  ];
  for (const [why, args, setting] of WRONG) {
    const shown = args.map((arg) => (arg.length > 40 ? `${arg.slice(0, 8)}…` : JSON.stringify(arg).slice(1, -1)));
    test(`wrong usage: ${shown.join(' ')}: ${why.source}`, () => refused(args, 2, why, setting));
  }

  test('what is empty in the environment counts as not there', async () => {
    const env = { APARTE_CODE: '', APARTE_SERVER: '', APARTE_NAME: '', APARTE_HOME: '', NO_COLOR: '' };
    const server = 'http://127.0.0.1:9';
    const program = sandbox.run(['chat', '--json', '--server', server, '--timeout', '1'], { env });
    const { name } = await program.event('ready');
    assert.match(String(name), /./);
    await program.exits(4);
    const nothing = sandbox.run(['send', '--text', 'x', '--timeout', '1'], { env: { ...env, APARTE_SERVER: server } });
    await nothing.exits(4);
  });
});

describe('the data folder', { concurrency: 3 }, () => {
  const KEY = '[A-Za-z0-9_-]{43}';
  const NUMBER = '\\d{5}( \\d{5}){5}';

  test('id shows the identity, the same each time', async () => {
    const home = sandbox.home();
    const first = await sandbox.run(['id'], { home }).exits(0);
    assert.match(first.stdout, new RegExp(`^identity {7}${KEY}\nsafety number {2}${NUMBER}\nThis is your half: .+\n$`));
    const second = await sandbox.run(['id', '--data', home]).exits(0);
    assert.equal(second.stdout, first.stdout);
    const json = JSON.parse((await sandbox.run(['id', '--json'], { home }).exits(0)).stdout) as object;
    const [identity, safety] = first.stdout.split('\n').map((line) => line.slice(15));
    assert.deepEqual(json, { id: identity, safety });
    for (const name of readdirSync(home)) assert.equal(statSync(join(home, name)).mode & 0o77, 0, name);
    assert.notEqual((await sandbox.run(['id']).exits(0)).stdout, first.stdout);
  });

  test("peers steers no terminal by a peer's name", async () => {
    const home = sandbox.home();
    await ready();
    const store = await openStore(home);
    const name = 'ann\u009b2J\u202e\u007f';
    await store.remember({ id: new Uint8Array(32).fill(7), name, verified: false });
    const json = await sandbox.run(['peers', '--json'], { home }).exits(0);
    assert.equal(json.events[0]?.['name'], name);
    const words = await sandbox.run(['peers'], { home }).exits(0);
    for (const { stdout } of [json, words]) assert.doesNotMatch(stdout, /[\x7f-\x9f\p{Cf}]/u);
  });

  test('peers says that there are none', async () => {
    assert.equal((await sandbox.run(['peers']).exits(0)).stdout, 'No peers are known yet.\n');
    assert.equal((await sandbox.run(['peers', '--json']).exits(0)).stdout, '');
  });

  test('one that cannot be used is named, whatever the command', async () => {
    const file = join(sandbox.folder, 'a-file');
    writeFileSync(file, '');
    for (const args of [
      ['id'],
      ['peers'],
      ['chat', '--json'],
      ['send', '--text', 'x'],
      ['receive', '7-ocean-violin'],
    ]) {
      await refused(args, 1, /The data folder cannot be used/, { home: join(file, 'below') });
    }
  });

  test('a damaged identity is named and kept, never replaced in silence', async () => {
    const home = sandbox.home();
    await sandbox.run(['id'], { home }).exits(0);
    const before = readdirSync(home);
    const [name] = before;
    assert.ok(name !== undefined && before.length === 1, before.join(' '));
    writeFileSync(join(home, name), 'damaged');
    await refused(['chat', '--json', '7-ocean-violin'], 1, /damaged/, { home });
    const kept = readdirSync(home).map((each) => readFileSync(join(home, each), 'utf8'));
    assert.deepEqual(kept, ['damaged']);
  });
});

test('nobody has to read what it writes', async () => {
  mkdirSync(sandbox.home(), { recursive: true });
  for (const args of ['--help', 'id', 'peers', 'chat --help']) {
    const shell = sandbox.start(['sh', '-c', `${process.execPath} ${APARTE} ${args} | true`]);
    await shell.exits(0);
    assert.equal(shell.stderr, '', args);
  }
});
