/** What is kept of one remote program in a room. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CardHolder } from '../../peer/core/card-holder.ts';

test('keeps the newest eight HELLOs that crossed ours, however many a server makes up', () => {
  const holder = new CardHolder(true);
  for (let count = 1; count <= 100; count += 1) {
    const from = `m${count}`;
    holder.add({ id: from, card: new Uint8Array(20) }, false);
    holder.keepCrossed({ from, hello: Uint8Array.of(1) });
  }
  const kept = holder.takeCrossed().map(({ from }) => from);
  assert.deepEqual(kept, ['m93', 'm94', 'm95', 'm96', 'm97', 'm98', 'm99', 'm100']);
  assert.deepEqual(holder.takeCrossed(), []);
});

test('forgets a HELLO that crossed ours when its member leaves', () => {
  const holder = new CardHolder(true);
  holder.add({ id: 'm1', card: new Uint8Array(20) }, true);
  holder.keepCrossed({ from: 'm1', hello: Uint8Array.of(1) });
  holder.remove('m1');
  assert.deepEqual(holder.takeCrossed(), []);
  assert.ok(holder.isEmpty);
});
