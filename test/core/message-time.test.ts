/** The time at which a message was entered is its sender's word; a receiver believes no time in its own future. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ready } from '../../peer/crypto/index.ts';
import { World } from './fake-network.ts';

before(ready);

const DAY = 86_400_000;

for (const [title, ahead, shown] of [
  ['shows a time that lies ahead of our clock as our own time', DAY, 0],
  ['shows an earlier time as the sender says', -DAY, -DAY],
] as const) {
  test(title, () => {
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
    assert.deepEqual(
      bob.of('message').map(({ text, at }) => [text, at]),
      [['sent by another clock', new Date(date + shown).toISOString()]],
    );
  });
}
