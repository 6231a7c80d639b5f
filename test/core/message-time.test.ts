/** The time at which a message was entered is its sender's word; a receiver believes no time in its own future. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ready } from '../../peer/crypto/index.ts';
import { FakeNetwork } from './fake-network.ts';

before(ready);

const DAY = 86_400_000;

/** The times that are shown for a message which Alice enters while her clock is so far (ms) ahead of Bob's. */
function shownFor(ahead: number): { times: string[]; date: number } {
  const network = new FakeNetwork();
  const [alice, bob] = [network.program('alice'), network.program('bob')];
  alice.start();
  bob.start();
  network.settle();
  const { date } = network.clock;
  network.clock.date = date + ahead;
  alice.send('sent by another clock');
  network.clock.date = date;
  network.settle();
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
