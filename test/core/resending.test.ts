/** Handshake frames that may be lost with a connection to the server are sent again, candidates in order. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FLIGHT, ready } from '../../peer/crypto/index.ts';
import { FakeNetwork } from './fake-network.ts';

before(ready);

/** Two programs whose links have two candidates each, both of which the other needs. */
function pair() {
  const network = new FakeNetwork();
  network.trickled = 2;
  const programs = { alice: network.program('alice'), bob: network.program('bob') };
  const meet = () => {
    for (const program of Object.values(programs)) program.start();
    network.settle();
  };
  /** Asserts that nothing failed, and that both know the other's candidates, in order and once. */
  const assertMet = () => {
    for (const program of Object.values(programs)) {
      assert.equal(program.of('peer').at(-1)?.status, 'connected');
      assert.ok(program.of('error').every(({ error }) => error.code === 'server-unreachable'));
      const link = network.lastLinkOf(program);
      assert.deepEqual(link?.heard, link?.other?.candidates);
    }
  };
  return { network, programs, meet, assertMet };
}

test('gives each side the candidates of the other, in order', () => {
  const { meet, assertMet } = pair();
  meet();
  assertMet();
});

/**
 * Which frame is lost with its sender's connection to the server, and how many of its kind are sent in all. A repeated
 * REPLY is answered again with PROOF_A, which is answered with PROOF_B and all candidates.
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
  test(`sends again what was lost with the connection to the server: ${what}`, () => {
    const { network, programs, meet, assertMet } = pair();
    const sender = programs[name];
    let count = 0;
    network.tamper = ({ from, bytes }) => {
      if (from !== sender) network.server.back(sender, true);
      if (from !== sender || bytes[0] !== type) return [bytes];
      count += 1;
      if (count !== index) return [bytes];
      network.server.lose(sender);
      return [];
    };
    meet();
    network.server.back(sender, true);
    network.settle();
    assertMet();
    assert.equal(count, sent);
  });
}

for (const { what, name, type, index } of LOST) {
  test(`sends again what was lost with the connection of its receiver: ${what}`, () => {
    const { network, programs, meet, assertMet } = pair();
    const receiver = name === 'alice' ? programs.bob : programs.alice;
    let count = 0;
    network.tamper = ({ from, bytes }) => {
      if (from === receiver || bytes[0] !== type) return [bytes];
      count += 1;
      if (count !== index) return [bytes];
      network.server.lose(receiver);
      return [];
    };
    meet();
    network.server.back(receiver, true);
    // An unanswered HELLO is sent again after 5 s.
    network.pass(6_000);
    assertMet();
  });
}
