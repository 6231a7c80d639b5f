/** A short soak of the server under hostile load. `npm run soak:server` runs a longer one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soakServer } from '../signaling/soak.ts';

test('all honest pairs meet under garbage, half-open connections and floods, and memory does not grow', async () => {
  const { pairs, before, after } = await soakServer(15_000, 15_000);
  assert.equal(pairs, 60);
  assert.ok(after.heap <= 1.1 * before.heap, `heap ${before.heap}, then ${after.heap}`);
});
