/** The registry against a model that knows only the promises, and its time limits with a clock of our own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Refusal, Welcome } from '../../shared/signal-wire.ts';
import type { RoomLimits } from '../../signaling/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import type { Order } from '../../signaling/memory-rooms.ts';
import { Registry } from '../../signaling/memory-rooms.ts';
import { allocate } from '../../signaling/nameplates.ts';
import { seeded } from '../core/seeded-random.ts';
import { anyActs, run } from './rooms-model.ts';
import { card } from './test-server.ts';

/** A registry whose chance counts up, so that a test can be read. */
function fresh(limits: Partial<RoomLimits> = {}): Registry<string> {
  let count = 0;
  const next = () => ++count;
  return new Registry<string>(
    { ...LIMITS, ...limits },
    { integer: (below) => next() % below, token: () => `t${next()}` },
  );
}

function answer(orders: readonly Order<string>[]): Welcome | Refusal {
  const [first] = orders;
  assert.equal(first?.type, 'answer');
  return (first as { answer: Welcome | Refusal }).answer;
}

function enter(registry: Registry<string>, client: string, nameplate: string | null, now: number): Welcome {
  const reply = answer(registry.join(client, { nameplate, card: card(1), capacity: 2 }, now));
  assert.ok('self' in reply);
  return reply;
}

test('whatever happens, rooms keep their capacity, frames their room, places their owner, nameplates their uniqueness', async () => {
  let resumed = 0;
  let full = 0;
  await fc.assert(
    fc.asyncProperty(anyActs(120), async (acts) => {
      const registry = fresh();
      const sweep = async (now: number) => registry.sweep(now);
      const seen = await run(acts, { of: () => registry, sweep, stats: async () => registry.stats });
      resumed += seen.resumed;
      full += seen.full;
    }),
    { numRuns: 300 },
  );
  assert.ok(resumed > 50 && full > 50, `too little was tried: ${resumed} resumed, ${full} full`);
});

test('a nameplate that was freed is not made again for ten minutes, but can be asked for', () => {
  const registry = fresh();
  const names = new Set<string>();
  for (let round = 0; round < 200; round++) {
    const { nameplate } = enter(registry, 'a', null, round);
    assert.ok(!names.has(nameplate), nameplate);
    names.add(nameplate);
    registry.leave('a', round);
  }
  const [first = ''] = names;
  assert.equal(enter(registry, 'b', first, 300).nameplate, first);
  registry.leave('b', 300);
  registry.sweep(601_000);
  assert.equal(enter(registry, 'c', null, 601_000).nameplate.length, 1);
});

test('allocation takes the shortest length in which something is free', () => {
  const chance = seeded(1);
  const random = (below: number) => Math.floor(chance() * below);
  const taken = new Set<string>();
  for (let count = 0; count < 2_000; count++) {
    const nameplate = allocate((each) => taken.has(each), random);
    assert.match(nameplate, /^[1-9][0-9]*$/);
    assert.ok(!taken.has(nameplate));
    taken.add(nameplate);
  }
  const short = [...taken].filter((each) => each.length <= 3).length;
  assert.ok(short > 900, `only ${short} of 999 short ones were used`);
  assert.ok([...taken].every((each) => each.length <= 4));
});

test('a place is kept for exactly the grace time', () => {
  const registry = fresh({ grace: 10_000 });
  const { token } = enter(registry, 'a', 'x', 0);
  enter(registry, 'b', 'x', 0);
  registry.lose('a', 1_000);
  assert.deepEqual(registry.sweep(10_999), []);
  assert.deepEqual(registry.sweep(11_000), [{ type: 'left', to: 'b', member: '1' }]);
  const late = registry.join('c', { nameplate: 'x', card: card(1), capacity: 2, resume: token }, 11_000);
  assert.deepEqual(answer(late), { error: 'unknown-member' });
});

test('what is held for a lost connection is bounded, for one and for all', () => {
  const registry = fresh({ heldPerPlace: 1_000, heldInAll: 1_500 });
  const back: Record<string, string> = {};
  for (const nameplate of ['x', 'y']) {
    enter(registry, `${nameplate}1`, nameplate, 0);
    back[nameplate] = enter(registry, `${nameplate}2`, nameplate, 0).token;
    registry.lose(`${nameplate}2`, 0);
    for (let count = 0; count < 20; count++) {
      assert.deepEqual(registry.frame(`${nameplate}1`, { to: '2', data: new Uint8Array(100).fill(count) }, 0), []);
    }
  }
  const frames = (nameplate: string, returning: string): number[] => {
    const resume = back[nameplate] ?? '';
    const orders = registry.join(returning, { nameplate, card: card(1), capacity: 2, resume }, 1);
    return orders.flatMap((order) => (order.type === 'frame' ? [order.data[0] ?? -1] : []));
  };
  assert.deepEqual(frames('x', 'x3'), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(frames('y', 'y3'), [0, 1, 2, 3, 4]);
  registry.lose('y3', 2);
  registry.frame('y1', { to: '2', data: new Uint8Array(900) }, 2);
  assert.equal(frames('y', 'y4').length, 1, 'what was handed over no longer counts');
});

test('a room lives as long as something happens in it', () => {
  const registry = fresh({ roomIdle: 1_000 });
  enter(registry, 'a', 'x', 0);
  enter(registry, 'b', 'x', 500);
  registry.frame('a', { to: '2', data: card(1) }, 1_400);
  assert.deepEqual(registry.sweep(2_399), []);
  const dropped = registry
    .sweep(2_400)
    .flatMap((order) => (order.type === 'drop' ? [`${order.to} ${order.error}`] : []));
  assert.deepEqual(dropped.sort(), ['a idle', 'b idle']);
  assert.deepEqual(registry.stats, { rooms: 0, members: 0 });
});

test('the frames of a pair are counted anew for everyone who comes', () => {
  const registry = fresh({ framesPerPair: 2 });
  enter(registry, 'a', 'x', 0);
  for (const [newcomer, to] of [
    ['b', '2'],
    ['c', '3'],
    ['d', '4'],
  ] as const) {
    enter(registry, newcomer, 'x', 0);
    for (let count = 0; count < 2; count++)
      assert.equal(registry.frame('a', { to, data: card(1) }, 0)[0]?.type, 'frame');
    registry.leave(newcomer, 0);
  }
});

test('who is in no room can neither send nor free', () => {
  const registry = fresh();
  enter(registry, 'a', 'x', 0);
  assert.deepEqual(registry.frame('z', { to: '1', data: card(1) }, 0), [
    { type: 'drop', to: 'z', error: 'unknown-room' },
  ]);
  assert.deepEqual(registry.free('z', '1', 0), [{ type: 'drop', to: 'z', error: 'unknown-room' }]);
});
