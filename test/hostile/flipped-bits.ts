/** Whole pairings in the fake network. In each, one bit of one flight is turned. */
import assert from 'node:assert/strict';
import { FLIGHT } from '../../peer/crypto/index.ts';
import { FakeNetwork } from '../core/fake-network.ts';
import type { FakeProgram } from '../core/fake-program.ts';
import { flipped } from '../crypto/test-parties.ts';

/** The errors that the receiver of the changed flight may report, and those of the other side. */
const NAMES: Readonly<Record<number, { readonly alice: readonly string[]; readonly bob: readonly string[] }>> = {
  // If a key in HELLO is invalid, B reports it before anything was risked, and both go on waiting.
  [FLIGHT.hello]: { alice: ['wrong-code', 'peer-abort'], bob: ['wrong-code', 'damaged'] },
  [FLIGHT.reply]: { alice: ['wrong-code'], bob: ['wrong-code'] },
  [FLIGHT.proofA]: { alice: ['peer-abort'], bob: ['wrong-code', 'damaged'] },
  [FLIGHT.proofB]: { alice: ['damaged'], bob: ['peer-abort'] },
};

/** The errors that either side may report if the type of a flight was changed. */
const OF_TYPE: readonly string[] = ['unexpected', 'peer-abort', 'wrong-code', 'no-answer', 'silent'];
/** The errors that end nothing if nothing was risked yet. */
const UNRISKED: readonly string[] = ['unexpected', 'peer-abort', 'damaged', 'silent'];

/** Turns a bit in every `stride`th byte of each flight, starting with the first. */
export function flipEveryByte(stride: number): void {
  for (const type of [FLIGHT.hello, FLIGHT.reply, FLIGHT.proofA, FLIGHT.proofB]) {
    let length = 1;
    for (let at = 0; at < length; at += stride) {
      length = meet(type, at);
    }
  }
}

/** Runs one pairing. Returns the length of the flight. */
function meet(type: number, at: number): number {
  const network = new FakeNetwork(at);
  const [alice, bob] = [network.program('alice'), network.program('bob')];
  let length = 0;
  network.tamper = ({ bytes }) => {
    if (bytes[0] !== type) return [bytes];
    ({ length } = bytes);
    return [flipped(bytes, at)];
  };
  alice.start();
  network.settle();
  bob.start();
  alice.send('for bob alone');
  network.pass(at === 0 ? 10_000 : 0);
  for (const [who, program] of Object.entries({ alice, bob }) as ['alice' | 'bob', FakeProgram][]) {
    const [error = 'none'] = program.errors;
    const names = at === 0 ? OF_TYPE : (NAMES[type]?.[who] ?? []);
    assert.ok(names.includes(error), `byte ${at} of flight ${type}: ${who} says ${error}`);
    assert.deepEqual(
      program.of('peer').filter(({ status }) => status === 'connected'),
      [],
    );
    assert.deepEqual(program.texts, []);
    assert.ok(program.end?.exit === 3 || UNRISKED.includes(error));
  }
  return length;
}
