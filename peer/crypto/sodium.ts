/**
 * The calls of libsodium that this program uses. No other file imports libsodium. A key of our own with a wrong length
 * is a bug and throws a plain Error. A peer's value that libsodium refuses throws `damaged`, whatever libsodium threw.
 */
import sodium from 'libsodium-wrappers';
import { AparteError, type ErrorCode } from '../../shared/errors.ts';

/** Resolves once libsodium is loaded. Nothing in this module works before. */
export async function ready(): Promise<void> {
  await sodium.ready;
}

/** Makes so many fresh, secret, uniform random bytes. The caller owns the array and wipes it. */
export type Random = (bytes: number) => Uint8Array;

/** The operating system's randomness. Faster than libsodium's wrapper, which asks again for every four bytes. */
export const systemRandom: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/** A public key and its secret key. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** A KEM ciphertext for the owner of a public key, and the 32 bytes that both sides then share. */
export interface Encapsulation {
  readonly ciphertext: Uint8Array;
  readonly shared: Uint8Array;
}

/** Bytes of an X25519 public, secret or shared key, of a ristretto255 element, and of a handshake tag. */
export const KEY_BYTES = 32;
/** Bytes of an X-Wing public key (draft-connolly-cfrg-xwing-kem-08). */
export const XWING_PUBLIC_BYTES = 1216;
/** Bytes of an X-Wing ciphertext. */
export const XWING_CIPHERTEXT_BYTES = 1120;
/** Bytes of an ML-KEM-768 encapsulation key (FIPS 203). */
export const MLKEM_PUBLIC_BYTES = 1184;
/** Bytes of an ML-KEM-768 ciphertext. */
export const MLKEM_CIPHERTEXT_BYTES = 1088;
/** Bytes that a box adds to its content: the tag of Poly1305. */
export const BOX_OVERHEAD = 16;

/** Runs a call of libsodium on a peer's value. Whatever it throws becomes `damaged`. */
function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch {
    throw new AparteError('damaged', { key: 'malformed', part: 'point' });
  }
}

/** Runs `work`. Replaces a thrown `damaged` by `code`; lets every other error pass. */
export function renameDamaged<T>(code: ErrorCode, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof AparteError && cause.code === 'damaged') throw new AparteError(code);
    throw cause;
  }
}

function assertLength(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new Error(`a key of ${bytes.length} bytes, not ${length}`);
}

function withSeed<T>(random: Random, length: number, make: (seed: Uint8Array) => T): T {
  const seed = random(length);
  assertLength(seed, length);
  try {
    return make(seed);
  } finally {
    wipe(seed);
  }
}

/** Overwrites secrets with zeros. Best effort: the JavaScript engine may hold copies. */
export function wipe(...secrets: readonly (Uint8Array | null)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

/** Compares two secrets in constant time. False for different lengths. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && sodium.memcmp(a, b);
}

/** BLAKE2b with 64 bytes of output and no key (RFC 7693). */
export function blake2b(message: Uint8Array): Uint8Array {
  return sodium.crypto_generichash(64, message, null);
}

/** BLAKE2b with 64 bytes of output under a key of 32 or 64 bytes. */
export function keyedBlake2b(message: Uint8Array, key: Uint8Array): Uint8Array {
  // Given an empty key, libsodium silently hashes without a key.
  if (key.length !== 64) assertLength(key, 32);
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
  assertLength(secretKey, KEY_BYTES);
  return sodium.crypto_scalarmult_base(secretKey);
}

/** The 32-byte key that two X25519 pairs share (`crypto_box_beforenm`). Throws `damaged` for a point of low order. */
export function dh(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array {
  assertLength(secretKey, KEY_BYTES);
  return attempt(() => sodium.crypto_box_beforenm(publicKey, secretKey));
}

/** Seals a message under a shared key (`crypto_box_easy_afternm`). Never use a nonce (24 bytes) twice under one key. */
export function box(key: Uint8Array, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  assertLength(key, KEY_BYTES);
  return sodium.crypto_box_easy_afternm(message, nonce, key);
}

/** Opens a {@link box}. Throws `damaged` if it was not sealed with this key and nonce. */
export function unbox(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  assertLength(key, KEY_BYTES);
  return attempt(() => sodium.crypto_box_open_easy_afternm(sealed, nonce, key));
}

/** A fresh X-Wing pair, from 32 random bytes, which are also the secret key. */
export function xwingPair(random: Random): KeyPair {
  return withSeed(random, 32, (seed) => {
    const { publicKey, privateKey } = sodium.crypto_kem_xwing_seed_keypair(seed);
    return { publicKey, secretKey: privateKey };
  });
}

/** Encapsulates to an X-Wing public key, with 64 random bytes. Throws `damaged` for an invalid key. */
export function xwingEncapsulate(publicKey: Uint8Array, random: Random): Encapsulation {
  const { ciphertext, sharedSecret } = withSeed(random, 64, (seed) =>
    attempt(() => sodium.crypto_kem_xwing_enc_deterministic(publicKey, seed)),
  );
  return { ciphertext, shared: sharedSecret };
}

/** The 32 shared bytes of an X-Wing ciphertext. Throws `damaged` for an invalid ciphertext. */
export function xwingDecapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array {
  assertLength(secretKey, 32);
  return attempt(() => sodium.crypto_kem_xwing_dec(ciphertext, secretKey));
}

/** A fresh ML-KEM-768 pair, from 64 random bytes. */
export function mlkemPair(random: Random): KeyPair {
  return withSeed(random, 64, (seed) => {
    const { publicKey, privateKey } = sodium.crypto_kem_mlkem768_seed_keypair(seed);
    return { publicKey, secretKey: privateKey };
  });
}

/** Encapsulates to an ML-KEM-768 key, with 32 random bytes. Throws `damaged` for an invalid key. */
export function mlkemEncapsulate(publicKey: Uint8Array, random: Random): Encapsulation {
  const { ciphertext, sharedSecret } = withSeed(random, 32, (seed) =>
    attempt(() => sodium.crypto_kem_mlkem768_enc_deterministic(publicKey, seed)),
  );
  return { ciphertext, shared: sharedSecret };
}

/**
 * The 32 shared bytes of an ML-KEM-768 ciphertext; for a forged ciphertext, 32 bytes that nobody knows. Throws
 * `damaged` for a wrong length.
 */
export function mlkemDecapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array {
  assertLength(secretKey, 2400);
  return attempt(() => sodium.crypto_kem_mlkem768_dec(ciphertext, secretKey));
}

/** Maps 64 uniform bytes to a ristretto255 element (RFC 9496, section 4.3.4). */
export function ristrettoFromHash(hash: Uint8Array): Uint8Array {
  return sodium.crypto_core_ristretto255_from_hash(hash);
}

/** A uniform ristretto255 scalar, from 64 random bytes. */
export function ristrettoScalar(random: Random): Uint8Array {
  return withSeed(random, 64, (seed) => sodium.crypto_core_ristretto255_scalar_reduce(seed));
}

/** Scalar times element. Throws `damaged` if the element is no canonical encoding, or if the product is the identity. */
export function ristrettoMultiply(scalar: Uint8Array, element: Uint8Array): Uint8Array {
  assertLength(scalar, 32);
  return attempt(() => sodium.crypto_scalarmult_ristretto255(scalar, element));
}
