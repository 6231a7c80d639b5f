/** Clients that break a limit, over real sockets: they are stopped and counted, and others go on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { AddressLimits, Limits } from '../../signaling/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import type { SignalingServer } from '../../signaling/server.ts';
import { startServer } from '../../signaling/server.ts';
import { Authority, NO_OPENSSL } from './certificates.ts';
import { Client, couple, poll, rawWebSocket, textFrame, undisturbed, until } from './test-server.ts';

/** A server that records the causes of its refusals. */
async function guarded(t: TestContext, limits: Partial<Limits>, perAddress: Partial<AddressLimits> = {}) {
  const causes: string[] = [];
  const address = { ...LIMITS.perAddress, ...perAddress } as AddressLimits;
  const server = await startServer({
    port: 0,
    host: '127.0.0.1',
    limits: { ...LIMITS, perAddress: address, sweepEvery: 20, hangUpWithin: 20, ...limits },
    observer: { refused: (cause) => causes.push(cause), paired: () => {}, forwarded: () => {} },
  });
  t.after(() => server.close());
  return { server, causes };
}

/** A TCP connection that has sent this text. */
async function half(
  t: TestContext,
  { port }: SignalingServer,
  text: string,
  localAddress = '127.0.0.1',
): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

/** Resolves when a connection has been closed, which may have been before. */
async function gone(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket.resume(), 'close');
}

test('an address that guesses nameplates is stopped; long nameplates and other addresses are not', async (t) => {
  const { server, causes } = await guarded(
    t,
    { joins: { burst: 1e3, perSecond: 1 } },
    { guesses: { burst: 5, perSecond: 1e-3 } },
  );
  const two = await couple(t, server.url);
  const walker = await Client.connect(t, server.url);
  for (const nameplate of ['1', '2', '3']) {
    await walker.join(nameplate, 3);
    await walker.socket.emitWithAck('leave');
  }
  assert.deepEqual(await walker.ask('4', 3), { error: 'rate' });
  assert.deepEqual(causes, ['guesses']);
  await walker.join(null, 3);
  await walker.socket.emitWithAck('leave');
  await walker.join('abcdefghijklmnopqrstuvwxyz', 3);
  await (await Client.connect(t, server.url, { localAddress: '127.0.0.2' })).join('4', 4);
  await undisturbed(two);
});

test('a connection has a limit on bytes as well as on packets', async (t) => {
  const { server, causes } = await guarded(t, { bytes: { burst: 100_000, perSecond: 1 } });
  const [first, second] = await couple(t, server.url);
  for (let count = 0; count < 10; count++) first.send('2', new Uint8Array(16_384));
  assert.deepEqual(await first.next('fault'), { error: 'rate' });
  assert.ok(causes.includes('rate'));
  assert.ok(second.told.filter(([event]) => event === 'frame').length <= 6);
});

test('a room has no more members than the server allows', async (t) => {
  const { server } = await guarded(t, { members: 2 });
  await (await Client.connect(t, server.url)).join('group', 1, { capacity: 50 });
  await (await Client.connect(t, server.url)).join('group', 2);
  assert.deepEqual(await (await Client.connect(t, server.url)).ask('group', 3), { error: 'room-full' });
});

test('a client that does not finish its request is disconnected', async (t) => {
  const { server, causes } = await guarded(t, { joinWithin: 500 });
  for (const text of ['', 'GET /socket.io/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ']) {
    const slow = await half(t, server, text);
    await gone(slow);
  }
  assert.deepEqual(causes, ['silent', 'silent']);
});

test('a client that does not finish the TLS handshake is disconnected', { skip: NO_OPENSSL }, async (t) => {
  const authority = new Authority();
  t.after(() => authority.close());
  const causes: string[] = [];
  const observer = { refused: (cause: string) => causes.push(cause), paired: () => {}, forwarded: () => {} };
  const limits = { ...LIMITS, joinWithin: 500 };
  const server = await startServer({ port: 0, host: '127.0.0.1', limits, tls: authority.issue('slow'), observer });
  t.after(() => server.close());
  await gone(await half(t, server, ''));
  assert.deepEqual(causes, ['tls']);
  const mute = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {});
  await gone(mute);
  assert.deepEqual(causes, ['tls', 'silent']);
});

test('a client that opens a WebSocket and sends nothing, or answers no ping, is disconnected', async (t) => {
  const { server, causes } = await guarded(t, { joinWithin: 500 });
  await gone(await rawWebSocket(t, server.port));
  assert.deepEqual(causes, ['idle']);

  const patient = await guarded(t, { silence: 90 });
  const deaf = await rawWebSocket(t, patient.server.port);
  deaf.write(textFrame('40{"aparte":1}'));
  await gone(deaf);
  await until('silent', () => patient.causes.includes('silent'));
});

test('a WebSocket to which a polling client could upgrade is cut with the client if it does not close', async (t) => {
  const { server, causes } = await guarded(t, { joinWithin: 500 });
  const probing = await rawWebSocket(t, server.port, await poll(server.url));
  probing.resume();
  await until('cut off', () => probing.closed);
  assert.deepEqual(causes, ['idle']);
});

test('a request that is too long or not HTTP is refused and counted', async (t) => {
  const { server, causes } = await guarded(t, { headerBytes: 1_024, urlBytes: 256 });
  for (const [text, status] of [
    [`GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(2_000)}\r\n\r\n`, 431],
    [`GET /socket.io/?EIO=4&transport=polling&x=${'x'.repeat(300)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 403],
    ['what is this\r\n\r\n', 400],
  ] as const) {
    const socket = await half(t, server, text);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString('latin1'), new RegExp(`^HTTP/1\\.1 ${status} `));
  }
  assert.deepEqual(causes, ['invalid', 'invalid', 'invalid']);
});

test('the number of TCP connections is limited', async (t) => {
  const { server, causes } = await guarded(t, { connections: 2, perAddress: null });
  const sockets = await Promise.all([1, 2, 3, 4, 5].map(() => half(t, server, '')));
  await Promise.race(sockets.map(gone));
  assert.deepEqual(causes, ['full']);
});

test('an address that connects too often is disconnected before TLS and HTTP', async (t) => {
  const { server, causes } = await guarded(t, {}, { connects: { burst: 5, perSecond: 1e-3 } });
  for (let count = 0; count < 20; count++) (await half(t, server, '')).destroy();
  await gone(await half(t, server, ''));
  assert.deepEqual(causes, ['crowded']);
  const other = await half(t, server, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', '127.0.0.2');
  assert.match(String(await once(other, 'data')), /^HTTP\/1\.1 200 /);
});

test('the requests of one connection have a rate limit, and others are served', async (t) => {
  const { server, causes } = await guarded(t, {}, { connects: { burst: 1, perSecond: 1e-3 } });
  const request = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const kept = await half(t, server, request);
  let said = '';
  kept.on('data', (data: Buffer) => (said += data.toString('latin1')));
  const answers = (status: number) => said.split(`HTTP/1.1 ${status} `).length - 1;
  for (let count = 1; count < 32; count += 1) {
    await until('an answer', () => answers(200) === count);
    kept.write(request);
  }
  await until('all answers', () => answers(200) === 32);
  assert.deepEqual(causes, []);
  kept.write(request);
  await gone(kept);
  assert.deepEqual([answers(200), answers(429), causes], [32, 1, ['rate']]);
  // Also a client that does not wait for answers, and for any request.
  const asked = [
    'GET / ',
    'DELETE /socket.io/?EIO=4&transport=polling ',
    'GET /socket.io/?EIO=4&transport=polling&sid=x ',
  ];
  const all = asked.map((line) => `${line}HTTP/1.1\r\nHost: localhost\r\nExpect: more\r\n\r\n`).join('');
  said = '';
  const hasty = await half(t, server, all);
  hasty.on('data', (data: Buffer) => (said += data.toString('latin1')));
  await gone(hasty);
  assert.match(said, /^HTTP\/1\.1 429 /);
  assert.deepEqual(causes, ['rate', 'rate', 'rate', 'rate']);
  const other = await half(t, server, request, '127.0.0.2');
  assert.match(String(await once(other, 'data')), /^HTTP\/1\.1 200 /);
});

test('too many connections of one address are cut under TLS too, and others are served', {
  skip: NO_OPENSSL,
}, async (t) => {
  const authority = new Authority();
  t.after(() => authority.close());
  const limits = { ...LIMITS, perAddress: { ...LIMITS.perAddress, connections: 1 } as AddressLimits };
  const server = await startServer({ port: 0, host: '127.0.0.1', limits, tls: authority.issue('crowd') });
  t.after(() => server.close());
  const crowd = await Promise.all(Array.from({ length: 20 }, () => half(t, server, '')));
  await Promise.all(crowd.slice(4).map(gone));
  const ca = readFileSync(authority.cert, 'utf8');
  await (await Client.connect(t, server.url, { ca, localAddress: '127.0.0.2' })).join('other', 1);
});

test('others can pair during a flood from one address', async (t) => {
  const often = { burst: 20, perSecond: 1 };
  const { server, causes } = await guarded(t, {}, { connections: 8, connects: often, joins: often });
  const from = '127.0.0.2';
  const floods = Array.from({ length: 100 }, () => half(t, server, 'GET /socket.io/?EIO=4&transport=polling HT', from));
  await Promise.all(floods);
  const crowd = Array.from({ length: 50 }, () => new Client(server.url, { localAddress: from }));
  t.after(() => crowd.map(({ socket }) => socket.disconnect()));
  for (const client of crowd) for (let count = 0; count < 50; count++) client.socket.emit('leave', () => {});
  await undisturbed(await couple(t, server.url, 'honest'));
  await until('refusals', () => causes.filter((cause) => cause === 'crowded').length > 60);
  assert.ok(server.stats().connections <= 2 + 16, 'no more than are told to go');
});

test('a client that does not read the answers to its requests is disconnected', async (t) => {
  const { server, causes } = await guarded(t, { backlog: 16 });
  const url = `${server.url}/socket.io/?EIO=4&transport=polling&sid=${await poll(server.url)}`;
  const say = async (body: string) => assert.equal((await fetch(url, { method: 'POST', body })).status, 200);
  await say('40{"aparte":1}');
  assert.match(await (await fetch(url)).text(), /^40/);
  // The first join gets a slot. All others are refused, because it has one.
  const join = '451-1["join",{"nameplate":"deaf","card":{"_placeholder":true,"num":0},"capacity":2}]\u001ebAQ==';
  await say(Array.from({ length: 16 }, () => join).join('\u001e'));
  assert.ok(!causes.includes('slow'));
  await say(join);
  assert.equal(causes.at(-1), 'slow');
  assert.equal(server.stats().connections, 0);
});
