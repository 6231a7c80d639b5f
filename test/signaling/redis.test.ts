/** Several servers on one Redis, as their clients see them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createClient } from 'redis';
import { AparteError } from '../../shared/errors.ts';
import type { Limits } from '../../signaling/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import type { SignalingServer } from '../../signaling/server.ts';
import { startServer } from '../../signaling/server.ts';
import { freePort } from '../ports.ts';
import { Authority, NO_OPENSSL } from './certificates.ts';
import type { RedisServer } from './redis-server.ts';
import { NO_REDIS, startRedis } from './redis-server.ts';
import { Client, card, undisturbed, until } from './test-server.ts';

interface Servers {
  readonly one: SignalingServer;
  readonly other: SignalingServer;
  readonly redis: RedisServer;
  /** What both servers reported about Redis. */
  readonly told: (string | null)[];
}

async function serveTwo(t: TestContext, limits: Partial<Limits> = {}): Promise<Servers> {
  const redis = await startRedis(t);
  const told: (string | null)[] = [];
  const serve = async () => {
    const server = await startServer({
      port: 0,
      host: '127.0.0.1',
      limits: { ...LIMITS, ...limits },
      redis: redis.url,
      away: (cause) => told.push(cause),
    });
    t.after(() => server.close());
    return server;
  };
  return { one: await serve(), other: await serve(), redis, told };
}

/** Two members of a room, on different servers, who know of each other. */
async function apart(t: TestContext, { one, other }: Servers, nameplate = 'apart'): Promise<readonly [Client, Client]> {
  const first = await Client.connect(t, one.url);
  const second = await Client.connect(t, other.url);
  await first.join(nameplate, 1);
  const { members } = await second.join(nameplate, 2);
  assert.deepEqual(members, [{ id: '1', card: Buffer.from(card(1)) }]);
  await first.next('came');
  return [first, second];
}

test('two clients of different servers meet, exchange frames, and see each other leave', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = await serveTwo(t);
  const two = await apart(t, servers);
  await undisturbed(two);
  const longest = new Uint8Array(16_384).fill(7);
  two[1].send('1', longest);
  assert.deepEqual(await two[0].next('frame'), { from: '2', data: Buffer.from(longest) });
  for (const { url } of [servers.one, servers.other]) {
    const third = await Client.connect(t, url);
    assert.deepEqual(await third.ask('apart', 3), { error: 'room-full' });
  }
  two[0].send('3', Uint8Array.of(1));
  assert.deepEqual(await two[0].next('fault'), { error: 'unknown-member' });
  await undisturbed(two);
  await two[1].socket.emitWithAck('leave');
  assert.deepEqual(await two[0].next('left'), { member: '2' });
  // The same connection in another room gets nothing of the first.
  await two[1].join('elsewhere', 2);
  two[0].send('2', Uint8Array.of(1));
  assert.deepEqual(await two[0].next('fault'), { error: 'unknown-member' });
});

test('the first member can free the slot of a member on another server', { skip: NO_REDIS }, async (t) => {
  const [first, second] = await apart(t, await serveTwo(t));
  second.socket.emit('free', { member: '1' });
  assert.deepEqual(await second.next('fault'), { error: 'unknown-member' });
  first.socket.emit('free', { member: '2' });
  assert.deepEqual(await second.next('fault'), { error: 'idle' });
  await second.ended;
  assert.deepEqual(await first.next('left'), { member: '2' });
});

test('a lost client resumes its slot through another server', { skip: NO_REDIS }, async (t) => {
  const servers = await serveTwo(t);
  const first = await Client.connect(t, servers.one.url);
  const second = await Client.connect(t, servers.other.url);
  await first.join('kept', 1);
  const { token } = await second.join('kept', 2);
  await first.next('came');
  second.cut();
  await until('its server knows', () => servers.other.stats().connections === 0);
  for (const byte of [7, 8]) first.send('2', Uint8Array.of(byte));
  const third = await Client.connect(t, servers.other.url);
  assert.deepEqual(await third.ask('kept', 3), { error: 'room-full' });
  const back = await Client.connect(t, servers.one.url);
  assert.equal((await back.join('kept', 2, { resume: token })).self, '2');
  for (const byte of [7, 8]) assert.deepEqual(await back.next('frame'), { from: '1', data: Buffer.of(byte) });
  await undisturbed([first, back]);
  // Again, while the connection seems alive.
  const again = await Client.connect(t, servers.other.url);
  await again.join('kept', 2, { resume: token });
  assert.deepEqual(await back.next('fault'), { error: 'already-joined' });
  await back.ended;
  await undisturbed([first, again]);
});

test('the slot of a lost client is freed after the grace time by any server', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = await serveTwo(t, { grace: 50 });
  const [first, second] = await apart(t, servers);
  second.cut();
  assert.deepEqual(await first.next('left'), { member: '2' });
  const next = await Client.connect(t, servers.one.url);
  assert.equal((await next.join('apart', 3)).self, '3');
});

test('the clients of a closing server resume on the others', { skip: NO_REDIS }, async (t) => {
  const servers = await serveTwo(t);
  const first = await Client.connect(t, servers.one.url);
  const second = await Client.connect(t, servers.other.url);
  const { token } = await first.join('moving', 1);
  await second.join('moving', 2);
  await first.next('came');
  await servers.one.close();
  assert.deepEqual(await first.next('fault'), { error: 'closing' });
  const back = await Client.connect(t, servers.other.url);
  await back.join('moving', 1, { resume: token });
  await undisturbed([back, second]);
});

test('without Redis joins are refused as unavailable; when it is back, clients come back', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = await serveTwo(t);
  const two = await apart(t, servers);
  const ready = async () => (await fetch(`${servers.one.url}/readyz`)).status;
  assert.equal(await ready(), 200);
  await servers.redis.kill();
  await until('both servers know', () => servers.told.length === 2);
  assert.equal(await ready(), 503);
  const early = await Client.connect(t, servers.one.url);
  assert.deepEqual(await early.ask('new', 3), { error: 'unavailable' });
  assert.ok(early.socket.connected);
  // Whoever asks for something is told to come back.
  two[0].send('2', Uint8Array.of(1));
  assert.deepEqual(await two[0].next('fault'), { error: 'unavailable' });
  await servers.redis.start();
  // So is a client that only waited, because its slot is unknown.
  assert.deepEqual(await two[1].next('fault'), { error: 'unavailable' });
  await two[1].ended;
  await until('both servers say so', () => servers.told.filter((cause) => cause === null).length === 2);
  assert.equal(await ready(), 200);
  await undisturbed(await apart(t, servers));
  assert.ok(
    servers.told.every((cause) => cause === null || /^[A-Za-z]+$/.test(cause)),
    String(servers.told),
  );
});

test('a server that stood still does not take Redis for silent, and disconnects nobody', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = await serveTwo(t);
  const two = await apart(t, servers);
  const redis = servers.redis.process();
  redis.kill('SIGSTOP');
  // Meanwhile a beat is due, and not answered.
  await setTimeout(1_500);
  redis.kill('SIGCONT');
  // The answer has come, but is not read before the next heartbeat is due.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4_500);
  await setTimeout(2_500);
  assert.deepEqual(servers.told, []);
  await undisturbed(two);
});

test('a client that sends faster than Redis answers has to wait', { skip: NO_REDIS }, async (t) => {
  const servers = await serveTwo(t);
  const [first] = await apart(t, servers);
  const redis = servers.redis.process();
  redis.kill('SIGSTOP');
  const many = 400;
  // To nobody, in turns, as no more than 256 may go to one.
  for (let count = 0; count < many; count += 1) first.send(String(8 + (count % 2)), new Uint8Array(4_096));
  await setTimeout(500);
  redis.kill('SIGCONT');
  for (let count = 0; count < many; count += 1)
    assert.deepEqual(await first.next('fault'), { error: 'unknown-member' });
  assert.deepEqual(servers.told, []);
});

test('the limits of an address hold for all servers together', { skip: NO_REDIS }, async (t) => {
  const many = { burst: 100, perSecond: 1 };
  const two = { burst: 2, perSecond: 0.001 };
  const perAddress = { connections: 3, connects: many, joins: many, guesses: two };
  const { one, other } = await serveTwo(t, { perAddress });
  const clients = [];
  for (const { url } of [one, other, one]) clients.push(await Client.connect(t, url));
  const fourth = new Client(other.url);
  assert.deepEqual(await fourth.next('fault'), { error: 'limit' });
  await fourth.ended;
  const answers = [];
  for (const [index, client] of clients.entries()) answers.push(await client.ask(`guess${index}`, index));
  assert.deepEqual(
    answers.map((answer) => ('error' in answer ? answer.error : 'in')),
    ['in', 'in', 'rate'],
  );
  clients[0]?.cut();
  await until('it is gone', () => one.stats().connections === 1);
  await until('there is room for another', async () => {
    const instead = await Client.connect(t, other.url);
    return Promise.race([instead.ended.then(() => false), instead.ask(null, 9).then((answer) => 'self' in answer)]);
  });
});

test('every key in Redis has a time to live', { skip: NO_REDIS }, async (t) => {
  const servers = await serveTwo(t);
  const [first, second] = await apart(t, servers, '77');
  await undisturbed([first, second]);
  const third = await Client.connect(t, servers.one.url);
  await third.join('5', 1);
  await third.socket.emitWithAck('leave');
  second.cut();
  const connection = createClient({ url: servers.redis.url });
  connection.on('error', () => {});
  await connection.connect();
  t.after(() => connection.destroy());
  let keys: string[] = [];
  const kinds = () => new Set(keys.map((key) => key.split(':')[2]));
  const has = (kind: string) =>
    until(`there is ${kind}`, async () => {
      keys = await connection.keys('*');
      return kinds().has(kind);
    });
  // A token bucket ends when it is full again, in a second or so.
  await has('bucket');
  const buckets = keys.filter((key) => key.includes(':bucket:'));
  for (const key of buckets) assert.notEqual(await connection.pTTL(key), -1, key);
  // Before Redis knows that the connection is lost, a frame is lost with it.
  await has('lost');
  first.send('2', Uint8Array.of(7));
  await has('held');
  for (const kind of ['room', 'held', 'heldbytes', 'leases', 'lost', 'touched', 'freed', 'clients', 'open'])
    assert.ok(kinds().has(kind), kind);
  // The next heartbeat of any server sets the time to live of shared keys.
  for (const key of keys) await until(`${key} will end`, async () => (await connection.pTTL(key)) !== -1);
});

test('an address that is wrong about TLS is named as such', { skip: NO_REDIS || NO_OPENSSL }, async (t) => {
  const authority = new Authority();
  t.after(() => authority.close());
  const { cert, key } = authority.issue('redis');
  const tlsPort = await freePort();
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no'];
  const { url } = await startRedis(t, ['--requirepass', 'hush', '--tls-port', String(tlsPort), ...files]);
  for (const [redis, isSpoken] of [
    [url.replace('redis://', 'rediss://:hush@'), false],
    [`redis://:hush@127.0.0.1:${tlsPort}`, true],
  ] as const) {
    const refused = startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, redis });
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof AparteError && error.code === 'store-unreachable', String(error));
      assert.deepEqual(error.detail, { key: 'redis-tls', isSpoken });
      return true;
    });
  }
});

test('without Redis a server does not start, and says why without the password', { skip: NO_REDIS }, async (t) => {
  const { url } = await startRedis(t, ['--requirepass', 'secret-word']);
  for (const [redis, cause] of [
    [url, 'NOAUTH'],
    [url.replace('//', '//:wrong-word@'), 'WRONGPASS'],
    ['redis://u:hush@127.0.0.1:1', 'ECONNREFUSED'],
  ] as const) {
    const refused = startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, redis });
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof AparteError && error.code === 'store-unreachable' && error.exit === 4, String(error));
      assert.ok(error.message.includes(cause) && !/hush|word/.test(error.message), error.message);
      return true;
    });
  }
  const given = { host: '127.0.0.1', limits: LIMITS, redis: url.replace('//', '//:secret-word@') };
  const server = await startServer({ ...given, port: 0 });
  // Nor if it cannot listen. It then disconnects from Redis, or this process would not end.
  const second = startServer({ ...given, port: server.port });
  await assert.rejects(second, (error) => error instanceof AparteError && error.code === 'cannot-listen');
  await server.close();
});
