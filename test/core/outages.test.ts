/** Outages in the fake network: whatever fails, both sides go on when it works again. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FLIGHT, ready } from '../../peer/crypto/index.ts';
import { FakeNetwork } from './fake-network.ts';
import { liveThrough } from './seeded-outages.ts';

before(ready);

function pair(seed = 1) {
  const network = new FakeNetwork(seed);
  const [alice, bob] = [network.program('alice'), network.program('bob')];
  for (const program of [alice, bob]) program.start();
  network.settle();
  const statuses = () => [alice, bob].map((program) => program.of('peer').at(-1)?.status);
  return { network, alice, bob, statuses };
}

test('loses, doubles and disorders nothing through seeded outages of every kind, and reports all as delivered', () => {
  for (let seed = 1; seed <= 12; seed += 1) liveThrough(seed, 20);
});

test('goes on over the old path if it comes back first', () => {
  const { network, alice, bob, statuses } = pair();
  // Nobody can reach the server, so there is no other way back.
  for (const program of [alice, bob]) network.server.lose(program);
  network.unplug(bob);
  alice.send('during');
  network.pass(10_000);
  assert.deepEqual(statuses(), ['reconnecting', 'reconnecting']);
  network.plug(bob, false);
  network.server.lose(bob);
  network.pass(2_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
  assert.deepEqual(bob.texts, ['during']);
  assert.equal(alice.of('delivered').length, 1);
});

test('gives up a path that works in one direction only, on both sides', () => {
  const { network, alice, bob, statuses } = pair();
  for (const program of [alice, bob]) network.server.lose(program);
  network.deafen(bob, true);
  network.pass(20_000);
  assert.deepEqual(statuses(), ['reconnecting', 'reconnecting']);
  network.deafen(bob, false);
  network.pass(2_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
});

test('reconnects although a dead connection of an earlier try is still in the room', () => {
  const { network, alice, bob, statuses } = pair();
  network.unplug(alice);
  network.cutLinks();
  network.pass(1_000);
  // Bob waits and Alice comes. Bob's connection dies during the handshake, and the server does not notice.
  network.tamper = () => [];
  network.plug(alice, true);
  network.pass(1_000);
  network.unplug(bob);
  network.pass(15_000);
  network.tamper = ({ bytes }) => [bytes];
  network.plug(bob, true);
  network.pass(3_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
});

test('keeps a ticket on both sides if a session is confirmed, or a handshake done, on one side only', () => {
  const { network, bob, statuses } = pair();
  network.deafen(bob, true);
  network.cutLinks();
  network.pass(4_900);
  // Alice has heard Bob over the new link, but not the reverse. Bob gives it up, and comes second to the next room.
  assert.deepEqual(statuses(), ['connected', 'reconnecting']);
  network.tamper = ({ from, bytes }) => (from === bob && bytes[0] === FLIGHT.proofB ? [] : [bytes]);
  network.pass(30_000);
  assert.deepEqual(statuses(), ['reconnecting', 'reconnecting']);
  network.tamper = ({ bytes }) => [bytes];
  network.deafen(bob, false);
  network.pass(30_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
});

test('keeps a connection while the server is gone for an hour, or is replaced', () => {
  const { network, alice, bob } = pair();
  for (const program of [alice, bob]) network.server.lose(program);
  const told = [alice, bob].map((program) => program.events.length);
  network.pass(3_600_000);
  network.server.restart();
  for (const program of [alice, bob]) network.server.back(program, false);
  network.pass(60_000);
  assert.deepEqual(
    [alice, bob].map((program) => program.events.length),
    told,
  );
  bob.send('still here');
  network.settle();
  assert.deepEqual(alice.texts, ['still here']);
});

test('reconnects soon after a server was gone for an hour', () => {
  const { network, alice, bob, statuses } = pair();
  for (const program of [alice, bob]) network.unplug(program);
  network.cutLinks();
  network.pass(3_600_000);
  for (const program of [alice, bob]) network.plug(program, false);
  alice.send('at last');
  network.pass(20_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
  assert.deepEqual(bob.texts, ['at last']);
});
