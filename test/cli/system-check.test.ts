/** Systems that lack what the program needs: it says so at once, before it has met anybody or taken a port. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { APARTE } from '../process.ts';
import { freshCode, Sandbox } from './program.ts';

const sandbox = new Sandbox();
before(() => sandbox.startServer());
after(() => sandbox.close());

const CODE = '7-ocean-violin';
const CONVERSATIONS = [
  ['chat', '--json', CODE],
  ['chat', '--plain'],
  ['send', '--text', 'x'],
  ['receive', CODE],
];

/** Runs the program with so few files that may be open at once. */
const limited = (files: number, args: readonly string[]) =>
  sandbox.start(['sh', '-c', `ulimit -n ${files}; exec "$@"`, 'sh', process.execPath, APARTE, ...args], { input: '' });

describe('the system', { concurrency: 3, skip: process.platform === 'win32' && 'needs a POSIX shell' }, () => {
  test('with too few file descriptors is named before the native part starts', async () => {
    for (const files of [24, 32, 40, 60]) {
      for (const args of [...CONVERSATIONS, ['--lan'], ['doctor', '--relay', 'allow']]) {
        const { stderr } = await limited(files, args).exits(1);
        const sentence =
          /^aparte: The program cannot run here: .*too few files \(file descriptors\), it needs \d+ more\.\n/;
        assert.match(stderr, sentence, `${files}: ${args.join(' ')}`);
      }
    }
  });

  test('with 256 file descriptors has enough', async () => {
    const code = freshCode();
    const server = ['--server', sandbox.server];
    const pair = [limited(256, ['receive', code, ...server]), limited(256, ['send', '--text', 'x', code, ...server])];
    await Promise.all(pair.map((program) => program.exits(0)));
    assert.equal(pair[0]?.stdout, 'x\n');
  });

  test('without WebAssembly is named by every command that needs it', async () => {
    const env = { NODE_OPTIONS: '--jitless' };
    for (const args of [...CONVERSATIONS, ['id'], ['peers'], ['doctor'], ['--manual']]) {
      const { stderr } = await sandbox.run(args, { env, input: '' }).exits(1);
      assert.match(stderr, /aparte: .*WebAssembly is switched off in this Node\.\naparte: .*--jitless/, args.join(' '));
      assert.doesNotMatch(stderr, /bug/);
    }
  });

  test('with only the folder of the server runs the server, and says that it holds no more', async () => {
    const folder = join(sandbox.folder, 'server');
    cpSync(dirname(APARTE), folder, { recursive: true });
    const run = (...args: string[]) =>
      sandbox.start([process.execPath, join(folder, 'main.js'), ...args], { input: '' });
    for (const args of [...CONVERSATIONS, ['--manual'], ['--lan'], ['doctor', '--relay', 'allow']]) {
      const { stderr } = await run(...args).exits(1);
      assert.match(
        stderr,
        /aparte: .*the folder .*\/server holds the server only\.\naparte: .*"aparte signal"/,
        args.join(' '),
      );
    }
    await run('id').exits(0);
    const server = run('signal', '--port', '0', '--stun-port', 'off');
    await server.listening();
    server.kill('SIGTERM');
    await server.exits(0);
  });
});
