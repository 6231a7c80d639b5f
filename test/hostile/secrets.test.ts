/** No secret comes out: not at the server, on the outputs, in the data folder, nor from any object. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { Order } from '../../peer/core/facts-and-orders.ts';
import { ready } from '../../peer/crypto/index.ts';
import { FakeNetwork } from '../core/fake-network.ts';
import { APARTE, Process } from '../process.ts';
import { assertBlind } from './captured-pairings.ts';
import { EvilServer } from './evil-server.ts';
import { folder, Program } from './program.ts';

await ready();

/** The forms in which bytes might appear as text. */
function spellings(secret: Uint8Array): string[] {
  const bytes = Buffer.from(secret);
  const encoded = (['hex', 'base64', 'base64url', 'latin1'] as const).map((encoding) => bytes.toString(encoding));
  return [
    ...encoded.map((text) => text.slice(0, 20)),
    secret.subarray(0, 8).join(', '),
    secret.subarray(0, 8).join(','),
  ];
}

test('row 16: shows the server nothing but the nameplate, and frames of few sizes', (t) => assertBlind(t, 1));

test('a core dump holds neither the code nor a text', {
  skip: process.platform !== 'linux' && 'not Linux',
}, async (t) => {
  const server = await EvilServer.start(t);
  const where = folder(t);
  const [code, text] = ['7-velvet-orchid', 'under the oak'];
  const chat = ['chat', '--json', '--server', server.url];
  const other = new Program(t, { args: ['chat', '--json'], server: server.url, code });
  const shell = `ulimit -c unlimited; cd ${where}; exec ${process.execPath} ${APARTE} ${chat.join(' ')}`;
  const program = new Process(['sh', '-c', shell], { home: where, env: { APARTE_CODE: code } });
  t.after(() => program.kill('SIGKILL'));
  await program.event('peer', { status: 'connected' });
  program.say(text);
  await other.event('message');
  assert.equal(readFileSync(`/proc/${program.pid}/coredump_filter`, 'latin1'), '00000000\n');
  process.kill(program.pid, 'SIGSEGV');
  assert.equal((await program.end()).signal, 'SIGSEGV');
  // Where the system gives core dumps to a program, or to another folder, there is none to look into.
  for (const name of readdirSync(where).filter((each) => each.startsWith('core'))) {
    const core = readFileSync(join(where, name), 'latin1');
    for (const secret of ['velvet', text]) assert.ok(!core.includes(secret), secret);
  }
});

test('row 25: writes no secret to any output or to the data folder with APARTE_DEBUG=1, except the identity', async (t) => {
  const server = await EvilServer.start(t);
  const env = { APARTE_DEBUG: '1' };
  const folders = [folder(t), folder(t)];
  const start = (index: number, code: string, args: string[]) =>
    new Program(t, { args, server: server.url, code, name: `program${index}`, data: folders[index] ?? '', env });
  const json = ['chat', '--json'];
  const [alice, bob] = [start(0, '7-velvet-orchid', json), start(1, '7-velvet-orchid', json)];
  alice.say('under the oak');
  await bob.event('message');
  await alice.event('delivered');
  assert.deepEqual([await alice.quit(), await bob.exit], [0, 0]);
  const wrong = [
    start(0, '8-velvet-orchid', ['send', '--text', 'under the oak']),
    start(1, '8-velvet-orchis', ['receive']),
  ];
  assert.deepEqual(await Promise.all(wrong.map(({ exit }) => exit)), [3, 3]);

  const files = folders.flatMap((path) =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => ({ name, text: readFileSync(join(parentPath, name), 'latin1') })),
  );
  const identities = files
    .filter(({ name }) => name === 'identity.json')
    .map(({ text }) => Buffer.from((JSON.parse(text) as { secret: string }).secret, 'base64url'));
  assert.equal(identities.length, 2);
  const outputs = [alice, bob, ...wrong].map(({ stdout, stderr }) => stdout + stderr);
  for (const secret of identities.flatMap(spellings)) {
    for (const text of [...outputs, ...rest(files)]) assert.ok(!text.includes(secret), 'an identity');
  }
  // Only the chat shows its code, to its user. Only the receiver shows the text.
  for (const text of [alice.stderr, bob.stderr, ...outputs.slice(2), ...rest(files)]) {
    assert.doesNotMatch(text, /velvet|orchi|under the oak/);
  }
  assert.doesNotMatch(alice.stdout, /under the oak/);
});

/** The contents of all files except identities. */
function rest(files: readonly { name: string; text: string }[]): string[] {
  return files.filter(({ name }) => name !== 'identity.json').map(({ text }) => text);
}

test('row 25: shows no secret in any object of the conversation, however deep it is inspected', () => {
  const network = new FakeNetwork(25);
  const drawn: Uint8Array[] = [];
  const random = (length: number) => {
    const bytes = network.random(length);
    drawn.push(bytes.slice());
    return bytes;
  };
  const options = { random, code: { nameplate: '7', secret: 'velvet-orchid' } };
  const programs = [network.program('alice', options), network.program('bob', options)];
  const seen: string[] = [];
  const look = () => {
    for (const { conversation } of programs)
      seen.push(inspect(conversation, { depth: 20, showHidden: true, maxArrayLength: null }));
  };
  const perform = network.perform.bind(network);
  network.perform = (program, orders: readonly Order[]) => {
    look();
    // All orders, without cards and frames, which are public, and without the code, which is for the user.
    for (const order of orders) {
      if (order.type === 'emit' && order.event.type !== 'code') seen.push(inspect(order, { depth: 20 }));
    }
    perform(program, orders);
  };
  for (const program of programs) program.start();
  programs[0]?.send('hello');
  network.pass(1_000);
  network.cutLinks();
  network.pass(5_000);
  assert.deepEqual(programs[1]?.texts, ['hello']);
  assert.ok(seen.length > 50 && drawn.length > 20);
  // Ids of messages are random too, and public. They are shorter than any key.
  const secrets = ['velvet', 'orchid', ...drawn.filter(({ length }) => length >= 16).flatMap(spellings)];
  const all = seen.join('\n');
  assert.deepEqual(
    secrets.filter((secret) => all.includes(secret)),
    [],
  );
});
