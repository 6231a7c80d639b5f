/** The built program runs from dist, from a copy of dist, and from the npm package. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { environment, Process } from './process.ts';

const PROGRAM = fileURLToPath(new URL(`../${manifest.bin.aparte}`, import.meta.url));
const env = environment();

test('the program that package.json names can be executed', {
  skip: process.platform === 'win32' && 'no executable bit',
}, () => {
  const options = { cwd: tmpdir(), env, encoding: 'utf8' } as const;
  assert.equal(execFileSync(PROGRAM, ['--version'], options), `${manifest.version}\n`);
});

test('prints one line under a Node that is too old', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'aparte-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const pretend = (version: string) => {
    const file = join(folder, 'pretend.cjs');
    writeFileSync(file, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-r', file, PROGRAM, '--version'], { env });
    return [status, String(stdout), String(stderr)];
  };
  const sentence = (version: string) => `aparte: this is Node ${version}, and aparte needs 20.19 or later\n`;
  for (const old of ['12.22.0', '18.20.8', '20.18.9']) assert.deepEqual(pretend(old), [1, '', sentence(old)]);
  for (const good of ['20.19.0', '26.0.0']) assert.deepEqual(pretend(good), [0, `${manifest.version}\n`, '']);
  const source = readFileSync(PROGRAM, 'utf8');
  const [old, fresh] = ['node12', 'esnext'].map((target) => transformSync(source, { target }).code);
  assert.equal(old, fresh, 'Node 12 can parse it');
  assert.ok(source.indexOf('process.exit(1)') < source.indexOf('require('), 'and needs no module before it says so');
});

test('finds the native modules of both WebRTC implementations from the folder of the bundle', () => {
  for (const name of ['wrtc/lib/binding.js', 'node-datachannel']) {
    const script = `const { createRequire } = require('node:module');
      createRequire(${JSON.stringify(PROGRAM)})('${name}');`;
    execFileSync(process.execPath, ['-e', script], { cwd: tmpdir(), env });
  }
});

test('a copy of dist is a complete server, also with several processes or with Redis', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'aparte-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(dirname(PROGRAM), folder, { recursive: true });
  const signal = [join(folder, 'main.js'), 'signal', '--port', '0', '--drain-seconds', '0'];
  const server = new Process([process.execPath, ...signal, '--workers', '1']);
  t.after(() => server.kill('SIGKILL'));
  await server.listening();
  process.kill(server.pid, 'SIGTERM');
  await server.exits(0);
  // Nothing listens at port 1. The error shows that the Redis client was found and loaded.
  const lonely = await new Process([process.execPath, ...signal, '--redis', 'redis://127.0.0.1:1']).exits(4);
  assert.match(lonely.stderr, /Cannot use the Redis/);
});

test('the npm package holds everything except the native module of node-datachannel', {
  skip: process.platform === 'win32' && 'npm is a shell script',
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'aparte-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const root = dirname(dirname(PROGRAM));
  const pack = ['pack', '--ignore-scripts', '--offline', '--silent', '--pack-destination', folder];
  const file = execFileSync('npm', pack, { cwd: root, env: environment(folder), encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', join(folder, file), '-C', folder], { env });
  const files = readdirSync(join(folder, 'package', 'dist'), { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    files.filter((name) => /\.(compiled|map)$/.test(name)),
    [],
  );
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'node_modules', '@node-datachannel'), join(folder, 'node_modules', '@node-datachannel'));

  const start = (...args: readonly string[]) =>
    new Process([join(folder, 'package', manifest.bin.aparte), ...args], { home: join(folder, args[0] ?? '') });
  assert.equal((await start('--version').exits(0)).stdout, `${manifest.version}\n`);
  assert.match((await start('--help').exits(0)).stdout, /^Usage: aparte /);
  const server = start('signal', '--port', '0');
  t.after(() => server.kill('SIGKILL'));
  const where = ['7-ocean-violin', '--server', await server.listening()];
  const [receiver, sender] = [start('receive', ...where), start('send', '--text', 'hello', ...where)];
  await Promise.all([receiver.exits(0), sender.exits(0)]);
  assert.equal(receiver.stdout, 'hello\n');
});
