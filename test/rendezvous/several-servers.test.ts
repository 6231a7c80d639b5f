/** Meeting at several real servers at once: what is told of them, and what becomes of one that fails. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { OpenRendezvous, RendezvousEvents } from '../../peer/rendezvous/rendezvous.ts';
import { severalServers } from '../../peer/rendezvous/several-servers.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { NO_OBSERVER, type ServerObserver } from '../../signaling/observer.ts';
import { type SignalingServer, startServer } from '../../signaling/server.ts';
import { freePort } from '../ports.ts';
import { until } from '../signaling/test-server.ts';
import { atEnd, endAll, line } from './fake-servers.ts';
import { allLeave, cardOf, Guest } from './guest.ts';

afterEach(async () => {
  await allLeave();
  await endAll();
});

async function start(
  more: { port?: number; stunPort?: number; observer?: ServerObserver } = {},
): Promise<SignalingServer> {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, ...more });
  atEnd(() => server.close());
  return server;
}

const entered: string[] = [];

function beside(...urls: string[]): OpenRendezvous {
  entered.length = 0;
  const clock = { now: () => performance.now(), random: () => 0 };
  const sides = urls.map((url, index) => ({
    name: `server ${index}`,
    open: socketIoRendezvous(url, clock),
    entered: () => void entered.push(url),
  }));
  return severalServers(sides, () => 0);
}

test('a person is a member of each server, joined is said once, and frames go where they are sent', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  const a = new Guest(beside(one.url, other.url), 'team', 1);
  await Promise.all([a.heardKind('joined'), a.heardKind('widened')]);
  const b = new Guest(beside(one.url, other.url), 'team', 2);
  await Promise.all([a.heard('came 0.2 02'), a.heard('came 1.2 02')]);
  await b.heardKind('widened');
  assert.deepEqual(b.others.map(({ id }) => id).sort(), ['0.1', '1.1']);
  a.rendezvous.send('1.2', Uint8Array.of(7));
  await b.heard('frame 1.1 07');
  await b.rendezvous.leave();
  await Promise.all([a.heard('left 0.2'), a.heard('left 1.2')]);
  assert.equal(a.kinds.filter((kind) => kind === 'joined').length, 1);
});

test('one server in common is enough; the one that answered first is known', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const a = new Guest(beside(nowhere, one.url), 'team', 1);
  await a.heardKind('joined');
  await a.heard('noted server-unreachable');
  assert.deepEqual(entered, [one.url]);
  const b = new Guest(beside(one.url, other.url), 'team', 2);
  await a.heard('came 1.2 02');
  b.rendezvous.send('0.1', Uint8Array.of(1));
  await a.heard('frame 1.2 01');
  assert.deepEqual(
    a.log.filter((each) => each.startsWith('noted')),
    ['noted server-unreachable'],
  );
});

test('when all are down each is named, and the first that comes up is joined', async () => {
  const ports = await Promise.all([freePort(), freePort()]);
  const a = new Guest(beside(...ports.map((port) => `http://127.0.0.1:${port}`)), 'team', 1);
  await a.heardKind('lost');
  assert.match(a.causes[0]?.message ?? '', /server 0.*ECONNREFUSED.*server 1.*ECONNREFUSED/);
  await start({ port: ports[1] });
  await a.heardKind('joined');
});

test('who is cut off from one server is met at the other, and is back at the first when it is', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  const way = await line(one.port);
  const a = new Guest(beside(way.url, other.url), 'team', 1);
  await a.heardKind('widened');
  const b = new Guest(beside(one.url, other.url), 'team', 2);
  await Promise.all([a.heard('came 0.2 02'), a.heard('came 1.2 02'), b.heardKind('widened')]);
  way.cut();
  await a.heard('left 0.2');
  await a.heard('noted server-unreachable');
  assert.ok(!a.kinds.includes('lost'));
  a.rendezvous.send('1.2', Uint8Array.of(8));
  await b.heard('frame 1.1 08');
  way.mend();
  await a.heard('came 0.2 02', 2);
  a.rendezvous.send('0.2', Uint8Array.of(9));
  await b.heard('frame 0.1 09');
});

test('a server that was started anew has us as new members, and what it had before is gone', async () => {
  const port = await freePort();
  const [one, other] = [await start({ port }), await start()];
  const a = new Guest(beside(one.url, other.url), 'team', 1);
  await a.heardKind('widened');
  const b = new Guest(one.url, 'team', 2);
  await a.heard('came 0.2 02');
  await one.close();
  await start({ port });
  await a.heard('left 0.2');
  await Promise.all([b.heardKind('joined', 2), a.heardKind('widened', 2)]);
  const again = a.log.slice(a.log.indexOf('left 0.2') + 1);
  assert.ok(
    again.some((each) => each === 'widened 0.1' || each === 'came 0.2 02'),
    again.join(),
  );
});

test('the same server under two names is left under the second, without a word', async () => {
  let met = 0;
  const server = await start({ observer: { ...NO_OBSERVER, paired: () => met++ } });
  const { port, url } = server;
  const a = new Guest(beside(url, `http://localhost:${port}`), 'team', 1);
  await a.heardKind('joined');
  await until('he has been there a second time, and left', () => met === 1 && server.stats().members === 1);
  const b = new Guest(url, 'team', 2);
  await b.heardKind('joined');
  assert.equal(b.members.length, 1);
  await a.heardKind('came');
  assert.deepEqual(a.kinds, ['joined', 'came']);
  assert.match(a.log[1] ?? '', / 02$/);
});

test('a drawn number is left where strangers have it, and they are not disturbed', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  const stranger = new Guest(one.url, '10000', 3);
  await stranger.heardKind('joined');
  const a = new Guest(beside(one.url, other.url), null, 1);
  await a.heardKind('joined');
  assert.deepEqual([a.nameplate, a.members, entered], ['10000', [], [other.url]]);
  await stranger.heardKind('left');
  assert.deepEqual(stranger.kinds, ['joined', 'came', 'left']);
  assert.deepEqual(a.kinds, ['joined']);
});

test('different people under one short number: refused, and both servers are named', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  await Promise.all([new Guest(one.url, '7', 3), new Guest(other.url, '7', 4)].map((each) => each.heardKind('joined')));
  const a = new Guest(beside(one.url, other.url), '7', 1);
  await a.heard('refused several-rooms');
  assert.match(a.causes[0]?.message ?? '', /"server 0","server 1"/);
  assert.deepEqual(a.kinds, ['refused']);
});

test('of what a server says while another is silent, no more is held than a little', async () => {
  const events: RendezvousEvents[] = [];
  const nothing = { send: () => {}, free: () => {}, leave: () => Promise.resolve() };
  const sides = ['silent', 'loud'].map((name) => ({
    name,
    open: (_request: unknown, to: RendezvousEvents) => {
      events.push(to);
      return nothing;
    },
    entered: () => {},
  }));
  const a = new Guest(severalServers(sides), '7', 1);
  const [silent, loud] = events;
  loud?.joined('7', [{ id: '1', card: cardOf(2) }], []);
  for (let n = 0; n < 1_000; n += 1) {
    loud?.frame('1', Uint8Array.of(7));
    loud?.came({ id: `x${n}`, card: cardOf(3) });
    loud?.left(`x${n}`);
  }
  assert.deepEqual(a.log, []);
  silent?.joined('7', [], []);
  await a.heardKind('joined');
  const told = () => a.kinds.filter((kind) => /frame|came|left/.test(kind)).length;
  assert.equal(told(), 256);
  loud?.frame('1', Uint8Array.of(8));
  await a.heard('frame 1.1 08');
  assert.equal(told(), 257);
});
