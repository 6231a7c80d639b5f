/** The time at which a message was entered is its sender's word; a receiver believes no time in its own future. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ready } from '../../peer/crypto/index.ts';
import { World } from './fake-network.ts';

before(ready);

const DAY = 86_400_000;

/** The times that are shown for a message which Alice enters while her clock is so far (ms) ahead of Bob's. */
function shownFor(ahead: number): { times: string[]; date: number } {
  const world = new World();
  const [alice, bob] = [world.person('alice'), world.person('bob')];
  alice.start();
  bob.start();
  world.settle();
  const { date } = world.clock;
  world.clock.date = date + ahead;
  alice.say('sent by another clock');
  world.clock.date = date;
  world.settle();
  return { times: bob.of('message').map(({ at }) => at), date };
}

test('shows a time that lies ahead of our clock as our own time', () => {
  const { times, date } = shownFor(DAY);
  assert.deepEqual(times, [new Date(date).toISOString()]);
});

test('shows an earlier time as the sender says', () => {
  const { times, date } = shownFor(-DAY);
  assert.deepEqual(times, [new Date(date - DAY).toISOString()]);
});
