import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { defaultDataFolder, homeFolder } from '../../peer/store/data-folder.ts';
import { compiled } from '../compile-test-program.ts';
import { environment, Process } from '../process.ts';
import { byName, freshFolder, make, names, never, openFolder, peer, SECRET } from './fixture.ts';

const PROGRAM = compiled(new URL('program.ts', import.meta.url));

/** Starts the program beside this file. */
function start(t: TestContext, folder: string): Process {
  const program = new Process([process.execPath, PROGRAM, folder]);
  t.after(() => program.kill('SIGKILL'));
  return program;
}

test('uses the usual place of each platform', () => {
  assert.equal(
    defaultDataFolder('linux', {}, () => '/home/ann'),
    '/home/ann/.local/share/aparte',
  );
  assert.equal(
    defaultDataFolder('linux', { XDG_DATA_HOME: '/x' }, () => '/home/ann'),
    '/x/aparte',
  );
  assert.equal(
    defaultDataFolder('linux', { XDG_DATA_HOME: 'x' }, () => '/home/ann'),
    '/home/ann/.local/share/aparte',
  );
  assert.equal(
    defaultDataFolder('linux', { XDG_DATA_HOME: '' }, () => '/home/ann'),
    '/home/ann/.local/share/aparte',
  );
  assert.equal(
    defaultDataFolder('darwin', { XDG_DATA_HOME: '/x' }, () => '/Users/ann'),
    '/Users/ann/Library/Application Support/aparte',
  );
  assert.equal(
    defaultDataFolder('win32', { APPDATA: 'C:\\Roam' }, () => 'C:\\Users\\ann'),
    'C:\\Roam\\aparte',
  );
  assert.equal(
    defaultDataFolder('win32', {}, () => 'C:\\Users\\ann'),
    'C:\\Users\\ann\\AppData\\Roaming\\aparte',
  );
});

test('asks for the home folder only if it is needed', () => {
  const none = () => assert.fail('it is not needed');
  assert.equal(defaultDataFolder('linux', { XDG_DATA_HOME: '/x' }, none), '/x/aparte');
  assert.equal(defaultDataFolder('win32', { APPDATA: 'C:\\Roam' }, none), 'C:\\Roam\\aparte');
});

test('uses the home folder of the account if HOME is missing, empty or relative', () => {
  const account = () => '/home/ann';
  const unknown = () => {
    throw Object.assign(new Error('A system error occurred: uv_os_homedir returned ENOENT'), {
      code: 'ERR_SYSTEM_ERROR',
    });
  };
  assert.equal(
    homeFolder(() => '/elsewhere', account),
    '/elsewhere',
  );
  for (const named of ['', '.', 'home', './home'])
    assert.equal(
      homeFolder(() => named, account),
      '/home/ann',
      named,
    );
  assert.equal(homeFolder(unknown, account), '/home/ann');
  for (const none of [() => '', unknown]) {
    assert.throws(() => homeFolder(() => '', none), { code: 'data-folder', detail: { key: 'no-home' } });
    assert.throws(() => homeFolder(unknown, none), { code: 'data-folder', detail: { key: 'no-home' } });
  }
});

test('may be a symbolic link', async (t) => {
  const folder = freshFolder(t);
  mkdirSync(`${folder}-real`);
  symlinkSync(`${folder}-real`, folder);
  const store = await openFolder(folder);
  await store.identity(make);
  await store.remember(peer(1));
  assert.deepEqual(await (await openFolder(`${folder}-real`)).peers(), [peer(1)]);
  assert.deepEqual((await (await openFolder(`${folder}-real`)).identity(never)).secret, SECRET);
});

test('is named with the cause if it cannot be used', async (t) => {
  const folder = freshFolder(t);
  writeFileSync(folder, 'a file');
  const refused = { code: 'data-folder', message: /EEXIST|ENOTDIR/ };
  await assert.rejects(openFolder(folder), refused);
  await assert.rejects(openFolder(join(folder, 'below')), refused);
  rmSync(folder);
  const store = await openFolder(folder);
  writeFileSync(join(folder, 'peers'), 'a file');
  await assert.rejects(store.remember(peer(1)), refused);
  await assert.rejects(store.peers(), refused);
  mkdirSync(join(folder, 'identity.json'));
  await assert.rejects(store.identity(never), { code: 'data-folder', message: /not-a-file/ });
  rmSync(join(folder, 'peers'));
  await store.remember(peer(1));
  assert.deepEqual(await store.peers(), [peer(1)], 'one failure does not block what follows');
});

test('serves what it holds and refuses the rest if it is read-only', async (t) => {
  const folder = freshFolder(t);
  await (await openFolder(folder)).identity(make);
  chmodSync(folder, 0o500);
  if (process.getuid?.() === 0) {
    // The superuser can write everywhere, so be another user for a while.
    chmodSync(join(folder, '..'), 0o755);
    for (const path of [join(folder, 'identity.json'), folder]) chownSync(path, 65_534, 65_534);
    process.seteuid?.(65_534);
  }
  try {
    const store = await openFolder(folder);
    assert.deepEqual((await store.identity(never)).secret, SECRET);
    assert.deepEqual(await store.peers(), []);
    const peers = join(folder, 'peers');
    const refused = { code: 'data-folder', detail: { key: 'file-error', code: 'EACCES', path: peers } };
    await assert.rejects(store.remember(peer(1)), refused);
    chmodSync(folder, 0o700);
    mkdirSync(peers, 0o500);
    await assert.rejects(store.remember(peer(1)), refused, 'no temporary file is named');
  } finally {
    if (process.getuid?.() === 0) process.seteuid?.(0);
    chmodSync(folder, 0o700);
  }
});

test('names a full disk, and keeps no half file', {
  skip: process.platform === 'win32',
}, async (t) => {
  const folder = freshFolder(t);
  const store = await openFolder(folder);
  const node = [process.execPath, PROGRAM, folder];
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -f 0; exec "$@"', 'sh', ...node], {
    encoding: 'utf8',
    env: environment(),
    input: 'identity\n',
  });
  assert.match(stdout, /^ready\ndata-folder .*"file-error","code":"EFBIG"/);
  assert.deepEqual(names(folder), []);
  assert.deepEqual((await store.identity(make)).secret, SECRET);
});

test('gives one identity to programs that start at once, and loses nothing that one of them learns', async (t) => {
  const folder = freshFolder(t);
  for (const task of ['identity', 'remember']) {
    const programs = [1, 2, 3].map(() => start(t, folder));
    for (const program of programs) assert.equal(await program.line(), 'ready');
    for (const [index, program] of programs.entries()) {
      program.write(`${task} ${index + 1}\n`);
      program.closeInput();
    }
    if (task === 'identity') {
      const told = await Promise.all(programs.map((program) => program.line()));
      const { secret } = await (await openFolder(folder)).identity(never);
      assert.deepEqual(new Set(told), new Set([Buffer.from(secret).toString('hex')]));
    }
    for (const program of programs) await program.exits(0);
  }
  const peers = await (await openFolder(folder)).peers();
  const [shared, ...others] = byName(peers).reverse();
  assert.match(shared?.name ?? '', /^shared [123]$/);
  assert.equal(shared?.verified, true);
  const expected = [1, 2, 3].flatMap((own) => Array.from({ length: 20 }, (_, count) => `${own}.${count}`));
  assert.deepEqual(others.map(({ name }) => name).sort(), expected.sort());
});

test('holds whole files after a program is killed while it writes', async (t) => {
  const folder = freshFolder(t);
  const program = start(t, folder);
  assert.equal(await program.line(), 'ready');
  program.write('rewrite\n');
  assert.equal(await program.line(), 'writing');
  const store = await openFolder(folder);
  for (let reads = 0; reads < 50; reads++) {
    const [found] = await store.peers();
    assert.match(found?.name ?? '', /^name \d+$/);
  }
  program.kill('SIGKILL');
  await program.end();
  assert.match((await store.peers())[0]?.name ?? '', /^name \d+$/);
});

test('may be moved', async (t) => {
  const folder = freshFolder(t);
  await (await openFolder(folder)).identity(make);
  renameSync(folder, `${folder}-moved`);
  assert.deepEqual((await (await openFolder(`${folder}-moved`)).identity(never)).secret, SECRET);
  assert.ok(!existsSync(folder));
});
