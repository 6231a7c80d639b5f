/**
 * A second implementation of the handshake of docs/PROTOCOL.md, written from its formulae alone, with all values public.
 * Tests compare the product with it, and build hostile peers that know the code from it.
 */
import sodium from 'libsodium-wrappers';
import type { Claims, HandshakeInputs } from '../../peer/crypto/index.ts';
import { concat, lv, u64, utf8 } from '../../shared/bytes.ts';
import { decodeCard } from '../../shared/card.ts';

await sodium.ready;

export const H = (label: string, ...parts: Uint8Array[]): Uint8Array =>
  sodium.crypto_generichash(64, lv(utf8('aparte/1'), utf8(label), ...parts), null);
export const K = (key: Uint8Array, label: string, ...parts: Uint8Array[]): Uint8Array =>
  sodium.crypto_generichash(64, lv(utf8('aparte/1'), utf8(label), ...parts), key);
export const first32 = (bytes: Uint8Array): Uint8Array => bytes.slice(0, 32);
export const dh = (publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array =>
  sodium.crypto_box_beforenm(publicKey, secretKey);
export const header = (type: number, n: number): Uint8Array => concat(Uint8Array.of(type), u64(n));
export const box = (key: Uint8Array, type: number, n: number, content: Uint8Array): Uint8Array =>
  sodium.crypto_box_easy_afternm(content, concat(header(type, n), new Uint8Array(15)), key);
export const unbox = (key: Uint8Array, type: number, n: number, sealed: Uint8Array): Uint8Array =>
  sodium.crypto_box_open_easy_afternm(sealed, concat(header(type, n), new Uint8Array(15)), key);

/** The random bytes of one side of a handshake, in the order in which it draws them. */
export interface Draws {
  /** 64 bytes, reduced to the CPace scalar. */
  readonly scalar: Uint8Array;
  /** 32 bytes, the seed of Xa or Xb. */
  readonly ephemeral: Uint8Array;
  /** The seed of A's X-Wing pair, 32 bytes; of B's encapsulation, 64. */
  readonly kem: Uint8Array;
}

export interface Keys {
  readonly isk: Uint8Array;
  readonly shared: Uint8Array;
  readonly kem: Uint8Array;
  readonly th: Uint8Array;
  readonly root: Uint8Array;
  readonly tagA: Uint8Array;
  readonly tagB: Uint8Array;
  readonly hsA: Uint8Array;
  readonly hsB: Uint8Array;
}

export const ci = ({ mode, nameplate, cardA, cardB, context }: HandshakeInputs): Uint8Array =>
  lv(utf8('aparte/1'), utf8(mode), utf8(nameplate), cardA, cardB, context);
export const sid = ({ cardA, cardB }: HandshakeInputs): Uint8Array =>
  concat(decodeCard(cardA).nonce, decodeCard(cardB).nonce);

export function generator(inputs: HandshakeInputs): Uint8Array {
  const dsi = utf8('CPaceRistretto255');
  const zeros = new Uint8Array(Math.max(0, 127 - lv(inputs.secret).length - lv(dsi).length));
  return sodium.crypto_core_ristretto255_from_hash(
    sodium.crypto_hash_sha512(lv(dsi, inputs.secret, zeros, ci(inputs), sid(inputs))),
  );
}

function share(inputs: HandshakeInputs, draws: Draws) {
  const scalar = sodium.crypto_core_ristretto255_scalar_reduce(draws.scalar);
  const pair = sodium.crypto_box_seed_keypair(draws.ephemeral);
  return { scalar, element: sodium.crypto_scalarmult_ristretto255(scalar, generator(inputs)), pair };
}

function keys(
  inputs: HandshakeInputs,
  hello: Uint8Array,
  body: Uint8Array,
  k: Uint8Array,
  shared: Uint8Array,
  kem: Uint8Array,
): Keys {
  const ab = [hello, body].map((flight) => lv(flight.slice(1, 33), flight.slice(33)));
  const isk = sodium.crypto_hash_sha512(concat(lv(utf8('CPaceRistretto255_ISK'), sid(inputs), k), ...ab));
  const th = H('th', ci(inputs), hello, body);
  const root = H('root', isk, shared, kem, th);
  const of = (label: string, ...parts: Uint8Array[]) => first32(K(root, label, ...parts));
  return { isk, shared, kem, th, root, tagA: of('tag A', th), tagB: of('tag B', th), hsA: of('hs A'), hsB: of('hs B') };
}

/** Side A up to its keys. */
export function sideA(inputs: HandshakeInputs, draws: Draws) {
  const { scalar, element, pair } = share(inputs, draws);
  const kem = sodium.crypto_kem_xwing_seed_keypair(draws.kem);
  const hello = concat(Uint8Array.of(1), element, pair.publicKey, kem.publicKey);
  const answered = (reply: Uint8Array): Keys =>
    keys(
      inputs,
      hello,
      reply.slice(0, -32),
      sodium.crypto_scalarmult_ristretto255(scalar, reply.slice(1, 33)),
      dh(reply.slice(33, 65), pair.privateKey),
      sodium.crypto_kem_xwing_dec(reply.slice(65, -32), kem.privateKey),
    );
  return { hello, scalar, pair, kem, answered };
}

/** Side B up to its keys. */
export function sideB(inputs: HandshakeInputs, draws: Draws, hello: Uint8Array) {
  const { scalar, element, pair } = share(inputs, draws);
  const { ciphertext, sharedSecret } = sodium.crypto_kem_xwing_enc_deterministic(hello.slice(65), draws.kem);
  const body = concat(Uint8Array.of(2), element, pair.publicKey, ciphertext);
  const k = sodium.crypto_scalarmult_ristretto255(scalar, hello.slice(1, 33));
  const made = keys(inputs, hello, body, k, dh(hello.slice(33, 65), pair.privateKey), sharedSecret);
  return { reply: concat(body, made.tagB), scalar, pair, keys: made };
}

export const proofA = (es: Uint8Array, th: Uint8Array, idA: Uint8Array): Uint8Array =>
  first32(K(es, 'proof A', th, idA));
export const proofB = (se: Uint8Array, th: Uint8Array, idB: Uint8Array, idA: Uint8Array): Uint8Array =>
  first32(K(se, 'proof B', th, idB, idA));

export function claimsContent(claims: Claims, id: Uint8Array, proof: Uint8Array): Uint8Array {
  const { name, description, capabilities, cursor } = claims;
  return sodium.pad(lv(utf8(name), id, proof, utf8(description), capabilities, u64(cursor)), 2048);
}

export const flight3 = (made: Keys, content: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(3), made.tagA, box(made.hsA, 3, 0, content));
export const flight4 = (made: Keys, content: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(4), box(made.hsB, 4, 0, content));

export const session = (made: Keys, a: Uint8Array, b: Uint8Array, es: Uint8Array, se: Uint8Array): Uint8Array =>
  K(made.root, 'session', H('th2', made.th, a, b), es, se);
