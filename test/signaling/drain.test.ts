/** How the server ends: pairings finish, other clients are told over time, nobody comes in, and nothing waits for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DrainSchedule } from '../../signaling/drain.ts';
import { seeded } from '../core/seeded-random.ts';
import { start } from './command.ts';
import { Client, couple, poll, rawWebSocket, serve, until } from './test-server.ts';

/** Longer than any test. */
const LONG = 600_000;

test('a drain tells each client once, by the deadline, and busy clients last', () => {
  const client = fc.record({
    activeAt: fc.integer({ min: -5_000, max: 5_000 }),
    chance: fc.double({ min: 0, max: 0.999 }),
  });
  fc.assert(
    fc.property(fc.array(client, { maxLength: 50 }), fc.integer({ min: 0, max: 6_000 }), (clients, patience) => {
      let index = 0;
      const chance = () => clients[index++]?.chance ?? 0;
      const schedule = new DrainSchedule<(typeof clients)[number]>(
        clients.length,
        (each) => each.activeAt,
        0,
        patience,
        chance,
      );
      const told = new Map<object, number>();
      for (let now = 0; now <= 7_000; now += 20) {
        const taken = schedule.take(clients, now);
        for (const each of taken.told) {
          assert.ok(!told.has(each));
          if (now < patience) assert.ok(now - each.activeAt >= 1_000);
          told.set(each, now);
        }
        assert.equal(taken.isDone, told.size === clients.length);
      }
      assert.equal(told.size, clients.length);
      assert.ok(Math.max(0, ...told.values()) < patience + 20);
    }),
  );
});

test('a drain tells one client per ms', () => {
  const clients = Array.from({ length: 1_000 }, (_, index) => index);
  const schedule = new DrainSchedule<number>(1_000, () => Number.NEGATIVE_INFINITY, 0, 5_000, seeded(1));
  const counts = [0, 250, 500, 750, 1_000].map((now) => schedule.take(clients, now).told.length);
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    1_000,
  );
  for (const count of counts.slice(1)) assert.ok(count > 150 && count < 350, counts.join(' '));
});

test('a drain lets a pairing finish, tells waiting clients, and lets nobody in', async (t) => {
  const server = await serve(t);
  const waiting = await Client.connect(t, server.url);
  const roomless = await Client.connect(t, server.url);
  await waiting.join('alone', 3);
  const [first, second] = await couple(t, server.url);
  const talk = setInterval(() => {
    first.send('2', Uint8Array.of(1));
    second.send('1', Uint8Array.of(2));
  }, 50);
  t.after(() => clearInterval(talk));
  const closed = server.close(LONG);
  assert.equal((await fetch(`${server.url}/readyz`)).status, 503);
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  assert.deepEqual(await roomless.next('fault'), { error: 'closing' });
  assert.deepEqual(await waiting.next('fault'), { error: 'closing' });
  await assert.rejects(Client.connect(t, server.url));
  const heard = () => Math.min(first.told.length, second.told.length);
  const before = heard();
  await until('more frames', () => heard() > before + 5);
  clearInterval(talk);
  await Promise.all([first.ended, second.ended]);
  for (const { told } of [first, second]) assert.deepEqual(told.at(-1), ['fault', { error: 'closing' }]);
  await closed;
  await assert.rejects(fetch(`${server.url}/healthz`));
});

for (const [how, isUrgent] of [
  ['a second SIGTERM', false],
  ['SIGINT', true],
] as const) {
  test(`${how} ends a drain at once`, async (t) => {
    const run = start(['--port', '0', '--drain-seconds', '600', '--limits', 'off']);
    const url = /^listening on (\S+)\n$/.exec(await run.listening)?.[1] ?? assert.fail();
    const [first, second] = await couple(t, url);
    const talk = setInterval(() => first.send('2', Uint8Array.of(1)), 20);
    t.after(() => clearInterval(talk));
    run.stop(false);
    await second.next('frame');
    assert.equal((await fetch(`${url}/readyz`)).status, 503);
    await second.next('frame');
    run.stop(isUrgent);
    assert.equal(await run.exit, 0);
    await Promise.all([first.ended, second.ended]);
    assert.deepEqual(second.told.at(-1), ['fault', { error: 'closing' }]);
  });
}

test('a drain without clients ends at once', async () => {
  const run = start(['--port', '0', '--drain-seconds', '600']);
  await run.listening;
  run.stop(false);
  assert.equal(await run.exit, 0);
});

test('a drain ends at its deadline, also for clients that stay busy', async (t) => {
  const server = await serve(t);
  const [first] = await couple(t, server.url);
  const talk = setInterval(() => first.send('2', Uint8Array.of(1)), 20);
  t.after(() => clearInterval(talk));
  await server.close(200);
  await first.ended;
  assert.equal(first.told.at(-1)?.[0], 'fault');
});

test('closing does not wait for a WebSocket that never closes', async (t) => {
  // Longer than is waited for here.
  const server = await serve(t, { hangUpWithin: 40_000 });
  const direct = await rawWebSocket(t, server.port);
  const probing = await rawWebSocket(t, server.port, await poll(server.url));
  for (const socket of [direct, probing]) socket.resume();
  let isClosed = false;
  void server.close().then(() => {
    isClosed = true;
  });
  await until('closed', () => isClosed);
});
