/** A flight that was changed on the way ends the handshake. The slow suite changes every byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sodium from 'libsodium-wrappers';
import { systemRandom } from '../../peer/crypto/index.ts';
import { xwingPair } from '../../peer/crypto/sodium.ts';
import { concat } from '../../shared/bytes.ts';
import { attacked, flipEveryByte, flipEverySignalByte } from './tamper.ts';
import { flipped, pair, spliced } from './test-parties.ts';

test('a bit flipped in any flight ends the handshake', () => flipEveryByte(31));

test('rejects a signal with a bit flipped', flipEverySignalByte);

test('rejects a flight of another length as damaged', () => {
  for (const change of [
    (frame: Uint8Array) => frame.subarray(0, -1),
    (frame: Uint8Array) => concat(frame, Uint8Array.of(0)),
    (frame: Uint8Array) => frame.subarray(0, 1),
    () => new Uint8Array(0),
    (frame: Uint8Array) => concat(frame, new Uint8Array(2048 * 8)),
  ]) {
    assert.deepEqual(attacked({ hello: change }), { a: null, b: 'damaged' });
    assert.deepEqual(attacked({ reply: change }), { a: 'damaged', b: null });
    assert.deepEqual(attacked({ proofA: change }), { a: null, b: 'damaged' });
    assert.deepEqual(attacked({ proofB: change }), { a: 'damaged', b: null });
  }
});

const ones = (length: number) => new Uint8Array(length).fill(255);
const x25519 = () => sodium.crypto_box_keypair().publicKey;
const ristretto = () => sodium.crypto_core_ristretto255_random();
/** The points of small order on Curve25519 that libsodium lists (x25519_ref10.c), and others out of range. */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((text) => sodium.from_hex(text));
/** Encodings of no ristretto255 element (RFC 9496, appendix A.2), and the identity. */
const NO_ELEMENT = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371',
].map((text) => sodium.from_hex(text));

/** Parts of HELLO and REPLY, and an attacker's values for them. */
const PARTS: readonly (readonly ['hello' | 'reply', string, number, readonly Uint8Array[]])[] = [
  ['hello', 'Ya', 1, [ristretto(), ones(32), ...NO_ELEMENT]],
  ['hello', 'Xa', 33, [x25519(), ones(32), ...LOW_ORDER]],
  ['hello', 'PKa', 65, [xwingPair(systemRandom).publicKey, ones(1216), new Uint8Array(1216)]],
  ['hello', 'the X25519 part of PKa', 65 + 1184, [x25519(), ones(32), ...LOW_ORDER]],
  ['reply', 'Yb', 1, [ristretto(), ones(32), ...NO_ELEMENT]],
  ['reply', 'Xb', 33, [x25519(), ones(32), ...LOW_ORDER]],
  ['reply', 'CT', 65, [systemRandom(1120), ones(1120), new Uint8Array(1120)]],
  ['reply', 'the X25519 part of CT', 65 + 1088, [x25519(), ones(32), ...LOW_ORDER]],
  ['reply', 'tagB', 1185, [systemRandom(32), ones(32), new Uint8Array(32)]],
];

for (const [flight, part, at, values] of PARTS) {
  test(`another ${part} ends the handshake`, () => {
    for (const value of values) {
      const { a, b } = attacked({ [flight]: (frame: Uint8Array) => spliced(frame, at, value) });
      if (flight === 'reply') assert.deepEqual([a, b], ['wrong-code', null]);
      else assert.ok((a === 'wrong-code' && b === null) || (a === null && b === 'damaged'), `${a} ${b}`);
    }
  });
}

test('an X-Wing ciphertext of an attacker does not lead to a right tag', () => {
  const { a } = pair();
  const ciphertext = sodium.crypto_kem_xwing_enc(a.hello.slice(65)).ciphertext;
  const reply = concat(Uint8Array.of(2), ristretto(), x25519(), ciphertext, systemRandom(32));
  assert.throws(() => a.gotReply(reply), { code: 'wrong-code' });
});

test('sides of two different runs refuse each other', () => {
  const [one, two] = [pair(), pair()];
  const [replyOne, replyTwo] = [one.b.gotHello(one.a.hello), two.b.gotHello(two.a.hello)];
  assert.throws(() => one.a.gotReply(replyTwo), { code: 'wrong-code' });
  assert.throws(() => two.a.gotReply(replyOne), { code: 'wrong-code' });
  assert.throws(() => pair().a.gotReply(flipped(replyOne, 40)), { code: 'wrong-code' });
});
