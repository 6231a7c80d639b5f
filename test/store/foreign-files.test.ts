/** Folders and files that other users own or can write, and what is no regular file: refused by name, never waited for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { base32 } from '../../shared/bytes.ts';
import { freshFolder, make, never, openFolder, peer } from './fixture.ts';

const isRoot = process.getuid?.() === 0;
/** Any user but the one who runs the tests. */
const SOMEBODY = 54_321;
const ANN = peer(1, 'ann', true);
const ENTRY = join('peers', `${base32(ANN.id)}.json`);
const MARK = join('peers', `${base32(ANN.id)}.verified`);

/** A data folder with an identity and one verified peer. */
async function filled(t: TestContext): Promise<string> {
  const folder = freshFolder(t);
  const store = await openFolder(folder);
  await store.identity(make);
  await store.remember(ANN);
  return folder;
}

/** Everything that reads or writes in a data folder. */
const uses = (folder: string) => [
  async () => (await openFolder(folder)).identity(never),
  async () => (await openFolder(folder)).peers(),
  async () => (await openFolder(folder)).remember(ANN),
];

/** Demands that at least one use of the folder is refused, with this detail. */
async function refuses(folder: string, detail: { key: string; path: string }, from = uses(folder)): Promise<void> {
  for (const use of from) await assert.rejects(use, { code: 'data-folder', detail });
}

describe('the data folder', { skip: process.platform === 'win32' && 'Windows has no such modes' }, () => {
  test('is refused when other users can write to it', async (t) => {
    const folder = await filled(t);
    for (const mode of [0o777, 0o1777, 0o770, 0o702]) {
      chmodSync(folder, mode);
      await refuses(folder, { key: 'open-to-others', path: folder });
    }
    for (const mode of [0o700, 0o755, 0o750]) {
      chmodSync(folder, mode);
      for (const use of uses(folder)) await use();
    }
  });

  test('is refused when other users can write to the folder of the peers', async (t) => {
    const folder = await filled(t);
    chmodSync(join(folder, 'peers'), 0o777);
    await refuses(folder, { key: 'open-to-others', path: join(folder, 'peers') }, uses(folder).slice(1));
  });

  test('is refused when it belongs to another user', { skip: !isRoot && 'needs root' }, async (t) => {
    const folder = await filled(t);
    chownSync(folder, SOMEBODY, SOMEBODY);
    await refuses(folder, { key: 'owned-by-another', path: folder });
  });

  test('shows no peer as verified by a mark that somebody planted', async (t) => {
    const folder = await filled(t);
    const mark = join(folder, MARK);
    const peers = () => openFolder(folder).then((store) => store.peers());
    chmodSync(mark, 0o666);
    await assert.rejects(peers, { code: 'data-folder', detail: { key: 'open-to-others', path: mark } });
    rmSync(mark);
    mkdirSync(mark);
    await assert.rejects(peers, { code: 'data-folder', detail: { key: 'not-a-file', path: mark } });
    if (!isRoot) return;
    rmSync(mark, { recursive: true });
    writeFileSync(mark, '', { mode: 0o600 });
    chownSync(mark, SOMEBODY, SOMEBODY);
    await assert.rejects(peers, { code: 'data-folder', detail: { key: 'owned-by-another', path: mark } });
  });

  test('takes no identity and no peer from a file of another user', { skip: !isRoot && 'needs root' }, async (t) => {
    for (const [name, use] of [
      ['identity.json', 0],
      [ENTRY, 1],
      [ENTRY, 2],
    ] as const) {
      const folder = await filled(t);
      chownSync(join(folder, name), SOMEBODY, SOMEBODY);
      const path = join(folder, name);
      await refuses(folder, { key: 'owned-by-another', path }, uses(folder).slice(use, use + 1));
    }
  });

  test('takes no peer from a file that other users can write', async (t) => {
    const folder = await filled(t);
    const path = join(folder, ENTRY);
    chmodSync(path, 0o622);
    await refuses(folder, { key: 'open-to-others', path }, uses(folder).slice(1));
  });

  test('refuses a FIFO, a device and a folder in place of a file, and waits for none', async (t) => {
    const plant: readonly ((path: string) => unknown)[] = [
      (path) => assert.equal(spawnSync('mkfifo', ['-m', '600', path]).status, 0),
      (path) => symlinkSync('/dev/zero', path),
      (path) => mkdirSync(path, 0o700),
    ];
    for (const put of plant) {
      for (const [name, use] of [
        ['identity.json', 0],
        [ENTRY, 1],
        [MARK, 1],
        [MARK, 2],
      ] as const) {
        const folder = await filled(t);
        const path = join(folder, name);
        rmSync(path);
        put(path);
        await assert.rejects(uses(folder)[use] ?? assert.fail('no such use'), { code: 'data-folder' }, name);
      }
    }
  });

  test('may hold its files behind symbolic links of its owner', async (t) => {
    const folder = await filled(t);
    const moved = join(folder, 'moved.json');
    spawnSync('mv', [join(folder, 'identity.json'), moved]);
    symlinkSync(moved, join(folder, 'identity.json'));
    for (const use of uses(folder)) await use();
  });
});
