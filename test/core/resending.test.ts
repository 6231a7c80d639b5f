/** What a handshake sends is sent again where it may be lost with the connection to the server, candidates in order. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FLIGHT, ready } from '../../peer/crypto/index.ts';
import { World } from './fake-network.ts';

before(ready);

/** Two people whose links say two candidates each, both of which the other needs. */
function pair() {
  const world = new World();
  world.trickled = 2;
  const people = { alice: world.person('alice'), bob: world.person('bob') };
  const meet = () => {
    for (const person of Object.values(people)) person.start();
    world.settle();
  };
  /** Nothing went wrong, and both know what the other's link said, in that order and once. */
  const assertMet = () => {
    for (const person of Object.values(people)) {
      assert.equal(person.of('peer').at(-1)?.status, 'connected');
      assert.ok(person.of('error').every(({ error }) => error.code === 'server-unreachable'));
      const link = world.lastLinkOf(person);
      assert.deepEqual(link?.heard, link?.other?.candidates);
    }
  };
  return { world, people, meet, assertMet };
}

test('each side learns the candidates of the other, in their order', () => {
  const { meet, assertMet } = pair();
  meet();
  assertMet();
});

/**
 * Which frame is lost with its sender's connection to the server, and how many of its kind are sent in all. A REPLY that
 * comes again is answered again, which is answered with PROOF_B, and that with all candidates.
 */
const LOST = [
  { what: 'HELLO', name: 'alice', type: FLIGHT.hello, index: 1, sent: 2 },
  { what: 'REPLY', name: 'bob', type: FLIGHT.reply, index: 1, sent: 2 },
  { what: 'PROOF_A', name: 'alice', type: FLIGHT.proofA, index: 1, sent: 2 },
  { what: 'PROOF_B', name: 'bob', type: FLIGHT.proofB, index: 1, sent: 3 },
  { what: 'first candidate of A', name: 'alice', type: FLIGHT.signal, index: 1, sent: 3 },
  { what: 'second candidate of A', name: 'alice', type: FLIGHT.signal, index: 2, sent: 4 },
  { what: 'first candidate of B', name: 'bob', type: FLIGHT.signal, index: 1, sent: 5 },
  { what: 'second candidate of B', name: 'bob', type: FLIGHT.signal, index: 2, sent: 6 },
] as const;

for (const { what, name, type, index, sent } of LOST) {
  test(`lost with the connection to the server and sent again: ${what}`, () => {
    const { world, people, meet, assertMet } = pair();
    const sender = people[name];
    let count = 0;
    world.tamper = ({ from, bytes }) => {
      if (from !== sender) world.server.back(sender, true);
      if (from !== sender || bytes[0] !== type) return [bytes];
      count += 1;
      if (count !== index) return [bytes];
      world.server.lose(sender);
      return [];
    };
    meet();
    world.server.back(sender, true);
    world.settle();
    assertMet();
    assert.equal(count, sent);
  });
}

for (const { what, name, type, index } of LOST) {
  test(`lost with the connection it was to reach: ${what}`, () => {
    const { world, people, meet, assertMet } = pair();
    const receiver = name === 'alice' ? people.bob : people.alice;
    let count = 0;
    world.tamper = ({ from, bytes }) => {
      if (from === receiver || bytes[0] !== type) return [bytes];
      count += 1;
      if (count !== index) return [bytes];
      world.server.lose(receiver);
      return [];
    };
    meet();
    world.server.back(receiver, true);
    // A HELLO that nobody answers is said again after 5 s.
    world.pass(6_000);
    assertMet();
  });
}
