/** Two guests meet through the real server, whatever happens to the connection or the server. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { LIMITS } from '../../signaling/limits.ts';
import type { SignalingServer } from '../../signaling/server.ts';
import { startServer } from '../../signaling/server.ts';
import { freePort } from '../ports.ts';
import { atEnd, endAll, line, OPENING, rawWebSocket } from './fake-servers.ts';
import { allLeave, Guest } from './guest.ts';

afterEach(async () => {
  await allLeave();
  await endAll();
});

async function start(port = 0): Promise<SignalingServer> {
  const server = await startServer({ port, host: '127.0.0.1', limits: LIMITS });
  atEnd(() => server.close());
  return server;
}

test('frees the seat of a silent member, who is told', async () => {
  const { url } = await start();
  const a = new Guest(url, 'team', 1);
  await a.heard('joined');
  const b = new Guest(url, 'team', 2);
  await a.heard('came 2 02');
  a.rendezvous.free('2');
  await b.heard('refused server-refused');
  assert.match(b.causes[0]?.message ?? '', /idle/);
  await a.heard('left 2');
});

test('returns to its seat after a cut, and reports who came and went meanwhile', async () => {
  const server = await start();
  const way = await line(server.port);
  const a = new Guest(way.url, 'team', 1, { capacity: 4 });
  await a.heard('joined');
  const b = new Guest(server.url, 'team', 2);
  await a.heard('came 2 02');
  const c = new Guest(server.url, 'team', 3);
  await a.heard('came 3 03');
  way.cut();
  await a.heard('lost');
  assert.equal(a.causes[0]?.code, 'server-unreachable');
  assert.equal(a.retryAt, 1_000_250);
  a.rendezvous.send('2', Uint8Array.of(0xdd));
  await b.rendezvous.leave();
  const d = new Guest(server.url, 'team', 4);
  await d.heard('joined 1 3');
  way.mend();
  await a.heard('resumed');
  await a.heard('came 4 04');
  a.rendezvous.send('3', Uint8Array.of(0xcc));
  await c.heard('frame 1 cc');
  const since = a.log.slice(a.log.indexOf('resumed'));
  assert.deepEqual(since, ['resumed', 'left 2', 'came 4 04']);
  assert.ok(!c.log.includes('left 1'));
});

test('a newcomer learns that a server is about to stop', async () => {
  const server = await start();
  const a = new Guest(server.url, 'team', 1);
  await a.heard('joined');
  const b = new Guest(server.url, 'team', 2);
  await a.heard('came 2 02');
  const talk = setInterval(() => b.rendezvous.send('1', Uint8Array.of(1)), 20);
  atEnd(async () => clearInterval(talk));
  void server.close(600_000);
  const c = new Guest(server.url, 'other', 3);
  await c.heard('lost');
  assert.equal(c.causes[0]?.code, 'server-unreachable');
  assert.match(c.causes[0]?.message ?? '', /"status":503/);
});

test('gets a new seat under the same nameplate from a server that restarts', async () => {
  const port = await freePort();
  const server = await start(port);
  const a = new Guest(server.url, null, 1);
  await a.heard('joined');
  const { nameplate } = a;
  await server.close();
  await a.heard('lost');
  assert.match(a.causes[0]?.message ?? '', /shutting-down/);
  await start(port);
  await a.heard('joined', 2);
  assert.equal(a.nameplate, nameplate);
  const b = new Guest(server.url, nameplate, 2);
  await b.heard('joined 1');
  assert.ok(!a.log.includes('resumed'));
});

test('takes a new seat if the old one was freed during a cut', async () => {
  const limits = { ...LIMITS, grace: 0, sweepEvery: 5 };
  const server = await startServer({ port: 0, host: '127.0.0.1', limits });
  atEnd(() => server.close());
  const way = await line(server.port);
  const b = new Guest(server.url, 'team', 2);
  await b.heard('joined');
  const a = new Guest(way.url, 'team', 1);
  await b.heard('came 2 01');
  await a.heard('joined 1');
  way.cut();
  await b.heard('left 2');
  way.mend();
  await a.heard('joined 1', 2);
  await b.heard('came 3 01');
});

test('tries until a server is there', async () => {
  const port = await freePort();
  const a = new Guest(`http://127.0.0.1:${port}`, 'team', 1);
  await a.heard('lost', 2);
  assert.match(a.causes[0]?.message ?? '', /ECONNREFUSED/);
  assert.equal(a.retryAt, 1_000_250);
  await start(port);
  await a.heard('joined');
});

test('leaves a server that floods pings and reads no pongs before they fill the memory', async () => {
  // Many times what the operating system keeps for both ends.
  const most = 64 * 2 ** 20;
  let sent = 0;
  const ping = Buffer.concat([Buffer.of(0x89, 125), Buffer.alloc(125)]);
  const pings = Buffer.concat(Array.from({ length: 500 }, () => ping));
  const port = await rawWebSocket([OPENING, '40{"sid":"x"}'], (socket) => {
    socket.pause();
    const flood = () => {
      while (sent < most && !socket.destroyed) {
        sent += pings.length;
        if (!socket.write(pings)) return;
      }
    };
    socket.on('drain', flood);
    flood();
  });
  const guest = new Guest(`http://127.0.0.1:${port}`, 'team', 1);
  await guest.heard('lost');
  assert.match(guest.causes[0]?.message ?? '', /TOO_MANY_PINGS/);
  assert.ok(sent < most);
});
