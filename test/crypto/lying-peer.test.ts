/** A peer that knows the code and sends a false identity or malformed claims. It is built from the reference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import sodium from 'libsodium-wrappers';
import { identityDh } from '../../peer/crypto/identity.ts';
import { Initiator, Responder, systemRandom } from '../../peer/crypto/index.ts';
import { concat, lv, u64, utf8 } from '../../shared/bytes.ts';
import type { Draws } from './reference-handshake.ts';
import { claimsContent, dh, flight3, flight4, proofA, proofB, sideA, sideB } from './reference-handshake.ts';
import { ann, ben, bytesOf, claimsOf, inputsOf, refused } from './test-parties.ts';

const draws = (kem: number): Draws => ({
  scalar: bytesOf('scalar', 64),
  ephemeral: bytesOf('ephemeral', 32),
  kem: bytesOf('kem', kem),
});
const inputs = inputsOf();
const eve = sodium.crypto_box_seed_keypair(bytesOf('eve', 32));
const LOW_ORDER = [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31)), new Uint8Array(32).fill(255)];

/** A hostile A before PROOF, and the honest B it talks to. */
function hostileA() {
  const hostile = sideA(inputs, draws(32));
  const b = new Responder(inputs, ben, systemRandom);
  const reply = b.gotHello(hostile.hello);
  return { b, xb: reply.slice(33, 65), xa: hostile.pair.privateKey, keys: hostile.answered(reply) };
}

/** A hostile B before PROOF, the honest A it talks to, and that A's own PROOF. */
function hostileB() {
  const a = new Initiator(inputs, ann, systemRandom);
  const hostile = sideB(inputs, draws(64), a.hello);
  a.gotReply(hostile.reply);
  a.prove(claimsOf('Ann'));
  return { a, xa: a.hello.slice(33, 65), keys: hostile.keys };
}

test('both sides accept an honest peer that is built from the reference', () => {
  const { b, xb, keys } = hostileA();
  const proof = proofA(dh(xb, eve.privateKey), keys.th, eve.publicKey);
  assert.deepEqual(b.gotProof(flight3(keys, claimsContent(claimsOf('Eve'), eve.publicKey, proof))).id, eve.publicKey);
  const other = hostileB();
  const proved = proofB(dh(other.xa, eve.privateKey), other.keys.th, eve.publicKey, ann.publicKey);
  const content = claimsContent(claimsOf('Eve'), eve.publicKey, proved);
  assert.deepEqual(other.a.gotProof(flight4(other.keys, content)).id, eve.publicKey);
});

test('refuses an identity that A cannot prove, and returns no name', () => {
  const th = (keys: { th: Uint8Array }) => keys.th;
  const attempts: readonly ((made: ReturnType<typeof hostileA>) => [id: Uint8Array, proof: Uint8Array])[] = [
    () => [eve.publicKey, new Uint8Array(32)],
    () => [eve.publicKey, systemRandom(32)],
    // Somebody else's identity, with a proof under our own secret.
    ({ xb, keys }) => [ann.publicKey, proofA(dh(xb, eve.privateKey), th(keys), ann.publicKey)],
    // The proof of B's role.
    ({ xb, keys }) => [eve.publicKey, proofB(dh(xb, eve.privateKey), th(keys), eve.publicKey, ben.publicKey)],
    // A true proof, of another run.
    ({ xb }) => [eve.publicKey, proofA(dh(xb, eve.privateKey), systemRandom(64), eve.publicKey)],
    // A true proof for this run and another identity.
    ({ xb, keys }) => [eve.publicKey, proofA(identityDh(ann, xb), th(keys), ann.publicKey)],
    ...LOW_ORDER.map((id) => ({ keys }: ReturnType<typeof hostileA>): [Uint8Array, Uint8Array] => [
      id,
      proofA(new Uint8Array(32), th(keys), id),
    ]),
  ];
  for (const attempt of attempts) {
    const made = hostileA();
    const frame = flight3(made.keys, claimsContent(claimsOf('Eve'), ...attempt(made)));
    assert.throws(
      () => made.b.gotProof(frame),
      (error) => error instanceof Error && inspect(error).includes('bad-identity') && !inspect(error).includes('Eve'),
    );
    refused('bug', () => made.b.prove(claimsOf('Ben')));
  }
});

test('refuses an identity that B cannot prove', () => {
  const attempts: readonly ((made: ReturnType<typeof hostileB>) => [id: Uint8Array, proof: Uint8Array])[] = [
    () => [eve.publicKey, systemRandom(32)],
    ({ xa, keys }) => [ben.publicKey, proofB(dh(xa, eve.privateKey), keys.th, ben.publicKey, ann.publicKey)],
    ({ xa, keys }) => [eve.publicKey, proofA(dh(xa, eve.privateKey), keys.th, eve.publicKey)],
    // Made for another A.
    ({ xa, keys }) => [eve.publicKey, proofB(dh(xa, eve.privateKey), keys.th, eve.publicKey, ben.publicKey)],
    ...LOW_ORDER.map((id) => ({ keys }: ReturnType<typeof hostileB>): [Uint8Array, Uint8Array] => [
      id,
      proofB(new Uint8Array(32), keys.th, id, ann.publicKey),
    ]),
  ];
  for (const attempt of attempts) {
    const made = hostileB();
    const frame = flight4(made.keys, claimsContent(claimsOf('Eve'), ...attempt(made)));
    refused('bad-identity', () => made.a.gotProof(frame));
    refused('bug', () => made.a.channel());
  }
});

test('refuses our own public key from a peer without its secret', () => {
  const { a, keys } = hostileB();
  const claims = claimsContent(claimsOf('Ann'), ann.publicKey, systemRandom(32));
  refused('bad-identity', () => a.gotProof(flight4(keys, claims)));
});

test('rejects malformed claims of a peer that knows the code', () => {
  const id = eve.publicKey;
  const proof = systemRandom(32);
  const list = (...parts: Uint8Array[]) => sodium.pad(lv(...parts), 2048);
  const name = utf8('Eve');
  const end = [utf8('v=0'), new Uint8Array(0), u64(0)];
  const contents = [
    list(name, id, proof, utf8('v=0'), new Uint8Array(0)),
    list(name, id, proof, ...end, new Uint8Array(0)),
    list(new Uint8Array(65), id, proof, ...end),
    list(name, id.slice(1), proof, ...end),
    list(name, id, proof.slice(1), ...end),
    list(name, id, proof, new Uint8Array(6001), new Uint8Array(0), u64(0)),
    list(name, id, proof, utf8('v=0'), new Uint8Array(257), u64(0)),
    list(name, id, proof, utf8('v=0'), new Uint8Array(0), new Uint8Array(8).fill(255)),
    list(name, id, proof, utf8('v=0'), new Uint8Array(0), new Uint8Array(7)),
    list(Uint8Array.of(0xc3), id, proof, ...end),
    // A length that is not minimal, wrong padding, and nothing at all.
    sodium.pad(concat(Uint8Array.of(0x83, 0x00), lv(name, id, proof, ...end).slice(1)), 2048),
    new Uint8Array(2048),
    new Uint8Array(2048).fill(1),
  ];
  for (const content of contents) {
    const { b, keys } = hostileA();
    refused('damaged', () => b.gotProof(flight3(keys, content)));
  }
});
