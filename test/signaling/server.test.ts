/** The server, as its clients see it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AparteError } from '../../shared/errors.ts';
import { MAX_MEMBERS } from '../../shared/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { Client, card, couple, serve, undisturbed, until } from './test-server.ts';

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  test(`two meet in a room and pass frames over ${transports.join(', then ')}`, async (t) => {
    const { url } = await serve(t);
    const first = await Client.connect(t, url, { transports });
    const second = await Client.connect(t, url, { transports });
    const opened = await first.join(null, 1);
    assert.match(opened.nameplate, /^[1-9]$/);
    assert.deepEqual(opened.members, []);
    const entered = await second.join(opened.nameplate, 2);
    assert.deepEqual(entered.members, [{ id: opened.self, card: Buffer.from(card(1)) }]);
    assert.deepEqual(await first.next('came'), { id: entered.self, card: Buffer.from(card(2)) });
    const longest = new Uint8Array(16_384).fill(7);
    first.send(entered.self, longest);
    assert.deepEqual(await second.next('frame'), { from: opened.self, data: Buffer.from(longest) });
    await second.socket.emitWithAck('leave');
    assert.deepEqual(await first.next('left'), { member: entered.self });
  });
}

test('a third client is told that the room is full, and the two are not disturbed', async (t) => {
  const { url } = await serve(t);
  const two = await couple(t, url);
  const third = await Client.connect(t, url);
  assert.deepEqual(await third.ask('couple', 3), { error: 'room-full' });
  await undisturbed(two);
  assert.equal(third.told.length, 0);
});

for (const transports of [['websocket'], ['polling']]) {
  test(`a room of the greatest size can be entered over ${transports[0]}, and its last member sees all`, async (t) => {
    const { url } = await serve(t, { perAddress: null });
    const capacity = MAX_MEMBERS;
    const clients: Client[] = [];
    for (let n = 0; n < MAX_MEMBERS; n += 1) {
      const client = await Client.connect(t, url, n === MAX_MEMBERS - 1 ? { transports } : {});
      const { members } = await client.join('crowd', n, { capacity });
      assert.deepEqual(
        members.map(({ id, card: shown }) => [id, shown[0]]),
        clients.map((_, m) => [(m + 1).toString(36), m]),
      );
      clients.push(client);
    }
    const last = clients.at(-1) as Client;
    clients[0]?.send(MAX_MEMBERS.toString(36), Uint8Array.of(1));
    assert.deepEqual(await last.next('frame'), { from: '1', data: Buffer.of(1) });
    assert.deepEqual(await (await Client.connect(t, url)).ask('crowd', 50, { capacity }), { error: 'room-full' });
  });
}

test('a frame to an unknown member is a fault, and the sender stays', async (t) => {
  const { url } = await serve(t);
  const two = await couple(t, url);
  const other = await Client.connect(t, url);
  await other.join('elsewhere', 3);
  other.send('2', Uint8Array.of(1));
  assert.deepEqual(await other.next('fault'), { error: 'unknown-member' });
  await undisturbed(two);
  assert.deepEqual(await other.ask('elsewhere', 3), { error: 'already-joined' });
  assert.ok(other.socket.connected);
});

test('a lost client resumes its slot and gets the frames sent meanwhile', async (t) => {
  const server = await serve(t);
  const [first, second] = await couple(t, server.url, 'kept');
  await second.socket.emitWithAck('leave');
  await first.next('left');
  const { token, self } = await second.join('kept', 2);
  await first.next('came');
  second.cut();
  await until('one connection', () => server.stats().connections === 1);
  first.send(self, Uint8Array.of(9));
  const third = await Client.connect(t, server.url);
  assert.deepEqual(await third.ask('kept', 3), { error: 'room-full' });

  const back = await Client.connect(t, server.url);
  const answer = await back.join('kept', 2, { resume: token });
  assert.equal(answer.self, self);
  assert.deepEqual(answer.members, [{ id: '1', card: Buffer.from(card(1)) }]);
  assert.deepEqual(await back.next('frame'), { from: '1', data: Buffer.of(9) });
  back.send('1', Uint8Array.of(8));
  assert.deepEqual(await first.next('frame'), { from: self, data: Buffer.of(8) });
});

test('a slot is resumed with its own token and card only', async (t) => {
  const { url } = await serve(t);
  const two = await couple(t, url);
  const mine = await Client.connect(t, url);
  const { token } = await mine.join('mine', 3);
  const thief = await Client.connect(t, url);
  const wrong = 'A'.repeat(token.length);
  assert.deepEqual(await thief.ask('couple', 1, { resume: wrong }), { error: 'unknown-member' });
  assert.deepEqual(await thief.ask('couple', 1, { resume: 'A' }), { error: 'unknown-member' });
  assert.deepEqual(await thief.ask('couple', 3, { resume: token }), { error: 'unknown-member' });
  assert.deepEqual(await thief.ask('mine', 4, { resume: token }), { error: 'unknown-member' });
  assert.deepEqual(await thief.ask('gone', 3, { resume: token }), { error: 'unknown-room' });
  assert.deepEqual(await thief.ask(null, 3, { resume: token }), { error: 'unknown-room' });
  await undisturbed(two);
  assert.ok(mine.socket.connected);
});

test('a slot that is resumed while its old connection seems alive moves to the new one', async (t) => {
  const { url } = await serve(t);
  const [first] = await couple(t, url, 'half');
  const stale = await Client.connect(t, url);
  const { token } = await stale.join('open', 3);
  const fresh = await Client.connect(t, url);
  await fresh.join('open', 3, { resume: token });
  assert.deepEqual(await stale.next('fault'), { error: 'already-joined' });
  await stale.ended;
  const guest = await Client.connect(t, url);
  await guest.join('open', 4);
  await fresh.next('came');
  assert.ok(first.socket.connected);
});

test('the slot of a lost client is freed after the grace time', async (t) => {
  const { url } = await serve(t, { grace: 50, sweepEvery: 20 });
  const [first, second] = await couple(t, url);
  second.cut();
  assert.deepEqual(await first.next('left'), { member: '2' });
  const next = await Client.connect(t, url);
  assert.equal((await next.join('couple', 3)).self, '3');
});

test('an earlier member can free the slot of a later one, and not the other way round', async (t) => {
  const { url } = await serve(t);
  const [first, second] = await couple(t, url);
  second.socket.emit('free', { member: '1' });
  assert.deepEqual(await second.next('fault'), { error: 'unknown-member' });
  first.socket.emit('free', { member: '2' });
  assert.deepEqual(await second.next('fault'), { error: 'idle' });
  await second.ended;
  assert.deepEqual(await first.next('left'), { member: '2' });
  const friend = await Client.connect(t, url);
  await friend.join('couple', 3);
});

test('the first member sets the capacity of a room', async (t) => {
  const { url } = await serve(t);
  const clients = await Promise.all([1, 2, 3, 4].map(() => Client.connect(t, url)));
  const answers = [];
  for (const [index, client] of clients.entries()) {
    answers.push(await client.ask('group', index, { capacity: index === 0 ? 3 : 50 }));
  }
  assert.deepEqual(
    answers.map((answer) => ('self' in answer ? answer.members.map(({ id }) => id) : answer.error)),
    [[], ['1'], ['1', '2'], 'room-full'],
  );
});

test('a client with another version of the protocol is told so', async (t) => {
  const { url } = await serve(t);
  for (const auth of [{}, { aparte: 2 }, { aparte: '1' }, JSON.parse('{"__proto__":{"aparte":1}}') as object]) {
    const client = new Client(url, { auth });
    assert.deepEqual(await client.next('fault'), { error: 'version' });
    await client.ended;
  }
});

test('closing tells and disconnects all clients, and frees the port', async (t) => {
  const server = await serve(t);
  const two = await couple(t, server.url);
  const stranger = await Client.connect(t, server.url, { transports: ['polling'] });
  await Promise.all([server.close(), server.close()]);
  for (const client of [...two, stranger]) {
    assert.deepEqual(await client.next('fault'), { error: 'closing' });
    await client.ended;
    assert.equal(client.told.at(-1)?.[0], 'fault');
  }
  assert.deepEqual(server.stats().connections, 0);
  const again = await startServer({ port: server.port, host: '127.0.0.1', limits: LIMITS });
  await again.close();
});

test('a port in use is a named error', async (t) => {
  const { port } = await serve(t);
  const refused = startServer({ port, host: '127.0.0.1', limits: LIMITS });
  await assert.rejects(refused, (error) => error instanceof AparteError && error.code === 'cannot-listen');
});

test('two servers in one process are independent', async (t) => {
  const [one, other] = [await serve(t), await serve(t)];
  const two = await couple(t, one.url);
  const client = await Client.connect(t, other.url);
  assert.deepEqual((await client.join('couple', 3)).members, []);
  await other.close();
  await undisturbed(two);
});

test('an invite that is opened in a browser says what it is and what to type', async (t) => {
  const { url } = await serve(t);
  const answer = await fetch(`${url}/`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; charset=utf-8$/);
  const text = await answer.text();
  assert.match(text, /it is an invite/);
  assert.match(text, /^ {4}aparte 'LINK'$/m);
});

test('over HTTP there are health checks, a text about invites, and nothing else', async (t) => {
  const { url } = await serve(t);
  const healthy = await fetch(`${url}/healthz`);
  assert.deepEqual([healthy.status, await healthy.text()], [200, 'ok\n']);
  for (const [path, method] of [
    ['/index.html', 'GET'],
    ['/', 'POST'],
    ['/healthz', 'POST'],
    ['/healthz/', 'GET'],
    ['/socket.io', 'GET'],
    ['/metrics', 'GET'],
  ] as const) {
    const answer = await fetch(url + path, { method });
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  }
  const open = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
  assert.equal(open.status, 200);
  assert.match(open.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.equal((await fetch(`${url}/socket.io/socket.io.js`)).status, 400);
});

test('web pages of other sites are refused on either transport', async (t) => {
  const server = await serve(t, { perAddress: null });
  const host = `127.0.0.1:${server.port}`;
  const elsewhere = ['http://example.org', 'http://127.0.0.1:1', `http://localhost:${server.port}`, host, 'null'];
  for (const origin of ['', ...elsewhere]) {
    const answer = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
    assert.equal(answer.status, 403, origin);
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    const page = new Client(server.url, { extraHeaders: { origin } });
    await new Promise<void>((resolve, reject) =>
      page.socket.on('connect_error', () => resolve()).on('connect', reject),
    );
  }
  assert.equal(server.stats().connections, 0);
  for (const origin of [`http://${host}`, `https://${host}`])
    await (await Client.connect(t, server.url, { extraHeaders: { origin } })).join(null, 1);
});

test('an address that is not served is disconnected, and the others are not disturbed', async (t) => {
  let isServed = false;
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, serves: () => isServed });
  t.after(() => server.close());
  await assert.rejects(fetch(`${server.url}/healthz`));
  isServed = true;
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
});
