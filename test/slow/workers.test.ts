/** A server of several processes behaves like one server to its clients. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { APARTE, Process } from '../process.ts';
import { Authority, NO_OPENSSL } from '../signaling/certificates.ts';
import { NO_REDIS, startRedis } from '../signaling/redis-server.ts';
import { Client, card, serve, undisturbed, until } from '../signaling/test-server.ts';

interface Served {
  readonly url: string;
  readonly server: Process;
}

/** Starts a server with two workers. */
function start(t: TestContext, flags: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
  const args = [APARTE, 'signal', '--workers', '2', '--limits', 'off', ...flags];
  const server = new Process([process.execPath, ...args], { env });
  t.after(() => server.kill('SIGKILL'));
  return server;
}

async function listening(t: TestContext, flags: readonly string[], env = {}): Promise<Served> {
  const server = start(t, ['--port', '0', '--drain-seconds', '0', '--log', 'info', ...flags], env);
  const url = await server.listening();
  assert.match(url, /^https?:\/\/127\.0\.0\.1:\d+$/);
  return { url, server };
}

/** Whether the metrics contain this line now. */
async function counts({ server: { stderr } }: Served, expected: Readonly<Record<string, number>>): Promise<boolean> {
  const url = /http:\S+\/metrics/.exec(stderr)?.[0] ?? assert.fail(stderr);
  const lines = (await (await fetch(url)).text()).split('\n');
  return Object.entries(expected).every(([name, count]) => lines.includes(`aparte_${name} ${count}`));
}

/** The log entries with this event name. */
function events({ server: { stderr } }: Served, name: string): Readonly<Record<string, unknown>>[] {
  const lines = stderr.split('\n').slice(0, -1);
  const all = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return all.filter(({ event }) => event === name);
}

/** The ids of the processes that the server has started. */
function workers({ server: { pid } }: Served): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return list === '' ? [] : list.split(' ').map(Number);
}

/** Two members of a room and their tokens. The processes take connections in turn, so each member is at another one. */
async function apart(t: TestContext, url: string, nameplate: string) {
  const two = [await Client.connect(t, url), await Client.connect(t, url)] as const;
  const first = await two[0].join(nameplate, 1);
  const second = await two[1].join(nameplate, 2);
  assert.equal(first.self, '1');
  assert.deepEqual(second.members, [{ id: '1', card: Buffer.from(card(1)) }]);
  assert.deepEqual(await two[0].next('came'), { id: '2', card: Buffer.from(card(2)) });
  await undisturbed(two);
  return { two, tokens: [first.token, second.token] as const };
}

/** Ends a server by SIGTERM. */
async function stop({ server, url }: Served, clients: readonly Client[]): Promise<void> {
  process.kill(server.pid, 'SIGTERM');
  for (const client of clients) {
    assert.deepEqual(await client.next('fault'), { error: 'closing' });
    await client.ended;
  }
  await server.exits(0);
  assert.equal(server.stdout, `listening on ${url}\n`);
}

test('clients of different processes meet, and all processes end together', async (t) => {
  const served = await listening(t, ['--stun-port', '0']);
  assert.equal(workers(served).length, 2);
  const { two } = await apart(t, served.url, 'one');
  const many = await Promise.all(Array.from({ length: 40 }, () => Client.connect(t, served.url)));
  const alone = await Promise.all(many.map((client, index) => client.join(null, index)));
  assert.equal(new Set(alone.map(({ nameplate }) => nameplate)).size, 40);
  assert.equal(new Set(alone.map(({ stunPort }) => stunPort)).size, 1);
  assert.ok((alone[0]?.stunPort ?? 0) > 0);
  const crowd = await Promise.all(Array.from({ length: 6 }, () => Client.connect(t, served.url)));
  const answers = await Promise.all(crowd.map((client, index) => client.ask('small', index)));
  const seen = answers.map((answer) => ('self' in answer ? String((answer.members ?? []).length) : answer.error));
  assert.deepEqual(seen.sort(), ['0', '1', 'room-full', 'room-full', 'room-full', 'room-full']);
  const polling = await fetch(`${served.url}/socket.io/?EIO=4&transport=polling`);
  assert.equal(polling.status, 400);
  await undisturbed(two);
  await stop(served, two);
});

test('replaces a process that dies, and its clients return to their rooms', async (t) => {
  const served = await listening(t, []);
  const { two, tokens } = await apart(t, served.url, 'kept');
  process.kill(workers(served)[0] ?? 0, 'SIGKILL');
  const lost = await Promise.race([two[0].ended.then(() => 0 as const), two[1].ended.then(() => 1 as const)]);
  // Until the primary process notices, it may assign connections to the dead one, and a client would have to retry.
  await until('it is missed', () => served.server.stderr.includes('"event":"worker-died"'));
  const back = await Client.connect(t, served.url);
  const { self } = await back.join('kept', lost + 1, { resume: tokens[lost] });
  assert.equal(self, String(lost + 1));
  const pair = lost === 0 ? ([back, two[1]] as const) : ([two[0], back] as const);
  await undisturbed(pair);
  await until('it is replaced', () => workers(served).length === 2);
  await stop(served, pair);
});

test('says why a replacement cannot start, with growing pauses, until one can', { skip: NO_OPENSSL }, async (t) => {
  const authority = new Authority();
  t.after(() => authority.close());
  const { cert, key } = authority.issue('moved');
  const served = await listening(t, ['--tls-cert', cert, '--tls-key', key]);
  const pids = workers(served);
  renameSync(cert, `${cert}.away`);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await until('four tries have failed', () => events(served, 'bad-certificate').length >= 4);
  const failures = events(served, 'bad-certificate').slice(0, 4);
  for (const { message, hint } of failures) {
    assert.match(String(message), /moved\.pem cannot be read \(ENOENT\)\. A worker process is missing/);
    assert.match(String(hint), /PEM/);
  }
  const pauses = [...events(served, 'worker-died'), ...failures].map(({ pause }) => pause);
  assert.deepEqual(pauses, [100, 200, 400, 800, 1_600, 3_200]);
  renameSync(`${cert}.away`, cert);
  const ca = readFileSync(authority.cert, 'utf8');
  await until('one serves where they did', () => Client.connect(t, served.url, { ca }).then(Boolean, () => false));
  await stop(served, []);
});

test('the workers end when the primary process dies', async (t) => {
  const served = await listening(t, []);
  const pids = workers(served);
  const client = await Client.connect(t, served.url);
  process.kill(served.server.pid, 'SIGKILL');
  await client.ended;
  await until('they have ended', () => pids.every((pid) => !isAlive(pid)));
});

test('workers share rooms with those of other servers through Redis', { skip: NO_REDIS }, async (t) => {
  const redis = await startRedis(t);
  const env = { APARTE_REDIS: redis.url };
  const [one, other] = [await listening(t, ['--metrics', '0'], env), await listening(t, ['--metrics', '0'], env)];
  const first = await Client.connect(t, one.url);
  await first.join('far', 1);
  const second = await Client.connect(t, other.url);
  await second.join('far', 2);
  await first.next('came');
  await undisturbed([first, second]);
  // Each server counts the rooms and members of both.
  for (const server of [one, other]) await until('they are counted', () => counts(server, { rooms: 1, members: 2 }));
  await stop(one, [first]);
  await until('the one that is left is counted', () => counts(other, { rooms: 1, connections: 1 }));
  await stop(other, [second]);
});

test('names once what keeps a worker from listening', async (t) => {
  const { port } = await serve(t);
  const { stdout, stderr } = await start(t, ['--port', String(port)]).exits(4);
  assert.equal(stdout, '');
  assert.match(stderr, /^aparte: .*\(EADDRINUSE\)\.\naparte: .*--port.*\n$/);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
