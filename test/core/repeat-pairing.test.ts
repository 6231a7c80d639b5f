/** Pairing manually again: an invite that cannot be made is made again, after pauses and with one report. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Context } from '../../peer/core/context.ts';
import type { Order } from '../../peer/core/facts-and-orders.ts';
import { RepeatPairing } from '../../peer/core/repeat-pairing.ts';
import { Identity, ready, systemRandom } from '../../peer/crypto/index.ts';
import { AparteError } from '../../shared/errors.ts';

before(ready);

type OpenRoom = Extract<Order, { type: 'openManualRoom' }>;

/** One side that waits to pair again. `invites`: whether it makes the invite. */
function side(invites: boolean) {
  const rooms: OpenRoom[] = [];
  const noted: string[] = [];
  let numbers = 0;
  const context: Context & { now: number } = {
    now: 1_000,
    date: 0,
    random: systemRandom,
    order: (order) => order.type === 'openManualRoom' && rooms.push(order),
    nextNumber: () => ++numbers,
    links: new Map(),
    rooms: new Map(),
  };
  const identity = Identity.generate(systemRandom);
  const profile = () =>
    ({ identity, name: 'ann', cursor: 0, expected: null, allowsOwn: false, relay: 'never' }) as const;
  const events = { completed: () => undefined, asked: (cause: AparteError) => noted.push(cause.code) };
  const pairing = new RepeatPairing(context, invites, profile, events);
  /** Lets time pass until a tick is due. Returns how long (ms) that took. */
  const wake = () => {
    const since = context.now;
    assert.notEqual(pairing.wakeAt, null);
    context.now = pairing.wakeAt ?? 0;
    pairing.tick();
    return context.now - since;
  };
  const refuse = () => {
    const room = rooms.at(-1)?.room ?? 0;
    context.rooms
      .get(room)
      ?.gotRoom({ type: 'roomRefused', room, cause: new AparteError('no-direct-path', { key: 'no-own-address' }) });
  };
  return { pairing, rooms, noted, wake, refuse };
}

test('makes a failed invite again after growing pauses, and reports the failure once', () => {
  const { pairing, rooms, noted, wake, refuse } = side(true);
  assert.equal(wake(), 20_000);
  assert.deepEqual([rooms.length, noted], [1, ['pair-again']]);
  const pauses: number[] = [];
  for (let count = 0; count < 20; count += 1) {
    refuse();
    assert.equal(rooms.length, count + 1, 'none is made at once');
    pauses.push(wake());
    assert.equal(rooms.length, count + 2);
  }
  assert.deepEqual(noted, ['pair-again', 'no-direct-path']);
  assert.ok(pauses.every((pause) => pause >= 1_500 && pause <= 15_000));
  assert.ok((pauses.at(-1) ?? 0) >= 7_500);
  // A user who has pasted something since is told again.
  pairing.take('what somebody pasted');
  refuse();
  assert.deepEqual(noted, ['pair-again', 'no-direct-path', 'no-direct-path']);
  pairing.close();
  assert.equal(pairing.wakeAt, null);
});

test('makes no invite on the side that waits for one, if the given one fails', () => {
  const { pairing, rooms, noted, wake, refuse } = side(false);
  pairing.take('an invite');
  refuse();
  assert.deepEqual([rooms.length, noted], [1, ['no-direct-path']]);
  wake();
  assert.deepEqual([rooms.length, noted, pairing.wakeAt], [1, ['no-direct-path', 'pair-again'], null]);
});
