/** What the program takes on its command line and in its environment, and how it refuses the rest. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ready } from '../../peer/crypto/index.ts';
import { openStore } from '../../peer/store/data-folder.ts';
import { APARTE } from '../process.ts';
import { freshCode, Sandbox } from './program.ts';
import { firstOfEachKind, refused, title } from './wrong-usage.ts';

const sandbox = new Sandbox();
after(() => sandbox.close());

const COMMANDS = ['chat', 'send', 'receive', 'signal', 'id', 'peers', 'doctor'];
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

describe('the command line', { concurrency: 3 }, () => {
  test('prints the version and nothing else for --version', async () => {
    for (const flag of ['--version', '-V']) {
      const program = await sandbox.run([flag]).exits(0);
      assert.deepEqual([program.stdout, program.stderr], [`${version}\n`, '']);
    }
  });

  test('shows every command for --help', async () => {
    const program = await sandbox.run(['--help']).exits(0);
    assert.equal(program.stderr, '');
    for (const command of COMMANDS) assert.match(program.stdout, new RegExp(`^  ${command}\\b`, 'm'));
    assert.match(program.stdout, /Exit codes/);
  });

  for (const command of COMMANDS) {
    test(`shows its usage for ${command} --help`, async () => {
      const program = await sandbox.run([command, '--help']).exits(0);
      assert.equal(program.stderr, '');
      assert.match(program.stdout, new RegExp(`^Usage: aparte ${command}\\b`));
      const options = { chat: ['--json', '--plain', '--reconnect', '--timeout', '--server', '--name', '--data'] }[
        command
      ];
      for (const option of options ?? []) assert.ok(program.stdout.includes(option), option);
    });
  }

  // One of each kind. The others are slow tests.
  for (const [why, args, setting] of firstOfEachKind()) {
    test(`refuses ${title(args)}: ${why.source}`, () => refused(sandbox, args, 2, why, setting));
  }

  test('reports wrong usage on standard output to a chat with --json, and to no other command', async () => {
    for (const args of [['--bogus'], ['--timeout', '0'], ['--manual', '--lan'], ['one', 'two']]) {
      const { events } = await sandbox.run(['chat', '--json', ...args]).exits(2);
      assert.deepEqual(
        events.map(({ type, code, reason, fatal, exit }) => [type, code ?? reason, fatal ?? exit]),
        [
          ['error', 'usage', true],
          ['end', 'usage', 2],
        ],
      );
    }
    for (const command of ['send', 'receive', 'doctor']) {
      assert.equal((await sandbox.run([command, '--json', '--bogus']).exits(2)).stdout, '', command);
    }
  });

  test('names an unknown APARTE_ variable, with the one that was probably meant', async () => {
    const env = {
      APARTE_TRUST_PROXYS: '1',
      APARTE_SERVR: 'x',
      APARTE_MAX_ROOM: '5',
      APARTE_BREAKFAST: 'x',
      APARTER: 'x',
    };
    for (const args of [['id'], ['peers'], ['chat', '--json', '--server', 'http://127.0.0.1:9', '--timeout', '0.1']]) {
      const program = sandbox.run(args, { env });
      await program.end();
      const warnings = program.stderr.split('\n').filter((line) => line.includes('warning'));
      assert.deepEqual(
        warnings,
        [
          'BREAKFAST. It is ignored.',
          'MAX_ROOM. It is ignored. Did you mean APARTE_MAX_ROOMS?',
          'SERVR. It is ignored. Did you mean APARTE_SERVER?',
          'TRUST_PROXYS. It is ignored. Did you mean APARTE_TRUST_PROXY?',
        ].map((rest) => `aparte: warning: no setting has the name APARTE_${rest}`),
      );
    }
    const known = { APARTE_PORT: '7470', APARTE_DEBUG: '0', APARTE_RELAY: 'never', APARTE_MAX_ROOMS: '5' };
    assert.equal((await sandbox.run(['id'], { env: known }).exits(0)).stderr, '');
  });

  test('takes an empty variable for one that is not set', async () => {
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

  test('holds one identity, which id shows', async () => {
    const home = sandbox.home();
    const first = await sandbox.run(['id'], { home }).exits(0);
    assert.match(
      first.stdout,
      new RegExp(`^identity {7}${KEY}\nsafety number {2}${NUMBER}\nThis is your half\\. .+\n$`),
    );
    const second = await sandbox.run(['id', '--data', home]).exits(0);
    assert.equal(second.stdout, first.stdout);
    const json = JSON.parse((await sandbox.run(['id', '--json'], { home }).exits(0)).stdout) as object;
    const [identity, safety] = first.stdout.split('\n').map((line) => line.slice(15));
    assert.deepEqual(json, { id: identity, safety });
    for (const name of readdirSync(home)) assert.equal(statSync(join(home, name)).mode & 0o77, 0, name);
    assert.notEqual((await sandbox.run(['id']).exits(0)).stdout, first.stdout);
  });

  test('holds names of peers, which steer no terminal', async () => {
    const home = sandbox.home();
    await ready();
    const store = await openStore(home, process.geteuid?.() ?? null);
    const name = 'ann\u009b2J\u202e\u007f';
    await store.remember({ id: new Uint8Array(32).fill(7), name, verified: false });
    const json = await sandbox.run(['peers', '--json'], { home }).exits(0);
    assert.equal(json.events[0]?.['name'], name);
    const words = await sandbox.run(['peers'], { home }).exits(0);
    for (const { stdout } of [json, words]) assert.doesNotMatch(stdout, /[\x7f-\x9f\p{Cf}]/u);
  });

  test('that takes no more is named in an error event, and the chat goes on', async () => {
    const home = sandbox.home();
    await sandbox.startServer();
    const code = freshCode();
    const anna = sandbox.chat('anna', [code], { home });
    await anna.event('signal', { status: 'connected' });
    writeFileSync(join(home, 'peers'), 'no folder');
    const bert = sandbox.chat('bert', [code]);
    const told = { type: 'error', code: 'data-folder', fatal: false };
    const { message } = await anna.event('error', told);
    const why = 'what is new about bert is not remembered, because a file stands where a folder must be (EEXIST)';
    assert.equal(message, `The data folder cannot be used: ${why} at ${join(home, 'peers')}.`);
    const { peer } = await anna.event('peer');
    const before = anna.events.length;
    anna.give({ type: 'verify', peer });
    await anna.event('peer', { trust: 'verified' });
    await anna.event('error', { ...told, message }, before);
    bert.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
    assert.equal(anna.stderr, '');
  });

  test('is not made by peers, which says that there are none', async () => {
    const home = sandbox.home();
    assert.equal((await sandbox.run(['peers'], { home }).exits(0)).stdout, 'No peers are known yet.\n');
    assert.ok(!existsSync(home));
    assert.equal((await sandbox.run(['peers', '--json']).exits(0)).stdout, '');
  });

  test('that cannot be used is named by every command', async () => {
    const file = join(sandbox.folder, 'a-file');
    writeFileSync(file, '');
    for (const args of [
      ['id'],
      ['peers'],
      ['chat', '--json'],
      ['send', '--text', 'x'],
      ['receive', '7-ocean-violin'],
    ]) {
      await refused(sandbox, args, 1, /The data folder cannot be used/, { home: join(file, 'below') });
    }
  });

  test('that cannot be made is named at once', { skip: process.platform !== 'linux' }, async () => {
    await refused(sandbox, ['id'], 1, /\(ENOENT\) at \/proc\/nope\./, { home: '/proc/nope' });
    const home = join(sandbox.home(), 'deep', 'down');
    await sandbox.run(['id'], { home }).exits(0);
    for (const folder of [home, join(home, '..')]) assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  test('with a damaged identity is named, and the identity kept and never replaced', async () => {
    const home = sandbox.home();
    await sandbox.run(['id'], { home }).exits(0);
    const before = readdirSync(home);
    const [name] = before;
    assert.ok(name !== undefined && before.length === 1, before.join(' '));
    writeFileSync(join(home, name), 'damaged');
    await refused(sandbox, ['chat', '--json', '7-ocean-violin'], 1, /damaged/, { home });
    const kept = readdirSync(home).map((each) => readFileSync(join(home, each), 'utf8'));
    assert.deepEqual(kept, ['damaged']);
  });
});

test('names an output without room', { skip: !existsSync('/dev/full') && 'there is no /dev/full' }, async () => {
  for (const args of ['id', 'peers', 'chat --plain --server http://127.0.0.1:9']) {
    const shell = sandbox.start(['sh', '-c', `${process.execPath} ${APARTE} ${args} >/dev/full`], { input: '' });
    await shell.exits(1);
    assert.match(shell.stderr, /could not be written: the disk is full \(ENOSPC\)\.\naparte: Free some space/, args);
  }
});

test('does not mind if nobody reads what it prints', async () => {
  mkdirSync(sandbox.home(), { recursive: true });
  for (const args of ['--help', 'id', 'peers', 'chat --help']) {
    const shell = sandbox.start(['sh', '-c', `${process.execPath} ${APARTE} ${args} | true`]);
    await shell.exits(0);
    assert.equal(shell.stderr, '', args);
  }
});
