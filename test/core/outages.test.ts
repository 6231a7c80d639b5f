/** Outages in a world without network: whatever fails, when it works again both go on where they were. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FLIGHT, ready } from '../../peer/crypto/index.ts';
import { World } from './fake-network.ts';
import { liveThrough } from './seeded-outages.ts';

before(ready);

function pair(seed = 1) {
  const world = new World(seed);
  const [alice, bob] = [world.person('alice'), world.person('bob')];
  for (const person of [alice, bob]) person.start();
  world.settle();
  const statuses = () => [alice, bob].map((person) => person.of('peer').at(-1)?.status);
  return { world, alice, bob, statuses };
}

test('seeded outages of every kind: nothing is lost, doubled or out of order, and all is said to be delivered', () => {
  for (let seed = 1; seed <= 12; seed += 1) liveThrough(seed, 20);
});

test('the old path that comes back first simply goes on', () => {
  const { world, alice, bob, statuses } = pair();
  // Nobody can reach the server: there is no other way back.
  for (const person of [alice, bob]) world.server.lose(person);
  world.unplug(bob);
  alice.say('during');
  world.pass(10_000);
  assert.deepEqual(statuses(), ['reconnecting', 'reconnecting']);
  world.plug(bob, false);
  world.server.lose(bob);
  world.pass(2_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
  assert.deepEqual(bob.texts, ['during']);
  assert.equal(alice.of('delivered').length, 1);
});

test('a path that works one way only is given up, by both', () => {
  const { world, alice, bob, statuses } = pair();
  for (const person of [alice, bob]) world.server.lose(person);
  world.deafen(bob, true);
  world.pass(20_000);
  assert.deepEqual(statuses(), ['reconnecting', 'reconnecting']);
  world.deafen(bob, false);
  world.pass(2_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
});

test('what hangs of an earlier connection in the room keeps nobody out', () => {
  const { world, alice, bob, statuses } = pair();
  world.unplug(alice);
  world.cutLinks();
  world.pass(1_000);
  // Bob waits, Alice comes, and his connection dies in the middle of the handshake; the server does not notice.
  world.tamper = () => [];
  world.plug(alice, true);
  world.pass(1_000);
  world.unplug(bob);
  world.pass(15_000);
  world.tamper = ({ bytes }) => [bytes];
  world.plug(bob, true);
  world.pass(3_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
});

test('a session that came to stand on one side only, and a handshake that ended on one only, leave both a ticket', () => {
  const { world, bob, statuses } = pair();
  world.deafen(bob, true);
  world.cutLinks();
  world.pass(4_900);
  // Alice has heard Bob over the new link, he not her: he gives it up, and comes second to the next meeting.
  assert.deepEqual(statuses(), ['connected', 'reconnecting']);
  world.tamper = ({ from, bytes }) => (from === bob && bytes[0] === FLIGHT.proofB ? [] : [bytes]);
  world.pass(30_000);
  assert.deepEqual(statuses(), ['reconnecting', 'reconnecting']);
  world.tamper = ({ bytes }) => [bytes];
  world.deafen(bob, false);
  world.pass(30_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
});

test('a server that is gone for an hour, or is another when it comes back, changes nothing for who is connected', () => {
  const { world, alice, bob } = pair();
  for (const person of [alice, bob]) world.server.lose(person);
  const told = [alice, bob].map((person) => person.events.length);
  world.pass(3_600_000);
  world.server.restart();
  for (const person of [alice, bob]) world.server.back(person, false);
  world.pass(60_000);
  assert.deepEqual(
    [alice, bob].map((person) => person.events.length),
    told,
  );
  bob.say('still here');
  world.settle();
  assert.deepEqual(alice.texts, ['still here']);
});

test('a server that is gone for an hour while both look for each other lets them meet soon after', () => {
  const { world, alice, bob, statuses } = pair();
  for (const person of [alice, bob]) world.unplug(person);
  world.cutLinks();
  world.pass(3_600_000);
  for (const person of [alice, bob]) world.plug(person, false);
  alice.say('at last');
  world.pass(20_000);
  assert.deepEqual(statuses(), ['connected', 'connected']);
  assert.deepEqual(bob.texts, ['at last']);
});
