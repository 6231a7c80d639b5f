/** Whole meetings in a world without network, in each of which one bit of one flight is turned on its way. */
import assert from 'node:assert/strict';
import { FLIGHT } from '../../peer/crypto/index.ts';
import { World } from '../core/fake-network.ts';
import type { Person } from '../core/fake-program.ts';
import { flipped } from '../crypto/test-parties.ts';

/** What the one to whom the flight was changed may say, and what the other then says. */
const NAMES: Readonly<Record<number, { readonly alice: readonly string[]; readonly bob: readonly string[] }>> = {
  // Where a key in HELLO is none, B says so before anything was risked, and both go on waiting.
  [FLIGHT.hello]: { alice: ['wrong-code', 'peer-abort'], bob: ['wrong-code', 'damaged'] },
  [FLIGHT.reply]: { alice: ['wrong-code'], bob: ['wrong-code'] },
  [FLIGHT.proofA]: { alice: ['peer-abort'], bob: ['wrong-code', 'damaged'] },
  [FLIGHT.proofB]: { alice: ['damaged'], bob: ['peer-abort'] },
};

/** What either may say where the type of a flight was changed, so that it is another flight or none. */
const OF_TYPE: readonly string[] = ['unexpected', 'peer-abort', 'wrong-code', 'no-answer', 'silent'];
/** What is only noted where nothing had been risked yet. */
const UNRISKED: readonly string[] = ['unexpected', 'peer-abort', 'damaged', 'silent'];

/** Turns a bit in every `stride`th byte of each flight, the first included. */
export function flipEveryByte(stride: number): void {
  for (const type of [FLIGHT.hello, FLIGHT.reply, FLIGHT.proofA, FLIGHT.proofB]) {
    let length = 1;
    for (let at = 0; at < length; at += stride) {
      length = meet(type, at);
    }
  }
}

/** One meeting. Returns the length of the flight. */
function meet(type: number, at: number): number {
  const world = new World(at);
  const [alice, bob] = [world.person('alice'), world.person('bob')];
  let length = 0;
  world.tamper = ({ bytes }) => {
    if (bytes[0] !== type) return [bytes];
    ({ length } = bytes);
    return [flipped(bytes, at)];
  };
  alice.start();
  world.settle();
  bob.start();
  alice.say('for bob alone');
  world.pass(at === 0 ? 10_000 : 0);
  for (const [who, person] of Object.entries({ alice, bob }) as ['alice' | 'bob', Person][]) {
    const [error = 'none'] = person.errors;
    const names = at === 0 ? OF_TYPE : (NAMES[type]?.[who] ?? []);
    assert.ok(names.includes(error), `byte ${at} of flight ${type}: ${who} says ${error}`);
    assert.deepEqual(
      person.of('peer').filter(({ status }) => status === 'connected'),
      [],
    );
    assert.deepEqual(person.texts, []);
    assert.ok(person.end?.exit === 3 || UNRISKED.includes(error));
  }
  return length;
}
