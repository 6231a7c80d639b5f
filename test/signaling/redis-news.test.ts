/** News between servers on one Redis: each arrives once, in order, and never before the answer that it follows from. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Limits } from '../../signaling/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { joinThroughRedis } from '../../signaling/redis/index.ts';
import type { RoomOrder, Rooms } from '../../signaling/rooms-interface.ts';
import { NO_REDIS, startRedis } from './redis-server.ts';
import { answerOf } from './rooms-model.ts';
import { card, until } from './test-server.ts';

/** The rooms of two servers on one Redis. `told` gets the orders that each causes for clients of the other. */
async function clusters(t: TestContext, limits: Limits, told: (orders: RoomOrder[]) => void) {
  const { url } = await startRedis(t);
  const join = async () => {
    const cluster = await joinThroughRedis(url, limits, () => {});
    t.after(() => cluster.close());
    cluster.attach({ perform: told, startedOver: () => assert.fail() });
    return cluster.rooms;
  };
  return [await join(), await join()] as const;
}

test('two who join through two servers at once learn of each other once, after their answers', {
  skip: NO_REDIS,
}, async (t) => {
  const known = new Map<string, string[]>();
  const two = await clusters(t, LIMITS, (orders) => {
    for (const order of orders) {
      if (order.type === 'came') (known.get(order.to) ?? assert.fail()).push(order.member.id);
    }
  });
  const enter = async (server: Rooms, client: string, nameplate: string, seed: number) => {
    const answer = answerOf(await server.join(client, { nameplate, card: card(seed), capacity: 2 }, 0));
    assert.ok('self' in answer);
    const ids = answer.members.map(({ id }) => id);
    known.set(client, ids);
  };
  const rooms = Array.from({ length: 200 }, (_, room) => `room${room}`);
  await Promise.all(
    rooms.flatMap((room) => two.map((server, index) => enter(server, `${room}.${index}`, room, index))),
  );
  const all = () => Array.from(known.values()).flat();
  await until('all are known', () => all().length === 400);
  for (const room of rooms) {
    const pair = [known.get(`${room}.0`), known.get(`${room}.1`)];
    assert.deepEqual(pair.map(String).toSorted(), ['1', '2']);
  }
});

test('frames arrive once and in order while their receiver moves from server to server', {
  skip: NO_REDIS,
}, async (t) => {
  let [turn, sent] = [0, 0];
  let [isListening, isLost] = [false, true];
  const got: number[] = [];
  const dropped = new Set<string>();
  const perform = (orders: RoomOrder[]) => {
    for (const order of orders) {
      if (order.type === 'drop') dropped.add(order.to);
      // Frames on their way to a lost connection are lost with it.
      if (order.type === 'frame' && order.to === `b.${turn}` && isListening)
        got.push(Buffer.from(order.data).readUInt32BE());
    }
  };
  const servers = await clusters(t, { ...LIMITS, framesPerPair: 100_000 }, perform);
  await servers[0].join('a.1', { nameplate: 'x', card: card(1), capacity: 2 }, 0);
  const send = () => {
    const data = Buffer.alloc(4);
    data.writeUInt32BE(sent++);
    void Promise.resolve(servers[0].frame('a.1', { to: '2', data }, 0)).then(perform);
  };
  const second = { nameplate: 'x', card: card(2), capacity: 2 };
  let token: string | undefined;
  for (; turn < 60; turn += 1) {
    const server = servers[(turn >> 1) % 2 === 0 ? 0 : 1];
    const coming = server.join(`b.${turn}`, token === undefined ? second : { ...second, resume: token }, 0);
    const early = turn === 0 ? 0 : 3;
    for (let count = 0; count < early; count += 1) {
      send();
      // Then each frame is a batch of its own.
      if (turn % 2 === 0) await new Promise(setImmediate);
    }
    const orders = await coming;
    const answer = answerOf(orders);
    assert.ok('self' in answer);
    token = answer.token;
    isListening = true;
    perform(orders);
    // Until its server hears that its slot was resumed, the former connection gets the frames.
    if (turn > 0 && !isLost) await until('the former is dropped', () => dropped.has(`b.${turn - 1}`));
    // Every third one still seems connected when its slot is resumed.
    isLost = turn % 3 !== 2;
    const late = turn % 4;
    for (let count = 0; count < late; count += 1) {
      send();
      if (turn % 3 === 0) await new Promise(setImmediate);
    }
    const last = sent - 1;
    if (late > 0) await until('all have come', () => last < 0 || got.at(-1) === last);
    if (isLost) await server.lose(`b.${turn}`, 0);
    isListening = false;
  }
  assert.deepEqual(
    got,
    got.toSorted((one, other) => one - other),
  );
  assert.equal(new Set(got).size, got.length);
  assert.ok(got.length > sent / 2, `only ${got.length} of ${sent}`);
});
