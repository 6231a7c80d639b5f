/** The server among the hostile, for a short time; `npm run soak:server` has it for a long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soakServer } from '../signaling/soak.ts';

test('garbage, half-open connections, floods and storms: all honest pairs meet, memory does not grow', async () => {
  const { pairs, before, after } = await soakServer(15_000, 15_000);
  assert.equal(pairs, 60);
  assert.ok(after.heap <= 1.1 * before.heap, `heap ${before.heap}, then ${after.heap}`);
});
