/** Long-term identities: one X25519 pair each, its proof, and the safety number (docs/PROTOCOL.md, Identity). */
import { AparteError } from '../../shared/errors.ts';
import { hash } from './hash.ts';
import { HoldsSecrets } from './holds-secrets.ts';
import type { Random } from './sodium.ts';
import { dh, KEY_BYTES, wipe, x25519Pair, x25519Public } from './sodium.ts';

/** Decimal digits of a fingerprint. */
const DIGITS = 30;

let secretOf: (identity: Identity) => Uint8Array;

/** Our long-term key pair. It proves to peers who we are, and to nobody else. The only secret that may go to disk. */
export class Identity extends HoldsSecrets {
  /** 32 bytes. Peers recognise us by it. */
  readonly publicKey: Uint8Array;
  readonly #secretKey: Uint8Array;

  static {
    secretOf = (identity) => identity.#secretKey;
  }

  private constructor(publicKey: Uint8Array, secretKey: Uint8Array) {
    super();
    this.publicKey = publicKey;
    this.#secretKey = secretKey;
  }

  /** A new identity. */
  static generate(random: Random): Identity {
    const pair = x25519Pair(random);
    return new Identity(pair.publicKey, pair.secretKey);
  }

  /** The identity of a stored secret, 32 bytes, which it copies. Throws `corrupt-data` for another length. */
  static fromSecret(secret: Uint8Array): Identity {
    if (secret.length !== KEY_BYTES) throw new AparteError('corrupt-data', { key: 'malformed', part: 'identity' });
    return new Identity(x25519Public(secret), secret.slice());
  }

  /** A copy of the secret, 32 bytes, for the identity file alone. */
  exportSecret(): Uint8Array {
    return this.#secretKey.slice();
  }

  /** Zeroes the secret. The identity is useless afterwards. */
  wipe(): void {
    wipe(this.#secretKey);
  }
}

/** The 32-byte key that an identity shares with another X25519 key. Throws `damaged` for a point of low order. */
export function identityDh(identity: Identity, publicKey: Uint8Array): Uint8Array {
  return dh(publicKey, secretOf(identity));
}

/** The 30 digits of an identity's public key (32 bytes): its hash as a big-endian integer, modulo 10^30. */
export function fingerprint(id: Uint8Array): string {
  let value = 0n;
  for (const byte of hash('safety', id)) value = (value << 8n) | BigInt(byte);
  return (value % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, '0');
}

/**
 * The safety number of two identities: both fingerprints, the smaller first, as twelve groups of five digits. They stand
 * side by side and are not hashed together: an attacker who picks both keys could find a pair with a given hash by a
 * birthday search.
 */
export function safetyNumber(a: Uint8Array, b: Uint8Array): string {
  const digits = [fingerprint(a), fingerprint(b)].sort().join('');
  return Array.from({ length: (2 * DIGITS) / 5 }, (_, group) => digits.slice(5 * group, 5 * group + 5)).join(' ');
}
