/**
 * The few calls of libsodium this program uses, and the only file that imports it. Keys of our own are checked for
 * their length here, since a wrong one is a bug; what a peer sent and the library refuses is always an
 * {@link AparteError} `damaged`, whatever the library threw.
 */
import sodium from 'libsodium-wrappers';
import { AparteError } from '../../shared/errors.ts';

/** Resolves once libsodium is loaded. Nothing in this room works before. */
export async function ready(): Promise<void> {
  await sodium.ready;
}

/** A source of randomness: so many fresh, secret, uniform bytes. The receiver owns the array and wipes it. */
export type Random = (bytes: number) => Uint8Array;

/** The operating system's randomness, asked once: libsodium's own wrapper asks for every four bytes. */
export const systemRandom: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/** A public key and the secret that belongs to it. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** What encapsulating makes: a ciphertext for the owner of the public key, and the 32 bytes both will share. */
export interface Encapsulation {
  readonly ciphertext: Uint8Array;
  readonly shared: Uint8Array;
}

/** Bytes of an X25519 public key, secret key and shared key; also of a ristretto255 element and of a tag. */
export const KEY_BYTES = 32;
/** Bytes of an X-Wing public key (draft-connolly-cfrg-xwing-kem). */
export const XWING_PUBLIC_BYTES = 1216;
/** Bytes of an X-Wing ciphertext. */
export const XWING_CIPHERTEXT_BYTES = 1120;
/** Bytes of an ML-KEM-768 encapsulation key (FIPS 203). */
export const MLKEM_PUBLIC_BYTES = 1184;
/** Bytes of an ML-KEM-768 ciphertext. */
export const MLKEM_CIPHERTEXT_BYTES = 1088;
/** Bytes by which a box is longer than what it holds. */
export const BOX_OVERHEAD = 16;

function refuse(): never {
  throw new AparteError('damaged', { key: 'malformed', part: 'point' });
}

function need(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new Error(`a key of ${bytes.length} bytes, not ${length}`);
}

function withSeed<T>(random: Random, length: number, make: (seed: Uint8Array) => T): T {
  const seed = random(length);
  need(seed, length);
  try {
    return make(seed);
  } finally {
    wipe(seed);
  }
}

/** Overwrites secrets with zeros. The engine may still hold copies: best effort. */
export function wipe(...secrets: readonly (Uint8Array | null)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

/** Whether two secrets are equal, in constant time. False for different lengths. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && sodium.memcmp(a, b);
}

/** BLAKE2b with 64 bytes of output and no key (RFC 7693). */
export function blake2b(message: Uint8Array): Uint8Array {
  return sodium.crypto_generichash(64, message, null);
}

/** BLAKE2b with 64 bytes of output under a key of 32 or 64 bytes; throws `bug` for any other. */
export function keyedBlake2b(message: Uint8Array, key: Uint8Array): Uint8Array {
  // The library hashes without a key, silently, when it is given an empty one.
  if (key.length !== 64) need(key, 32);
  return sodium.crypto_generichash(64, message, key);
}

/** SHA-512. */
export function sha512(message: Uint8Array): Uint8Array {
  return sodium.crypto_hash_sha512(message);
}

/** A fresh X25519 pair (`crypto_box_seed_keypair`), from 32 random bytes. */
export function x25519Pair(random: Random): KeyPair {
  return withSeed(random, 32, (seed) => {
    const { publicKey, privateKey } = sodium.crypto_box_seed_keypair(seed);
    return { publicKey, secretKey: privateKey };
  });
}

/** The X25519 public key of a secret key. */
export function x25519Public(secretKey: Uint8Array): Uint8Array {
  need(secretKey, KEY_BYTES);
  return sodium.crypto_scalarmult_base(secretKey);
}

/** The key two X25519 pairs share (`crypto_box_beforenm`), 32 bytes. Throws `damaged` for a point of low order. */
export function dh(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array {
  need(secretKey, KEY_BYTES);
  try {
    return sodium.crypto_box_beforenm(publicKey, secretKey);
  } catch {
    return refuse();
  }
}

/** Seals under a shared key (`crypto_box_easy_afternm`). The nonce, 24 bytes, must never serve twice under one key. */
export function box(key: Uint8Array, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  need(key, KEY_BYTES);
  return sodium.crypto_box_easy_afternm(message, nonce, key);
}

/** Opens a {@link box}. Throws `damaged` where it was not sealed so. */
export function unbox(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  need(key, KEY_BYTES);
  if (sealed.length < BOX_OVERHEAD) refuse();
  try {
    return sodium.crypto_box_open_easy_afternm(sealed, nonce, key);
  } catch {
    return refuse();
  }
}

/** A fresh X-Wing pair, from 32 random bytes. */
export function xwingPair(random: Random): KeyPair {
  return withSeed(random, 32, (seed) => {
    const { publicKey, privateKey } = sodium.crypto_kem_xwing_seed_keypair(seed);
    return { publicKey, secretKey: privateKey };
  });
}

/** Encapsulates to an X-Wing public key, with 64 random bytes. Throws `damaged` where it is none. */
export function xwingEncapsulate(publicKey: Uint8Array, random: Random): Encapsulation {
  return withSeed(random, 64, (seed) => {
    try {
      const { ciphertext, sharedSecret } = sodium.crypto_kem_xwing_enc_deterministic(publicKey, seed);
      return { ciphertext, shared: sharedSecret };
    } catch {
      return refuse();
    }
  });
}

/** The 32 bytes in an X-Wing ciphertext. Throws `damaged` where it is none. */
export function xwingDecapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array {
  need(secretKey, 32);
  try {
    return sodium.crypto_kem_xwing_dec(ciphertext, secretKey);
  } catch {
    return refuse();
  }
}

/** A fresh ML-KEM-768 pair, from 64 random bytes. */
export function mlkemPair(random: Random): KeyPair {
  return withSeed(random, 64, (seed) => {
    const { publicKey, privateKey } = sodium.crypto_kem_mlkem768_seed_keypair(seed);
    return { publicKey, secretKey: privateKey };
  });
}

/** Encapsulates to an ML-KEM-768 key, with 32 random bytes. Throws `damaged` where it is none. */
export function mlkemEncapsulate(publicKey: Uint8Array, random: Random): Encapsulation {
  return withSeed(random, 32, (seed) => {
    try {
      const { ciphertext, sharedSecret } = sodium.crypto_kem_mlkem768_enc_deterministic(publicKey, seed);
      return { ciphertext, shared: sharedSecret };
    } catch {
      return refuse();
    }
  });
}

/** The 32 bytes in an ML-KEM-768 ciphertext; for a forged one, 32 bytes nobody knows. Throws `damaged`. */
export function mlkemDecapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array {
  need(secretKey, 2400);
  try {
    return sodium.crypto_kem_mlkem768_dec(ciphertext, secretKey);
  } catch {
    return refuse();
  }
}

/** Maps 64 uniform bytes to a ristretto255 element (RFC 9496, section 4.3.4). */
export function ristrettoFromHash(hash: Uint8Array): Uint8Array {
  return sodium.crypto_core_ristretto255_from_hash(hash);
}

/** A uniform ristretto255 scalar, from 64 random bytes. */
export function ristrettoScalar(random: Random): Uint8Array {
  return withSeed(random, 64, (seed) => sodium.crypto_core_ristretto255_scalar_reduce(seed));
}

/** Scalar times element. Throws `damaged` where the element is not a canonical encoding, or the product the identity. */
export function ristrettoMultiply(scalar: Uint8Array, element: Uint8Array): Uint8Array {
  need(scalar, 32);
  try {
    return sodium.crypto_scalarmult_ristretto255(scalar, element);
  } catch {
    return refuse();
  }
}
