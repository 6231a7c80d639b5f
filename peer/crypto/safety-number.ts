/** What two people compare aloud to know that nobody stands between them (docs/PROTOCOL.md, Identity). */
import { hash } from './hash.ts';

const DIGITS = 30;

/** The 30 digits of an identity's public key (32 bytes): its hash, a big-endian integer, modulo 10^30. */
export function fingerprint(id: Uint8Array): string {
  let value = 0n;
  for (const byte of hash('safety', id)) value = (value << 8n) | BigInt(byte);
  return (value % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, '0');
}

/**
 * The safety number of two identities: both fingerprints, the smaller first, as twelve groups of five digits. Side by
 * side and not hashed together: who picks both keys could find a pair with a given hash by a birthday search.
 */
export function safetyNumber(a: Uint8Array, b: Uint8Array): string {
  const digits = [fingerprint(a), fingerprint(b)].sort().join('');
  return Array.from({ length: (2 * DIGITS) / 5 }, (_, group) => digits.slice(5 * group, 5 * group + 5)).join(' ');
}
