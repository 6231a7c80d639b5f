/** A long-term identity: one X25519 pair, proven to peers, never to third parties (docs/PROTOCOL.md, Identity). */
import { AparteError } from '../../shared/errors.ts';
import { inspect } from './hide-from-inspect.ts';
import type { Random } from './sodium.ts';
import { dh, KEY_BYTES, wipe, x25519Pair, x25519Public } from './sodium.ts';

let secretOf: (identity: Identity) => Uint8Array;

/** Who we are towards every peer. Holds the only secret that may be kept on disk. */
export class Identity {
  /** 32 bytes: what peers know us by. */
  readonly publicKey: Uint8Array;
  readonly #secretKey: Uint8Array;

  static {
    secretOf = (identity) => identity.#secretKey;
  }

  private constructor(publicKey: Uint8Array, secretKey: Uint8Array) {
    this.publicKey = publicKey;
    this.#secretKey = secretKey;
  }

  /** A new identity. */
  static generate(random: Random): Identity {
    const pair = x25519Pair(random);
    return new Identity(pair.publicKey, pair.secretKey);
  }

  /** The identity of a stored secret, 32 bytes, which are copied. Throws `corrupt-data` for another length. */
  static fromSecret(secret: Uint8Array): Identity {
    if (secret.length !== KEY_BYTES) throw new AparteError('corrupt-data', { key: 'malformed', part: 'identity' });
    return new Identity(x25519Public(secret), secret.slice());
  }

  /** A copy of the secret, 32 bytes, for the identity file alone. */
  exportSecret(): Uint8Array {
    return this.#secretKey.slice();
  }

  /** Zeroes the secret. The identity is of no use afterwards. */
  wipe(): void {
    wipe(this.#secretKey);
  }

  [inspect](): string {
    return 'Identity [secret]';
  }
}

/** The key an identity shares with another's X25519 key, 32 bytes. Throws `damaged` for a point of low order. */
export function agree(identity: Identity, publicKey: Uint8Array): Uint8Array {
  return dh(publicKey, secretOf(identity));
}
