/** Real programs, several server processes, a real Redis and a load balancer, while servers and Redis are killed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freshCode, type Program, Sandbox } from '../cli/program.ts';
import type { RedisServer } from '../signaling/redis-server.ts';
import { NO_REDIS, startRedis } from '../signaling/redis-server.ts';
import { Client, couple, until } from '../signaling/test-server.ts';

/** Two server processes behind a load balancer. */
class Servers {
  readonly sandbox: Sandbox;
  readonly redis: RedisServer;
  /** Called with each chunk that clients send. */
  onBytes: (count: number, server: number) => void = () => {};
  /** The server for new connections; null: each server in turn. */
  only: number | null = null;
  readonly #programs: Program[] = [];
  readonly #ports: number[] = [];
  #next = 0;

  private constructor(sandbox: Sandbox, redis: RedisServer) {
    this.sandbox = sandbox;
    this.redis = redis;
  }

  static async start(t: TestContext): Promise<Servers> {
    const sandbox = new Sandbox();
    t.after(() => sandbox.close());
    const servers = new Servers(sandbox, await startRedis(t));
    await Promise.all([servers.startOne(0), servers.startOne(1)]);
    const balancer = createServer((client) => servers.#forward(client, servers.only ?? servers.#next++ % 2, 2));
    balancer.listen(0, '127.0.0.1');
    t.after(() => balancer.close());
    await once(balancer, 'listening');
    sandbox.server = `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`;
    return servers;
  }

  async startOne(index: number): Promise<void> {
    const env = { APARTE_REDIS: this.redis.url, APARTE_DRAIN_SECONDS: '60' };
    const program = this.sandbox.run(['signal', '--port', '0', '--limits', 'off'], { env });
    const { port } = new URL(await program.listening());
    this.#programs[index] = program;
    this.#ports[index] = Number(port);
  }

  /** Ends one server as soon as the pairings in progress are done. */
  drainOne(index: number): Program {
    const program = this.#programs[index] as Program;
    program.kill('SIGTERM');
    return program;
  }

  url(index: number): string {
    return `http://127.0.0.1:${this.#ports[index]}`;
  }

  async killOne(index: number): Promise<void> {
    const program = this.#programs[index] as Program;
    program.kill('SIGKILL');
    await program.end();
  }

  /** Asserts that both servers end properly. */
  async stop(): Promise<void> {
    for (const program of this.#programs) program.kill('SIGTERM');
    for (const program of this.#programs) await program.exits(0);
  }

  /** Connects to one server, or to the next if it does not answer. */
  #forward(client: Socket, index: number, tries: number): void {
    const server = connect(this.#ports[index] ?? 0, '127.0.0.1');
    client.on('error', () => server.destroy());
    server.on('error', () => {
      if (server.bytesRead === 0 && tries > 1 && client.bytesRead === 0) this.#forward(client, 1 - index, tries - 1);
      else client.destroy();
    });
    server.once('connect', () => {
      client.on('data', (data) => {
        server.write(data);
        this.onBytes(data.length, index);
      });
      server.pipe(client);
      client.once('close', () => server.destroy());
      server.once('close', () => client.destroy());
    });
  }
}

async function connected(programs: readonly Program[]): Promise<void> {
  await Promise.all(programs.map((program) => program.event('peer', { status: 'connected' })));
}

async function talk([anna, bert]: readonly [Program, Program]): Promise<void> {
  anna.give({ type: 'send', text: 'over there' });
  await bert.event('message', { text: 'over there' });
  for (const program of [anna, bert]) program.give({ type: 'quit' });
  await Promise.all([anna.exits(0), bert.exits(0)]);
}

test('programs at different servers pair and talk', { skip: NO_REDIS }, async (t) => {
  const servers = await Servers.start(t);
  const used = new Set<number>();
  servers.onBytes = (_, index) => used.add(index);
  const code = freshCode();
  const two = [servers.sandbox.chat('anna', [code]), servers.sandbox.chat('bert', [code])] as const;
  await connected(two);
  await talk(two);
  assert.deepEqual(used, new Set([0, 1]));
  await servers.stop();
});

test('a server killed at any moment of a pairing costs one retry and no hang', { skip: NO_REDIS }, async (t) => {
  const servers = await Servers.start(t);
  let kills = 0;
  for (let round = 0; round < 12; round += 1) {
    // A pairing takes about 9,000 bytes in all, including the requests that open the connections.
    let left = 400 + round * 700;
    const killed = new Promise<number>((resolve) => {
      servers.onBytes = (count, index) => {
        left -= count;
        if (left > 0) return;
        servers.onBytes = () => {};
        resolve(index);
      };
    });
    const code = freshCode();
    const two = [servers.sandbox.chat('anna', [code]), servers.sandbox.chat('bert', [code])] as const;
    const paired = connected(two);
    const index = await Promise.race([killed, paired.then(() => null)]);
    if (index !== null) {
      await servers.killOne(index);
      kills += 1;
    }
    await paired;
    await talk(two);
    if (index !== null) await servers.startOne(index);
  }
  assert.ok(kills >= 6, `only ${kills} pairings were long enough`);
  await servers.stop();
});

test('a waiting program is found again after Redis has restarted empty', { skip: NO_REDIS }, async (t) => {
  const servers = await Servers.start(t);
  const code = freshCode();
  const anna = servers.sandbox.chat('anna', [code]);
  await anna.event('code');
  await servers.redis.kill();
  const bert = servers.sandbox.chat('bert', [code]);
  await bert.event('error', { code: 'server-unreachable', fatal: false });
  await servers.redis.start();
  await connected([anna, bert]);
  await talk([anna, bert]);
  await servers.stop();
});

test('programs at a draining server meet through the other server', { skip: NO_REDIS }, async (t) => {
  const servers = await Servers.start(t);
  servers.only = 0;
  const code = freshCode();
  const anna = servers.sandbox.chat('anna', [code]);
  await anna.event('code');
  const [first, second] = await couple(t, servers.url(0));
  // The server stays as long as these two are busy.
  const busy = setInterval(() => first.send('2', Uint8Array.of(1)), 250);
  t.after(() => clearInterval(busy));
  const draining = servers.drainOne(0);
  await anna.event('signal', { status: 'lost' });
  const bert = servers.sandbox.chat('bert', [code]);
  const { message } = await bert.event('error', { code: 'server-unreachable', fatal: false });
  assert.match(String(message), /HTTP 503, the server is stopping or full/);
  const ready = await Promise.all([0, 1].map(async (index) => (await fetch(`${servers.url(index)}/readyz`)).status));
  assert.deepEqual(ready, [503, 200]);
  // A load balancer that polls /readyz does the same.
  servers.only = 1;
  await connected([anna, bert]);
  await talk([anna, bert]);
  assert.equal(draining.ended, null);
  const heard = second.told.length;
  await until('more frames', () => second.told.length > heard);
  clearInterval(busy);
  await draining.exits(0);
  assert.deepEqual(second.told.at(-1), ['fault', { error: 'closing' }]);
  await servers.stop();
});

test('a silent Redis is noticed under load and used again when it answers', {
  skip: NO_REDIS,
}, async (t) => {
  const servers = await Servers.start(t);
  const before = await Client.connect(t, servers.url(0));
  await before.join('before', 1);
  servers.redis.process().kill('SIGSTOP');
  t.after(() => servers.redis.process().kill('SIGCONT'));
  before.socket.emit('free', { member: '7' });
  const ask = async () => await (await Client.connect(t, servers.url(0))).ask(null, 1);
  // Each of them writes to the connection to Redis, so that it is never idle.
  const asking = setInterval(() => void ask(), 100);
  t.after(() => clearInterval(asking));
  assert.deepEqual(await before.next('fault'), { error: 'unavailable' });
  clearInterval(asking);
  servers.redis.process().kill('SIGCONT');
  const again = async (url: string) => {
    const client = await Client.connect(t, url);
    return 'self' in (await client.ask(null, 1));
  };
  await until('both let clients in', async () => (await again(servers.url(0))) && (await again(servers.url(1))));
  await servers.stop();
});
