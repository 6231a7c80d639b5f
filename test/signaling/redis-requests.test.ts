/** Valid requests never make the script in Redis fail: a failure would disconnect all clients. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClientRequest } from '../../signaling/client-requests.ts';
import { readRequest } from '../../signaling/client-requests.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { RedisConnection } from '../../signaling/redis/connection.ts';
import { joinThroughRedis } from '../../signaling/redis/index.ts';
import { RedisRooms } from '../../signaling/redis/rooms.ts';
import { SYSTEM_RANDOM } from '../../signaling/rooms-interface.ts';
import { NO_REDIS, startRedis } from './redis-server.ts';
import { card } from './test-server.ts';

/** Words that have a meaning to Lua or Redis, or that look like numbers. */
const ODD = ['1', '2', '3', '0', '01', '1e5', '1e99', 'nan', 'inf', 'infinity', 'nil', 'm1', '0x1', 'id', 'last'];
/** 2^53 - 1 and the numbers around 36^14, in base 36. */
const LARGE = ['2gosa7pa2gv', '2gosa7pa2gw', 'zzzzzzzzzzzzzz', '100000000000000', '1000000000000000', 'z'.repeat(16)];

const word = (most: number) =>
  fc.oneof(
    fc.constantFrom(...ODD, ...LARGE),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyz'), minLength: 1, maxLength: most }),
  );
const bytes = (most: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: most }),
    fc.constantFrom('1 2 3', ' ', '\n', '\0', '%d %s', '\r\n\0 ').map((text) => new Uint8Array(Buffer.from(text))),
  );
const reply = () => {};
const anyRequest = fc.oneof(
  fc
    .record({
      nameplate: fc.oneof(fc.constant(null), fc.constantFrom('a', 'a', 'a', '1'), word(32)),
      card: fc.oneof(fc.constant(card(1)), bytes(64)),
      capacity: fc.integer({ min: 2, max: 50 }),
      resume: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, word(64)),
    })
    .map(({ resume, ...join }) => ['join', resume === undefined ? join : { ...join, resume }, reply] as const),
  fc.record({ to: word(16), data: bytes(300) }).map((frame) => ['frame', frame] as const),
  fc.record({ member: word(16) }).map((free) => ['free', free] as const),
  fc.constant(['leave', reply] as const),
);
/** A request of one of a few clients, or the end of its connection. */
const anyAct = fc.record({ client: fc.nat({ max: 3 }), asks: fc.option(anyRequest, { freq: 12 }) });

test('no valid request can make the script fail', { skip: NO_REDIS }, async (t) => {
  const { url } = await startRedis(t);
  const away: (string | null)[] = [];
  const cluster = await joinThroughRedis(url, LIMITS, (cause) => away.push(cause));
  t.after(() => cluster.close());
  const { rooms } = cluster;
  let names = 0;
  const ask = async (client: string | null, request: ClientRequest): Promise<string | null> => {
    if (request.type === 'join') {
      if (client !== null) return client;
      const name = `${++names}.1`;
      const orders = await rooms.join(name, request.join, names);
      return orders.some((order) => order.type === 'answer' && 'self' in order.answer) ? name : null;
    }
    if (client === null) return null;
    if (request.type === 'frame') await rooms.frame(client, request.frame, names);
    else if (request.type === 'free') await rooms.free(client, request.member, names);
    else await rooms.leave(client, names);
    return request.type === 'leave' ? null : client;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(anyAct, { maxLength: 60, size: 'max' }), async (acts) => {
      const clients: (string | null)[] = [null, null, null, null];
      for (const { client, asks } of acts) {
        const name = clients[client] ?? null;
        if (asks === null) {
          if (name !== null) await rooms.lose(name, names);
          clients[client] = null;
          continue;
        }
        const request = readRequest(asks[0], asks.slice(1));
        assert.ok(request !== null, JSON.stringify(asks));
        clients[client] = await ask(name, request);
      }
      for (const name of clients) if (name !== null) await rooms.leave(name, names);
      assert.deepEqual(away.splice(0), []);
    }),
    { numRuns: 60 },
  );
  await rooms.join('last.1', { nameplate: 'last', card: card(1), capacity: 2 }, 0);
  for (const member of LARGE)
    assert.deepEqual(await rooms.free('last.1', member, 0), [{ type: 'fault', to: 'last.1', error: 'unknown-member' }]);
  assert.deepEqual(away, []);
});

test('the script is never asked about a member number that Lua cannot represent', async () => {
  const asked: unknown[] = [];
  const run = async (...args: unknown[]) => {
    asked.push(args);
    return [];
  };
  const rooms = new RedisRooms(
    { run, runLater: run, stats: { rooms: 0, members: 0 } },
    LIMITS,
    SYSTEM_RANDOM,
    () => {},
  );
  for (const member of [...LARGE.slice(1), '01'])
    assert.deepEqual(await rooms.free('a.1', member), [{ type: 'fault', to: 'a.1', error: 'unknown-member' }]);
  assert.deepEqual(asked, []);
  assert.deepEqual(await rooms.free('a.1', '2gosa7pa2gv'), []);
  assert.deepEqual(asked, [['free', 'a.1', String(Number.MAX_SAFE_INTEGER)]]);
});

test('to the script an impossible slot does not exist', { skip: NO_REDIS }, async (t) => {
  const { url } = await startRedis(t);
  const away: (string | null)[] = [];
  const redis = await RedisConnection.open(url, 'odd:', LIMITS, {
    news: () => {},
    startedOver: () => {},
    away: (cause) => away.push(cause),
    nameplates: () => [],
  });
  t.after(() => redis.close());
  await redis.run('join', 'a.1', 'x', Buffer.from(card(1)), '2', 'token', '1');
  for (const order of ['6.1409422144648e+21', '', 'x', '-1', 'nan', 'inf', '0x2', '2 2', '2\n', '1e1', '99']) {
    const rows = await redis.run('free', 'a.1', order);
    assert.deepEqual(rows.map(String), ['fault,a.1,unknown-member'], order);
    const frame = await redis.run('frame', 'a.1', 'x', '1', order, Buffer.of(1));
    assert.deepEqual(frame.map(String), [`fault,a.1,unknown-member,${order}`], order);
  }
  assert.deepEqual(away, []);
});
