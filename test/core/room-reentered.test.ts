/** A room that is entered again, after a restart of the server or when a program moves to another server. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FLIGHT, frameType, ready } from '../../peer/crypto/index.ts';
import { AparteError } from '../../shared/errors.ts';
import { FakeNetwork } from './fake-network.ts';

before(ready);

/** Two programs in one room, which lose every handshake frame of a type. */
function stuckAt(flight: number) {
  const network = new FakeNetwork();
  network.tamper = ({ bytes }) => (frameType(bytes) === flight ? [] : [bytes]);
  const [alice, bob] = [network.program('alice'), network.program('bob')];
  alice.start();
  bob.start();
  network.settle();
  network.tamper = ({ bytes }) => [bytes];
  return { network, alice, bob };
}

test('starts a handshake anew in a room that is entered again, if nothing was risked in it', () => {
  const { network, alice, bob } = stuckAt(FLIGHT.hello);
  network.server.restart();
  network.settle();
  for (const program of [alice, bob]) {
    assert.equal(program.of('peer').at(-1)?.status, 'connected');
    assert.deepEqual(program.errors, []);
    assert.equal(program.of('code').length, 1);
    assert.deepEqual(
      program.of('signal').map(({ status }) => status),
      ['connected', 'left'],
    );
  }
});

test('counts a guess that is out when the room is entered again', () => {
  const { network, alice, bob } = stuckAt(FLIGHT.reply);
  network.server.restart();
  network.settle();
  assert.deepEqual(bob.errors, ['wrong-code']);
  assert.equal(bob.end?.exit, 3);
  assert.equal(alice.end, undefined);
});

test('reports what the rendezvous notes, and changes nothing', () => {
  const network = new FakeNetwork();
  const alice = network.program('alice');
  alice.start();
  network.settle();
  const room = 1;
  alice.give({ type: 'roomNoted', room, cause: new AparteError('nobody-found') });
  assert.deepEqual(
    alice.of('error').map(({ error, fatal }) => ({ code: error.code, fatal })),
    [{ code: 'nobody-found', fatal: false }],
  );
  assert.equal(alice.conversation.waiting.for, 'peer');
});
