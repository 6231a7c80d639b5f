/** A short soak: a conversation through seeded faults on a real network. `npm run soak -- MINUTES` runs a longer one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '../lab/network.ts';
import { soak } from '../lab/soak.ts';

const MINUTES = 1.5;
const SEED = 7;
/** Allowed growth: in such a short soak native heaps still warm up. More growth than this is a leak. */
const GROWTH = 1.25;

test('delivers every message once and in order through faults', { skip: missing() ?? false }, async (t) => {
  const { messages, outages, memory } = await soak(MINUTES, SEED, (line) => t.diagnostic(line));
  assert.ok(messages >= 3_000);
  assert.ok(outages >= 3);
  for (const [index, after] of memory.after.entries()) assert.ok(after < GROWTH * (memory.before[index] ?? 0));
});
