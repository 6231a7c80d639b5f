import assert from 'node:assert/strict';
import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KnownPeer } from '../../peer/core/facts-and-orders.ts';
import type { Store } from '../../peer/store/data-folder.ts';
import { byName, freshFolder, make, mode, names, openFolder, peer, SECRET } from './fixture.ts';

/** The known peers without the times at which they were verified. */
async function withoutTimes(store: Store): Promise<KnownPeer[]> {
  return (await store.peers()).map((each) => {
    const { verifiedAt, ...rest } = each;
    assert.equal(verifiedAt === undefined, !each.verified);
    return rest;
  });
}

test('keeps when a peer was verified, and the time stays', async (t) => {
  const store = await openFolder(freshFolder(t));
  const before = Date.now() - 1_000;
  await store.remember(peer(1, 'ann', true));
  const [first] = await store.peers();
  assert.ok((first?.verifiedAt ?? 0) > before && (first?.verifiedAt ?? Infinity) < Date.now() + 1_000);
  await store.remember(peer(1, 'anna', true));
  assert.equal((await store.peers())[0]?.verifiedAt, first?.verifiedAt);
  await store.remember(peer(2, 'bob'));
  assert.equal((await store.peers()).find(({ name }) => name === 'bob')?.verifiedAt, undefined);
});

test('reads peers as they were written, under any name', async (t) => {
  const folder = freshFolder(t);
  const store = await openFolder(folder);
  assert.deepEqual(await store.peers(), []);
  const name = fc.string({ unit: 'grapheme', maxLength: 64 }).filter((text) => Buffer.byteLength(text) <= 64);
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      name,
      fc.boolean(),
      async (id, text, verified) => {
        await store.remember({ id, name: text, verified });
        const found = (await withoutTimes(await openFolder(folder))).find((each) => Buffer.compare(each.id, id) === 0);
        assert.deepEqual(found, { id, name: text, verified });
      },
    ),
    { numRuns: 20 },
  );
  assert.equal(mode(join(folder, 'peers')), 0o700);
  for (const each of names(join(folder, 'peers'))) assert.equal(mode(join(folder, 'peers', each)), 0o600);
});

test('changes names, keeps peers verified, and leaves no temporary file', async (t) => {
  const folder = freshFolder(t);
  const store = await openFolder(folder);
  await Promise.all([
    store.remember(peer(1, 'ann')),
    store.remember(peer(1, 'anna', true)),
    ...Array.from({ length: 30 }, (_, count) => store.remember(peer(1, `anne ${count}`))),
    store.remember(peer(1, 'annette')),
    store.remember(peer(2, 'ann')),
  ]);
  assert.deepEqual(byName(await withoutTimes(store)), [peer(2, 'ann'), peer(1, 'annette', true)]);
  assert.equal(names(join(folder, 'peers')).length, 3);
});

test('names a damaged peer, keeps the file aside, and keeps the others', async (t) => {
  const folder = freshFolder(t);
  const store = await openFolder(folder);
  await store.remember(peer(1, 'ann', true));
  await store.remember(peer(2, 'bob'));
  const entries = join(folder, 'peers');
  const ann = names(entries).find((name) => readFileSync(join(entries, name), 'utf8').includes('ann')) ?? '';
  const bob = names(entries).find((name) => readFileSync(join(entries, name), 'utf8').includes('bob')) ?? '';
  const damage = ['', '{"version":1}', 'x'.repeat(100_000), readFileSync(join(entries, bob))];
  for (const content of damage) {
    writeFileSync(join(entries, ann), content);
    await assert.rejects(
      store.peers(),
      (error: Error) => 'code' in error && error.code === 'corrupt-data' && error.message.includes(ann),
    );
    const aside = names(entries).filter((name) => name.startsWith(`${ann}.corrupt-`));
    assert.equal(aside.length, 1);
    assert.deepEqual(readFileSync(join(entries, aside[0] ?? '')), Buffer.from(content));
    assert.deepEqual(await store.peers(), [peer(2, 'bob')]);
    rmSync(join(entries, aside[0] ?? ''));
  }
});

test('ignores foreign files, and removes temporary files of a killed program once they are old', async (t) => {
  const folder = freshFolder(t);
  const store = await openFolder(folder);
  await store.remember(peer(1));
  const entries = join(folder, 'peers');
  const [entry] = names(entries);
  const old = `.${entry}.0b9ee1a4-0c55-4a5e-a6a5-7a9ea7f1b1f0.tmp`;
  const young = `.${entry}.1b9ee1a4-0c55-4a5e-a6a5-7a9ea7f1b1f0.tmp`;
  for (const name of [old, young, '.DS_Store', 'notes.txt']) writeFileSync(join(entries, name), '{"version":1,"na');
  writeFileSync(join(folder, '.identity.json.0b9ee1a4-0c55-4a5e-a6a5-7a9ea7f1b1f0.tmp'), '{"ver');
  const anHourAgo = Date.now() / 1_000 - 3_600;
  for (const name of [old, '.DS_Store']) utimesSync(join(entries, name), anHourAgo, anHourAgo);
  assert.deepEqual(await store.peers(), [peer(1)]);
  assert.deepEqual((await store.identity(make)).secret, SECRET);
  assert.deepEqual(new Set(names(entries)), new Set(['.DS_Store', young, entry, 'notes.txt']));
});
