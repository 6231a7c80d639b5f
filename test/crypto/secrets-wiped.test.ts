/** Watches every secret that libsodium takes or returns, and checks that it is zeroed after its last use. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import sodium from 'libsodium-wrappers';
import type { Random } from '../../peer/crypto/index.ts';
import { systemRandom } from '../../peer/crypto/index.ts';
import { lv, utf8 } from '../../shared/bytes.ts';
import { channels, due, inputsOf, met, pair, refused } from './test-parties.ts';

/** The whole buffer: its halves are wiped at different times. */
const seen = new Set<ArrayBufferLike>();
const secret = (...all: (Uint8Array | null | undefined)[]): void => {
  for (const bytes of all) if (bytes && bytes.length > 0) seen.add(bytes.buffer);
};
const alive = (): Uint8Array[] =>
  Array.from(seen, (buffer) => new Uint8Array(buffer)).filter((bytes) => bytes.some((byte) => byte !== 0));

const original = { ...sodium };
const labelled = (label: string): string => lv(utf8('aparte/1'), utf8(label)).toString();
/** Labels of keyless hashes with secret input and output. */
const isRoot = (message: Uint8Array): boolean => message.toString().startsWith(labelled('root'));
/** The only constant input. */
const isConstant = (message: Uint8Array): boolean => message.toString() === labelled('msg');

sodium.crypto_generichash = ((length: number, message: Uint8Array, key: Uint8Array | null) => {
  const output = original.crypto_generichash(length, message, key);
  if (key !== null || isRoot(message)) secret(output, key);
  if ((key !== null || isRoot(message)) && !isConstant(message)) secret(message);
  return output;
}) as typeof sodium.crypto_generichash;
sodium.crypto_hash_sha512 = ((message: Uint8Array) => {
  const output = original.crypto_hash_sha512(message);
  secret(message, output);
  return output;
}) as typeof sodium.crypto_hash_sha512;
for (const name of [
  'crypto_box_seed_keypair',
  'crypto_kem_xwing_seed_keypair',
  'crypto_kem_mlkem768_seed_keypair',
] as const) {
  sodium[name] = ((seed: Uint8Array) => {
    const made = original[name](seed);
    secret(seed, made.privateKey);
    return made;
  }) as (typeof sodium)[typeof name];
}
for (const name of ['crypto_kem_xwing_enc_deterministic', 'crypto_kem_mlkem768_enc_deterministic'] as const) {
  sodium[name] = ((key: Uint8Array, seed: Uint8Array) => {
    const made = original[name](key, seed);
    secret(seed, made.sharedSecret);
    return made;
  }) as (typeof sodium)[typeof name];
}
for (const name of ['crypto_kem_xwing_dec', 'crypto_kem_mlkem768_dec', 'crypto_box_beforenm'] as const) {
  sodium[name] = ((theirs: Uint8Array, own: Uint8Array) => {
    const output = original[name](theirs, own);
    secret(output);
    return output;
  }) as (typeof sodium)[typeof name];
}
sodium.crypto_core_ristretto255_from_hash = ((input: Uint8Array) => {
  const output = original.crypto_core_ristretto255_from_hash(input);
  secret(input, output);
  return output;
}) as typeof sodium.crypto_core_ristretto255_from_hash;
sodium.crypto_core_ristretto255_scalar_reduce = ((input: Uint8Array) => {
  const output = original.crypto_core_ristretto255_scalar_reduce(input);
  secret(input, output);
  return output;
}) as typeof sodium.crypto_core_ristretto255_scalar_reduce;
sodium.crypto_box_easy_afternm = ((message: Uint8Array, once: Uint8Array, key: Uint8Array) => {
  secret(key);
  return original.crypto_box_easy_afternm(message, once, key);
}) as typeof sodium.crypto_box_easy_afternm;
/** The products of scalar multiplication: our public share, then the shared element. */
const products: Uint8Array[] = [];
sodium.crypto_scalarmult_ristretto255 = ((scalar: Uint8Array, element: Uint8Array) => {
  const output = original.crypto_scalarmult_ristretto255(scalar, element);
  products.push(output);
  return output;
}) as typeof sodium.crypto_scalarmult_ristretto255;
after(() => Object.assign(sodium, original));

/** Forgets all secrets that were watched before. */
function watchAnew(): void {
  seen.clear();
  products.length = 0;
}

test('wiping leaves no secret of a handshake and its session', () => {
  watchAnew();
  const drawn: Uint8Array[] = [];
  const random: Random = (bytes) => {
    const fresh = systemRandom(bytes);
    drawn.push(fresh);
    return fresh;
  };
  const { a, b, channelA, channelB } = met(inputsOf(), random, random);
  channelB.open(due(channelA.step(0, true)), 0);
  channelA.open(due(channelB.step(20_000, true)), 20_000);
  channelB.open(due(channelA.step(40_000, true)), 40_000);
  channelA.open(due(channelB.step(60_000, true)), 60_000);
  channelA.open(channelB.seal(utf8('x')), 60_000);
  assert.ok(seen.size > 80 && alive().length > 6, 'the watch sees the secrets');
  a.wipe();
  b.wipe();
  channelA.wipe();
  channelB.wipe();
  assert.deepEqual(alive(), []);
  assert.deepEqual(
    drawn.filter((bytes) => bytes.some((byte) => byte !== 0)),
    [],
  );
  assert.equal(products.length, 4);
  assert.equal(products.filter((bytes) => bytes.every((byte) => byte === 0)).length, 2);
});

test('keeps only the keys of signals once the channel is made', () => {
  watchAnew();
  const { a, b, channelA, channelB } = met();
  channelA.wipe();
  channelB.wipe();
  a.sealSignal(utf8('candidate'));
  b.sealSignal(utf8('candidate'));
  assert.deepEqual(
    alive().map((bytes) => bytes.length),
    [32, 32],
  );
  a.wipe();
  b.wipe();
  assert.deepEqual(alive(), []);
});

test('a session holds only its present keys', () => {
  watchAnew();
  const { a, b } = channels('the moment');
  // Without the session key itself, which was made for the test: B's step, then A's, so that A is the last maker.
  b.open(due(a.step(0, true)), 0);
  a.open(due(b.step(0, false)), 0);
  watchAnew();
  b.open(due(a.step(20_000, true)), 20_000);
  a.open(due(b.step(30_000, true)), 30_000);
  for (let n = 0; n < 5; n++) {
    b.open(a.seal(utf8('x')), 30_000);
    a.open(b.seal(utf8('y')), 30_000);
  }
  // Each: root, two chains, ticket. B, whose step was the last: one more ticket, its X25519 and ML-KEM secrets.
  const sizes = alive().map((bytes) => bytes.length);
  assert.deepEqual(
    sizes.sort((x, y) => x - y),
    [32, 64, 64, 64, 64, 64, 64, 64, 64, 64, 2400],
  );
});

test('a wrong tag, a bad frame or a call out of turn wipes every secret', () => {
  for (const spoil of [
    () => {
      const { a, b } = pair();
      const reply = b.gotHello(a.hello);
      reply.fill(0, 1185);
      refused('wrong-code', () => a.gotReply(reply));
      b.wipe();
    },
    () => {
      const { a, b } = pair();
      refused('unexpected', () => b.gotProof(a.hello));
      a.wipe();
    },
    () => {
      const { a, b } = pair();
      b.gotHello(a.hello);
      refused('damaged', () => b.gotProof(new Uint8Array(5000)));
      refused('unexpected', () => a.gotProof(new Uint8Array(5000)));
    },
  ]) {
    watchAnew();
    spoil();
    assert.ok(seen.size > 5);
    assert.deepEqual(alive(), []);
  }
});

test('a refused frame leaves no keys behind', () => {
  const { a, b } = channels('refused');
  b.open(due(a.step(0, true)), 0);
  a.open(due(b.step(10_000, true)), 10_000);
  b.open(due(a.step(20_000, true)), 20_000);
  const step = due(b.step(30_000, true));
  step.fill(0, -1);
  watchAnew();
  refused('forged', () => a.open(step, 30_000));
  refused('forged', () => b.open(new Uint8Array(128).fill(16, 0, 1).fill(0, 1, 8).fill(2, 8, 9), 30_000));
  // Still there: the root, the chain key, and the keys that follow from it for the expected frame.
  assert.deepEqual(
    alive().map((bytes) => bytes.length),
    [64, 64, 64],
  );
  a.wipe();
  b.wipe();
  assert.deepEqual(alive(), []);
});

test('keys derived ahead cover one frame in each direction and are wiped with it', () => {
  const { a, b } = channels('ahead');
  b.open(due(a.step(0, true)), 0);
  a.open(due(b.step(0, false)), 0);
  watchAnew();
  const held: number[] = [];
  for (let n = 0; n < 3; n++) {
    for (const side of [a, b]) side.prepare();
    held.push(alive().length);
    b.open(a.seal(utf8('x')), 0);
    a.open(b.seal(utf8('y')), 0);
  }
  // Of both sides, in both directions: the chain key, and the two keys in one buffer that follow from it.
  assert.deepEqual(held, [8, 8, 8]);
  for (const side of [a, b]) side.prepare();
  b.open(due(a.step(20_000, true)), 20_000);
  a.open(b.seal(utf8('after a step')), 20_000);
  for (const side of [a, b]) side.wipe();
  assert.deepEqual(alive(), []);
});
