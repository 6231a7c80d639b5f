/** Frames that were changed on the channel: the session heals by ticket, unless they come again and again. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ready } from '../../peer/crypto/index.ts';
import { FakeNetwork } from './fake-network.ts';

before(ready);

/** Two who are connected, and what spoils the next frame that Alice sends. */
function pair() {
  const network = new FakeNetwork();
  const [alice, bob] = [network.program('alice'), network.program('bob')];
  let spoils = false;
  network.tamperFrame = (bytes, from) => {
    if (!spoils || from !== alice) return [bytes];
    spoils = false;
    return [bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))];
  };
  alice.start();
  bob.start();
  network.settle();
  const spoil = (text: string) => {
    spoils = true;
    alice.send(text);
    network.pass(15_000);
  };
  return { network, bob, spoil };
}

test('reconnects after each of two bad frames within a minute, and ends at the third', () => {
  const { bob, spoil } = pair();
  spoil('one');
  spoil('two');
  assert.deepEqual(bob.texts, ['one', 'two']);
  assert.equal(bob.of('peer').at(-1)?.status, 'connected');
  spoil('three');
  assert.deepEqual(bob.end, { type: 'end', reason: 'forged', exit: 3 });
  assert.deepEqual(bob.texts, ['one', 'two']);
});

test('reconnects after any number of bad frames that are more than a minute apart', () => {
  const { network, bob, spoil } = pair();
  const texts = ['one', 'two', 'three', 'four'];
  for (const text of texts) {
    spoil(text);
    network.pass(50_000);
  }
  assert.deepEqual(bob.texts, texts);
  assert.equal(bob.end, undefined);
});
