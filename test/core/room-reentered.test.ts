/** A rendezvous room that is entered anew, as behind a restart of the server or where a program moves to another's. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FLIGHT, frameType, ready } from '../../peer/crypto/index.ts';
import { AparteError } from '../../shared/errors.ts';
import { World } from './fake-network.ts';

before(ready);

/** Two who are in one room, and of whose handshake every frame of a type is lost. */
function stuckAt(flight: number) {
  const world = new World();
  world.tamper = ({ bytes }) => (frameType(bytes) === flight ? [] : [bytes]);
  const [alice, bob] = [world.person('alice'), world.person('bob')];
  alice.start();
  bob.start();
  world.settle();
  world.tamper = ({ bytes }) => [bytes];
  return { world, alice, bob };
}

test('a handshake in which nothing was risked is void, and begun anew in the new room', () => {
  const { world, alice, bob } = stuckAt(FLIGHT.hello);
  world.server.restart();
  world.settle();
  for (const person of [alice, bob]) {
    assert.equal(person.of('peer').at(-1)?.status, 'connected');
    assert.deepEqual(person.errors, []);
    assert.equal(person.of('code').length, 1);
    assert.deepEqual(
      person.of('signal').map(({ status }) => status),
      ['connected', 'left'],
    );
  }
});

test('a guess that is out when the room is entered anew is spent', () => {
  const { world, alice, bob } = stuckAt(FLIGHT.reply);
  world.server.restart();
  world.settle();
  assert.deepEqual(bob.errors, ['wrong-code']);
  assert.equal(bob.end?.exit, 3);
  assert.equal(alice.end, undefined);
});

test('what a place notes is told once, and changes nothing', () => {
  const world = new World();
  const alice = world.person('alice');
  alice.start();
  world.settle();
  const room = 1;
  alice.give({ type: 'roomNoted', room, cause: new AparteError('nobody-found') });
  assert.deepEqual(
    alice.of('error').map(({ error, fatal }) => ({ code: error.code, fatal })),
    [{ code: 'nobody-found', fatal: false }],
  );
  assert.equal(alice.conversation.waiting.for, 'peer');
});
