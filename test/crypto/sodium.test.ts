/** The traps of the library are closed: a wrong key of ours is a bug, never a silent weakness. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ready, systemRandom } from '../../peer/crypto/index.ts';
import * as sodium from '../../peer/crypto/sodium.ts';
import { refused } from './test-parties.ts';

await ready();
const message = new Uint8Array(10);

test('a keyed hash never runs without its key', () => {
  const plain = sodium.blake2b(message);
  for (const length of [0, 1, 16, 31, 33, 63, 65]) {
    refused('bug', () => sodium.keyedBlake2b(message, new Uint8Array(length)));
  }
  assert.notDeepEqual(sodium.keyedBlake2b(message, new Uint8Array(32)), plain);
  assert.notDeepEqual(sodium.keyedBlake2b(message, new Uint8Array(64)), plain);
});

test('our own keys have their length, or it is a bug', () => {
  const short = new Uint8Array(31);
  refused('bug', () => sodium.dh(systemRandom(32), short));
  refused('bug', () => sodium.box(short, new Uint8Array(24), message));
  refused('bug', () => sodium.unbox(short, new Uint8Array(24), new Uint8Array(40)));
  refused('bug', () => sodium.xwingDecapsulate(new Uint8Array(1120), short));
  refused('bug', () => sodium.mlkemDecapsulate(new Uint8Array(1088), short));
  refused('bug', () => sodium.ristrettoMultiply(short, systemRandom(32)));
  refused('bug', () => sodium.x25519Public(short));
  refused('bug', () => sodium.x25519Pair(() => short));
});

test('what a peer may send wrongly is damaged', () => {
  const key = systemRandom(32);
  for (const length of [0, 1, 15, 16, 100]) {
    refused('damaged', () => sodium.unbox(key, new Uint8Array(24), new Uint8Array(length)));
  }
  for (const length of [0, 31, 33]) {
    refused('damaged', () => sodium.dh(new Uint8Array(length), key));
    refused('damaged', () => sodium.xwingEncapsulate(new Uint8Array(length), systemRandom));
    refused('damaged', () => sodium.mlkemEncapsulate(new Uint8Array(length), systemRandom));
  }
  refused('damaged', () => sodium.xwingDecapsulate(new Uint8Array(1119), key));
  refused('damaged', () => sodium.mlkemDecapsulate(new Uint8Array(1087), new Uint8Array(2400)));
});

test('secrets are compared whole', () => {
  assert.equal(sodium.sameSecret(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
  assert.equal(sodium.sameSecret(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
  assert.equal(sodium.sameSecret(Uint8Array.of(1, 2), Uint8Array.of(1)), false);
});
