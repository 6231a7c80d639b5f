/** What is kept of the handshakes of a rendezvous room is bounded, whatever a server makes up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Handshakes } from '../../peer/core/handshakes.ts';
import { Newcomers } from '../../peer/core/newcomers.ts';

test('of HELLOs that crossed ours the newest eight are kept', () => {
  const handshakes = new Handshakes(new Newcomers(), new Uint8Array(20));
  for (let count = 1; count <= 100; count += 1) {
    handshakes.cross({ id: `m${count}`, card: new Uint8Array(20).fill(255) }, Uint8Array.of(1));
  }
  const kept = handshakes.takeCrossed().map(({ member }) => member.id);
  assert.deepEqual(kept, ['m93', 'm94', 'm95', 'm96', 'm97', 'm98', 'm99', 'm100']);
  assert.deepEqual(handshakes.takeCrossed(), []);
});
