/** The rooms in memory, and the choice of nameplates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../../signaling/limits.ts';
import { MemoryRooms } from '../../signaling/memory-rooms.ts';
import { allocate } from '../../signaling/nameplates.ts';
import { seeded } from '../core/seeded-random.ts';
import { testRooms } from './rooms-suite.ts';

testRooms({
  name: 'rooms in memory',
  skip: false,
  runs: 300,
  steps: 120,
  noSlot: 'unknown-room',
  open: async () => (limits) => {
    let count = 0;
    const next = () => ++count;
    const random = { integer: (below: number) => next() % below, token: () => `t${next()}` };
    const rooms = new MemoryRooms({ ...LIMITS, ...limits }, random);
    return { of: () => rooms, sweep: async (now) => rooms.sweep(now), stats: async () => rooms.stats };
  },
});

test('a nameplate has the shortest length in which one is free', () => {
  const random = seeded(1);
  const integer = (below: number) => Math.floor(random() * below);
  const taken = new Set<string>();
  for (let count = 0; count < 2_000; count++) {
    const nameplate = allocate((each) => taken.has(each), integer);
    assert.match(nameplate, /^[1-9][0-9]*$/);
    assert.ok(!taken.has(nameplate));
    taken.add(nameplate);
  }
  const short = [...taken].filter((each) => each.length <= 3).length;
  assert.ok(short > 900, `only ${short} of 999 short ones were used`);
  assert.ok([...taken].every((each) => each.length <= 4));
});
