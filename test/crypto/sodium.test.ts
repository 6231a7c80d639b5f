/** The wrapper of libsodium: it refuses keys that libsodium would silently ignore, and names a peer's bad values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ready, systemRandom } from '../../peer/crypto/index.ts';
import * as sodium from '../../peer/crypto/sodium.ts';
import { hex } from '../../shared/bytes.ts';
import { refused } from './test-parties.ts';

await ready();
const message = new Uint8Array(10);

test('refuses a keyed hash without a key of the right length', () => {
  const plain = sodium.blake2b(message);
  for (const length of [0, 1, 16, 31, 33, 63, 65]) {
    refused('bug', () => sodium.keyedBlake2b(message, new Uint8Array(length)));
  }
  assert.notDeepEqual(sodium.keyedBlake2b(message, new Uint8Array(32)), plain);
  assert.notDeepEqual(sodium.keyedBlake2b(message, new Uint8Array(64)), plain);
});

test('treats a key of our own with a wrong length as a bug', () => {
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

test('reports malformed values of a peer as damaged', () => {
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

test('compares secrets over their whole length', () => {
  assert.equal(sodium.sameSecret(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
  assert.equal(sodium.sameSecret(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
  assert.equal(sodium.sameSecret(Uint8Array.of(1, 2), Uint8Array.of(1)), false);
});

test('X-Wing computes the first vector of draft-connolly-cfrg-xwing-kem-08, appendix C', () => {
  const bytes = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const seed = '7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26';
  const { publicKey, secretKey } = sodium.xwingPair(() => bytes(seed));
  // With libsodium the secret key is the seed.
  assert.equal(hex(secretKey), seed);
  const eseed = ['3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2'].concat(
    '35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2',
  );
  const { ciphertext, shared } = sodium.xwingEncapsulate(publicKey, () => bytes(eseed.join('')));
  assert.equal(hex(shared), 'd2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384');
  assert.deepEqual(sodium.xwingDecapsulate(ciphertext, bytes(seed)), shared);
});
