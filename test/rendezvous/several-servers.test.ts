/** One room on several real servers: which events are reported, and what a failing server changes. */
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

test('shows a person as a member of each server, reports joined once, and sends frames where they belong', async () => {
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

test('two programs meet on the one server that they share, and know which server answered first', async () => {
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

test('names each server when all are down, and joins the first that comes up', async () => {
  const ports = await Promise.all([freePort(), freePort()]);
  const a = new Guest(beside(...ports.map((port) => `http://127.0.0.1:${port}`)), 'team', 1);
  await a.heardKind('lost');
  assert.match(a.causes[0]?.message ?? '', /server 0.*ECONNREFUSED.*server 1.*ECONNREFUSED/);
  await start({ port: ports[1] });
  await a.heardKind('joined');
});

test('meets a person on the other server after a cut, and on the first again when that is back', async () => {
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

test('enters a restarted server as a new member, and reports its former members as gone', async () => {
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

test('leaves the same server under its second name, and does not report it', async () => {
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

test('leaves a drawn number to the strangers who have it, and does not disturb them', async () => {
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

test('refuses one short number under which different people wait, and names both servers', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  await Promise.all([new Guest(one.url, '7', 3), new Guest(other.url, '7', 4)].map((each) => each.heardKind('joined')));
  const a = new Guest(beside(one.url, other.url), '7', 1);
  await a.heard('refused several-rooms');
  assert.match(a.causes[0]?.message ?? '', /"server 0","server 1"/);
  assert.deepEqual(a.kinds, ['refused']);
});

test('holds at most 256 events of a server while another one is silent', async () => {
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
