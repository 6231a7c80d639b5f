/** The rooms in Redis, as two servers see them. The clock of the script is set by hand. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createClient, RESP_TYPES } from 'redis';
import type { FrameRequest, JoinRequest } from '../../shared/signal-wire.ts';
import type { RoomLimits } from '../../signaling/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import type { Rows } from '../../signaling/redis/connection.ts';
import { roomScript } from '../../signaling/redis/lua-script.ts';
import { unpackRows } from '../../signaling/redis/news-format.ts';
import { ordersFor, RedisRooms } from '../../signaling/redis/rooms.ts';
import type { Awaitable, RandomSource, RoomOrder, Rooms } from '../../signaling/rooms-interface.ts';
import { NO_REDIS, startRedis } from './redis-server.ts';
import { answerOf, type Subject, same } from './rooms-model.ts';
import { testRooms } from './rooms-suite.ts';
import { card, until } from './test-server.ts';

type Connection = ReturnType<typeof connectionTo>;
const connectionTo = (url: string) =>
  createClient({ url, RESP: 3, commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } });

const KINDS: readonly RoomOrder['type'][] = ['drop', 'left', 'answer', 'came', 'fault', 'frame'];
const NOBODY = { rooms: 0, members: 0 };

/** Rooms whose answers hold all orders that follow. */
interface Asking extends Rooms {
  join(client: string, request: JoinRequest): Promise<RoomOrder[]>;
  frame(client: string, request: FrameRequest): Promise<RoomOrder[]>;
  free(client: string, member: string): Promise<RoomOrder[]>;
  leave(client: string): Promise<RoomOrder[]>;
  lose(client: string): Promise<RoomOrder[]>;
}

/** Two servers that share rooms, under a prefix of their own. The orders of a request include those for the other server. */
class Servers implements Subject {
  now = 0;
  static #prefixes = 0;
  /** The rooms as each of the two servers sees them. */
  readonly rooms: readonly [Asking, Asking];
  readonly #connection: Connection;
  readonly #limits: RoomLimits;
  readonly #script: string;
  readonly #prefix = `${Servers.#prefixes++}:`;
  /** Makes tokens; the same in every run of one test. */
  #tokens = 0;
  #isHeard = false;
  readonly #news: { readonly server: string; readonly row: Rows[number] }[] = [];
  /** The rooms of each server, and whether they are hearing news that the server which asks reports itself. */
  readonly #heard = new Map<string, RedisRooms>();
  #isHearing = false;

  constructor(connection: Connection, limits: Partial<RoomLimits> = {}) {
    this.#connection = connection;
    this.#limits = { ...LIMITS, ...limits };
    this.#script = roomScript(this.#limits);
    const random = { integer: (below: number) => this.#tokens % below, token: () => `token${++this.#tokens}` };
    this.rooms = [this.#asking('one', random), this.#asking('other', random)];
  }

  #asking(server: string, random: RandomSource): Asking {
    const underWay = new Set<Promise<unknown>>();
    const ask = (operation: string, ...args: (string | Buffer)[]) => {
      const rows = this.run(server, operation, ...args);
      underWay.add(rows);
      return rows;
    };
    const store = { run: ask, runLater: ask, stats: NOBODY };
    const told: RoomOrder[] = [];
    const rooms = new RedisRooms(store, this.#limits, random, (orders) => {
      if (!this.#isHearing) told.push(...orders);
    });
    this.#heard.set(server, rooms);
    const all = async (orders: Awaitable<RoomOrder[]>) => {
      const first = await orders;
      await Promise.all(underWay);
      // What follows from the last answer is performed in microtasks.
      await new Promise(setImmediate);
      // The order of what different clients are told does not matter.
      return [...first, ...told.splice(0)].toSorted(
        (one, other) => KINDS.indexOf(one.type) - KINDS.indexOf(other.type),
      );
    };
    return {
      stats: NOBODY,
      join: (client, request) => all(rooms.join(client, request, this.now)),
      frame: (client, request) => all(rooms.frame(client, request, this.now)),
      free: (client, member) => all(rooms.free(client, member)),
      leave: (client) => all(rooms.leave(client)),
      lose: (client) => all(rooms.lose(client)),
      sweep: () => [],
    };
  }

  async run(server: string, operation: string, ...args: (string | Buffer)[]): Promise<Rows> {
    if (!this.#isHeard) {
      this.#isHeard = true;
      const channels = ['one', 'other', 'slow'].map((each) => `${this.#prefix}news:${each}`);
      const hear = (news: Buffer, channel: Buffer) => {
        const whose = channel.toString().split(':').at(-1) ?? '';
        this.#news.push(...unpackRows(news).map((row) => ({ server: whose, row })));
      };
      await this.#connection.subscribe(channels, hear, true);
    }
    const words = [String(args.length + 1), operation, ...args];
    const given = { keys: [this.#prefix], arguments: [String(this.now), server, ...words] };
    const [rows] = (await this.#connection.eval(this.#script, given)) as unknown as Rows[];
    const news = this.#news.splice(0);
    this.#isHearing = true;
    for (const { server: whose, row } of news) this.#heard.get(whose)?.hear([row]);
    this.#isHearing = false;
    return [...(rows ?? []), ...news.map(({ row }) => row)];
  }

  /** The orders that follow from a heartbeat of a server. */
  async beat(server = 'one'): Promise<RoomOrder[]> {
    return ordersFor('', (await this.run(server, 'beat', '1')).slice(1));
  }

  of(client: number): Asking {
    return this.rooms[client % 2 === 0 ? 0 : 1];
  }

  /** Lets time pass for two servers that live. */
  async sweep(end: number): Promise<RoomOrder[]> {
    const orders: RoomOrder[] = [];
    while (this.now < end) {
      this.now += 1_000;
      for (const server of ['one', 'other']) orders.push(...(await this.beat(server)));
    }
    return orders;
  }

  async stats(): Promise<{ rooms: number; members: number }> {
    // A server counts from its first heartbeat on.
    assert.deepEqual(await this.beat('other'), []);
    const [stats] = await this.run('one', 'beat', '1');
    return { rooms: Number(stats?.[1]), members: Number(stats?.[2]) };
  }

  async keys(): Promise<string[]> {
    return (await this.#connection.keys(`${this.#prefix}*`)).map(String);
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

testRooms({
  name: 'rooms in Redis',
  skip: NO_REDIS,
  runs: 60,
  steps: 120,
  noSlot: 'unavailable',
  open: async (t) => {
    const connection = await connect(t);
    return (limits) => new Servers(connection, limits);
  },
});

test('joins that race over two servers get unique nameplates, full rooms refuse, and members have one order', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = new Servers(await connect(t));
  const join = (client: number, nameplate: string | null) =>
    servers.rooms[client % 2 === 0 ? 0 : 1].join(`${client}.1`, { nameplate, card: card(client % 256), capacity: 2 });
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
    // One was first and one second.
    assert.deepEqual(seen.map(String).sort(), ['0', '1', 'room-full']);
    const told = crowd
      .flat()
      .filter(({ type, to }) => type === 'came' && (Number.parseInt(to, 10) - 1_000) % 30 === room);
    assert.equal(told.length, 1);
  }
});

test('the slots of a dead server are lost when its lease ends, and freed after the grace time', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = new Servers(await connect(t));
  const [one, other] = servers.rooms;
  const request = (seed: number) => ({ nameplate: 'x', card: card(seed), capacity: 2 });
  await servers.beat('one');
  await servers.beat('other');
  await one.join('a.1', request(1));
  const back = answerOf(await one.join('b.1', { ...request(2), nameplate: 'y' }));
  await other.join('c.1', request(3));
  // From here on, server one sends no heartbeat.
  const orders: RoomOrder[] = [];
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

test('a client that was never told of its slot takes it over when it comes again', { skip: NO_REDIS }, async (t) => {
  const servers = new Servers(await connect(t));
  const [one, other] = servers.rooms;
  const request = (seed: number) => ({ nameplate: 'x', card: card(seed), capacity: 2 });
  await one.join('a.1', request(1));
  // Like `join`, but Redis is not told that the client knows of its slot.
  await servers.run('other', 'join', 'b.1', 'x', Buffer.from(card(2)), '2', 'lost', '1');
  assert.deepEqual(answerOf(await other.join('c.1', request(3))), { error: 'room-full' });
  // The answer may still be on its way.
  assert.deepEqual(answerOf(await other.join('b.2', request(2))), { error: 'room-full' });
  servers.now += 200;
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
  // Another client that has seen the card cannot.
  await servers.run('other', 'confirm', 'b.2');
  assert.deepEqual(answerOf(await one.join('d.1', request(2))), { error: 'room-full' });
});

test('no frame overtakes one that Redis has not passed on yet', { skip: NO_REDIS }, async (t) => {
  const servers = new Servers(await connect(t));
  const held: (() => void)[] = [];
  /** Holds back answers until they are released, in the order of the operations. */
  const ask = async (operation: string, ...args: (string | Buffer)[]) => {
    const rows = await servers.run('one', operation, ...args);
    if (operation === 'resume' || operation === 'frame') await new Promise<void>((resolve) => held.push(resolve));
    return rows;
  };
  const told: RoomOrder[] = [];
  const random = { integer: () => 0, token: () => 'token' };
  const store = { run: ask, runLater: ask, stats: NOBODY };
  const rooms = new RedisRooms(store, LIMITS, random, (orders) => told.push(...orders));
  const second = { nameplate: 'x', card: card(2), capacity: 2 };
  await rooms.join('a.1', { nameplate: 'x', card: card(1), capacity: 2 }, 0);
  await rooms.join('b.1', second, 0);
  await rooms.lose('b.1');
  const back = rooms.join('b.2', { ...second, resume: 'token' }, 0);
  await until('it is back', () => held.length === 1);
  assert.deepEqual(rooms.frame('a.1', { to: '2', data: Uint8Array.of(1) }, 0), []);
  await until('the first is on its way', () => held.length === 2);
  held[0]?.();
  await back;
  // The receiver is with this server now, but the first frame has not arrived.
  assert.deepEqual(rooms.frame('a.1', { to: '2', data: Uint8Array.of(2) }, 0), []);
  await until('so is the second', () => held.length === 3);
  for (const letThrough of held) letThrough();
  await until('both have come', () => told.length === 2);
  same(
    told,
    [1, 2].map((byte) => ({ type: 'frame', to: 'b.2', from: '1', data: Uint8Array.of(byte) })),
  );
  const third = rooms.frame('a.1', { to: '2', data: Uint8Array.of(3) }, 0);
  same(third, [{ type: 'frame', to: 'b.2', from: '1', data: Uint8Array.of(3) }]);
});
