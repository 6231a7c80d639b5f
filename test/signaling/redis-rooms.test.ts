/** The rooms in Redis against the model of the registry in memory, over two servers and with a clock of our own. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createClient } from 'redis';
import type { RoomLimits } from '../../signaling/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { ordersFor, RedisRooms } from '../../signaling/redis/rooms.ts';
import { roomScript } from '../../signaling/redis/script.ts';
import type { Order } from '../../signaling/registry.ts';
import { card } from './kit.ts';
import { NO_REDIS, startRedis } from './redis-server.ts';
import { anyActs, run } from './registry-model.ts';

type Connection = ReturnType<typeof connectionTo>;
const connectionTo = (url: string) => createClient({ url });

/** Servers that share rooms, under a prefix that nobody used before; the script's clock is set by hand. */
class Servers {
  now = 0;
  static #prefixes = 0;
  readonly rooms: RedisRooms[];
  readonly #connection: Connection;
  readonly #script: string;
  readonly #prefix = `${Servers.#prefixes++}:`;
  /** Makes a name that is used once; the same in every run of one test. */
  #tokens = 0;

  constructor(connection: Connection, limits: Partial<RoomLimits> = {}) {
    this.#connection = connection;
    this.#script = roomScript({ ...LIMITS, ...limits });
    const chance = { integer: (below: number) => this.#tokens % below, token: () => `token${++this.#tokens}` };
    this.rooms = ['one', 'other'].map((server) => {
      const store = {
        run: (operation: string, ...args: string[]) => this.run(server, operation, ...args),
        stats: { rooms: 0, members: 0 },
      };
      return new RedisRooms(store, chance, new Map(), () => {});
    });
  }

  async run(server: string, operation: string, ...args: string[]): Promise<string[][]> {
    const given = { keys: [this.#prefix], arguments: [operation, String(this.now), server, ...args] };
    return (await this.#connection.eval(this.#script, given)) as string[][];
  }

  /** What a beat of a server leads to. */
  async beat(server = 'one'): Promise<Order<string>[]> {
    return ordersFor('', (await this.run(server, 'beat', '1')).slice(1));
  }

  /** Lets time pass as servers do that live. Returns what their beats led to. */
  async wait(until: number): Promise<Order<string>[]> {
    const orders: Order<string>[] = [];
    while (this.now < until) {
      this.now += 1_000;
      for (const server of ['one', 'other']) orders.push(...(await this.beat(server)));
    }
    return orders;
  }

  async stats(): Promise<{ rooms: number; members: number }> {
    const [stats] = await this.run('one', 'beat', '1');
    return { rooms: Number(stats?.[1]), members: Number(stats?.[2]) };
  }

  async keys(): Promise<string[]> {
    return await this.#connection.keys(`${this.#prefix}*`);
  }
}

async function connect(t: TestContext) {
  const { url } = await startRedis(t);
  const connection = connectionTo(url);
  connection.on('error', () => {});
  await connection.connect();
  t.after(() => connection.destroy());
  return connection;
}

test('rooms in Redis keep what the registry promises, whichever server a client is connected to', {
  skip: NO_REDIS,
}, async (t) => {
  const connection = await connect(t);
  await fc.assert(
    fc.asyncProperty(anyActs(50), async (given) => {
      const servers = new Servers(connection);
      await servers.beat('other');
      await run(given, {
        of: (client) => servers.rooms[client % 2] as RedisRooms,
        sweep: (now) => servers.wait(now),
        stats: () => servers.stats(),
      });
    }),
    { numRuns: 25 },
  );
});

/** The answer among orders. */
function answerOf(orders: readonly Order<string>[]) {
  return orders.find((order) => order.type === 'answer')?.answer ?? assert.fail();
}

test('however joins race over two servers, no nameplate is given twice, no room overflows, and members have one order', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = new Servers(await connect(t));
  const join = (client: number, nameplate: string | null) =>
    (servers.rooms[client % 2] as RedisRooms).join(`${client}.1`, { nameplate, card: card(client % 256), capacity: 2 });
  const alone = await Promise.all(Array.from({ length: 400 }, (_, client) => join(client, null)));
  const names = alone.map((orders) => {
    const answer = answerOf(orders);
    assert.ok('self' in answer && answer.members.length === 0);
    return answer.nameplate;
  });
  assert.equal(new Set(names).size, 400);
  assert.ok(names.filter((name) => name.length <= 3).length > 350, 'short ones are given first');
  const crowd = await Promise.all(
    Array.from({ length: 90 }, (_, client) => join(1_000 + client, `room${client % 30}`)),
  );
  for (let room = 0; room < 30; room++) {
    const answers = [0, 30, 60].map((offset) => answerOf(crowd[room + offset] ?? []));
    const seen = answers.map((answer) => ('self' in answer ? answer.members.length : answer.error));
    // One was first, one second: who waits for whom is never in doubt.
    assert.deepEqual(seen.map(String).sort(), ['0', '1', 'room-full']);
    const told = crowd.flatMap((orders, client) =>
      client % 30 === room ? orders.filter(({ type }) => type === 'came') : [],
    );
    assert.equal(told.length, 1);
  }
});

test('who comes or leaves before a newcomer has its answer is made known to it after', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = new Servers(await connect(t));
  const [one, other] = servers.rooms as [RedisRooms, RedisRooms];
  const request = (seed: number) => ({ nameplate: 'x', card: card(seed), capacity: 3 });
  await other.join('a.1', request(1));
  let told: (orders: Order<string>[]) => void = () => {};
  const corrected = new Promise<Order<string>[]>((resolve) => (told = resolve));
  // A server that hears of its own join later than of what others did after it.
  const slow = new RedisRooms(
    {
      run: async (operation, ...args) => {
        const rows = await servers.run('slow', operation, ...args);
        if (operation === 'join') {
          await one.join('c.1', request(3));
          await other.leave('a.1');
        }
        return rows;
      },
      stats: { rooms: 0, members: 0 },
    },
    { integer: () => 0, token: () => 'slow' },
    new Map(),
    (orders) => told(orders),
  );
  const answer = answerOf(await slow.join('b.1', request(2)));
  assert.ok('self' in answer);
  assert.deepEqual(
    answer.members.map(({ id }) => id),
    ['1'],
  );
  assert.deepEqual(await corrected, [
    { type: 'came', to: 'b.1', member: { id: '3', card: Buffer.from(card(3)) } },
    { type: 'left', to: 'b.1', member: '1' },
  ]);
});

test('the members of a server that died are lost when its lease ends, and gone when their time is over', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = new Servers(await connect(t));
  const [one, other] = servers.rooms as [RedisRooms, RedisRooms];
  const request = (seed: number) => ({ nameplate: 'x', card: card(seed), capacity: 2 });
  await servers.beat('one');
  await servers.beat('other');
  await one.join('a.1', request(1));
  const back = answerOf(await one.join('b.1', { ...request(2), nameplate: 'y' }));
  await other.join('c.1', request(3));
  // From here on server one is silent.
  const orders: Order<string>[] = [];
  while (servers.now < 10_000) {
    servers.now += 1_000;
    orders.push(...(await servers.beat('other')));
    if (servers.now !== 6_000 || !('self' in back)) continue;
    const resumed = await other.join('b.2', { ...request(2), nameplate: 'y', resume: back.token });
    assert.ok('self' in answerOf(resumed));
  }
  assert.deepEqual(orders, [{ type: 'left', to: 'c.1', member: '1' }]);
  assert.deepEqual(await servers.stats(), { rooms: 2, members: 2 });
});

test('who was let in but never told so comes again and takes the place over', { skip: NO_REDIS }, async (t) => {
  const servers = new Servers(await connect(t));
  const [one, other] = servers.rooms as [RedisRooms, RedisRooms];
  const request = (seed: number) => ({ nameplate: 'x', card: card(seed), capacity: 2 });
  await one.join('a.1', request(1));
  // As `join` does, but for telling Redis that the client knows.
  await servers.run('other', 'join', 'b.1', 'x', Buffer.from(card(2)).toString('base64'), '2', 'lost', '1');
  assert.deepEqual(answerOf(await other.join('c.1', request(3))), { error: 'room-full' });
  const again = await other.join('b.2', request(2));
  assert.deepEqual(
    again.map(({ type, to }) => [type, to]),
    [
      ['drop', 'b.1'],
      ['left', 'a.1'],
      ['answer', 'b.2'],
      ['came', 'a.1'],
    ],
  );
  // Nobody else can, with a card that he has seen.
  await servers.run('other', 'confirm', 'b.2');
  assert.deepEqual(answerOf(await one.join('d.1', request(2))), { error: 'room-full' });
});
