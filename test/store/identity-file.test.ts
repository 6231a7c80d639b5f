import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freshFolder, make, mode, names, never, openFolder, peer, SECRET } from './fixture.ts';

test('makes an identity once, readable by the owner alone, and finds it again', async (t) => {
  const folder = freshFolder(t);
  const made = make();
  const first = await (await openFolder(folder)).identity(() => made);
  assert.deepEqual(first, { secret: SECRET, wasOpen: null });
  assert.deepEqual(made, new Uint8Array(32), 'what was handed over is wiped');
  assert.deepEqual(await (await openFolder(folder)).identity(never), first);
  assert.deepEqual(names(folder), ['identity.json']);
  assert.equal(mode(folder), 0o700);
  assert.equal(mode(join(folder, 'identity.json')), 0o600);
});

test('closes an identity that others can read, and says so', async (t) => {
  const folder = freshFolder(t);
  const store = await openFolder(folder);
  await store.identity(make);
  const path = join(folder, 'identity.json');
  for (const open of [0o640, 0o604, 0o620]) {
    chmodSync(path, open);
    const { secret, wasOpen } = await store.identity(never);
    assert.deepEqual(secret, SECRET);
    assert.match(wasOpen ?? '', /identity\.json/);
    assert.equal(mode(path), 0o600);
    assert.equal((await store.identity(never)).wasOpen, null);
  }
});

test('names a damaged identity, keeps it aside and replaces it only when the user has decided', async (t) => {
  const good = '{"version":1,"secret":"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"}';
  const damage = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{}',
    good.slice(0, -2),
    good.replace('1', '0'),
    good.replace('1', '"1"'),
    good.replace('1', '1.5'),
    good.replace('HyA', 'HyB'),
    good.replace('HyA', 'Hy='),
    good.replace('AQID', 'AQ'),
    good.replace('}', ',"more":1}'),
    good.replace('secret', 'Secret'),
    good + ' '.repeat(5_000),
    Buffer.from([0xff, 0xfe]),
  ];
  for (const content of damage) {
    const folder = freshFolder(t);
    const path = join(folder, 'identity.json');
    mkdirSync(folder);
    writeFileSync(path, content);
    for (const round of [1, 2, 3]) {
      await assert.rejects(
        async () => (await openFolder(folder)).identity(never),
        (error: Error) =>
          'code' in error && error.code === 'corrupt-data' && /identity\.json\.corrupt-/.test(error.message),
        `${content.toString()} ${round}`,
      );
    }
    const [aside, ...others] = names(folder);
    assert.match(aside ?? '', /^identity\.json\.corrupt-\d{4}-\d\d-\d\dT\d{9}Z$/);
    assert.deepEqual(others, []);
    const kept = join(folder, aside ?? '');
    assert.deepEqual(readFileSync(kept), Buffer.from(content));

    writeFileSync(path, good);
    assert.deepEqual((await (await openFolder(folder)).identity(never)).secret, SECRET, 'a good copy is taken');
    rmSync(path);
    rmSync(kept);
    assert.deepEqual((await (await openFolder(folder)).identity(make)).secret, SECRET, 'beginning anew is allowed');
  }
});

test('names an identity of a later release and does not touch it', async (t) => {
  const folder = freshFolder(t);
  const store = await openFolder(folder);
  await store.remember(peer(1));
  const [entry] = names(join(folder, 'peers'));
  const content = '{"version":2,"anything":["new"]}';
  for (const name of ['identity.json', join('peers', entry ?? '')]) writeFileSync(join(folder, name), content);
  await assert.rejects(store.identity(never), { code: 'newer-data' });
  await assert.rejects(store.peers(), { code: 'newer-data' });
  await assert.rejects(store.remember(peer(1)), { code: 'newer-data' });
  assert.deepEqual(names(folder), ['identity.json', 'peers']);
  assert.equal(readFileSync(join(folder, 'identity.json'), 'utf8'), content);
});
