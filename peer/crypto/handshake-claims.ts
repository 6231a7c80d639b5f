/** Claims: what each side says of itself, sealed in flights 3 and 4 (docs/PROTOCOL.md, Handshake). */
import { fromLv, fromU64, fromUtf8, lv, u64, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_CAPABILITIES, MAX_HANDSHAKE_FRAME, MAX_NAME, MAX_SDP } from '../../shared/limits.ts';
import { padToMultiple, unpad } from './frame-format.ts';
import { BOX_OVERHEAD, KEY_BYTES } from './sodium.ts';

/** What a side says of itself. */
export interface Claims {
  /** A label, at most MAX_NAME bytes of UTF-8. */
  readonly name: string;
  /** Offer or answer, at most MAX_SDP bytes of UTF-8; empty if the link is open already. */
  readonly description: string;
  /** At most MAX_CAPABILITIES bytes. The core reads them. */
  readonly capabilities: Uint8Array;
  /** The sequence number of the peer's last message that was shown here; 0 for none. */
  readonly cursor: number;
}

/** Claims of a peer that has proven the identity `id`, 32 bytes. */
export interface ProvenClaims extends Claims {
  readonly id: Uint8Array;
}

/** Claims whose proof was not checked yet. */
export interface UncheckedClaims {
  readonly claims: ProvenClaims;
  /** 32 bytes. */
  readonly proof: Uint8Array;
}

/** Claims are padded to a multiple of so many bytes. */
const CLAIMS_STEP = 2048;

/** The padded bytes of claims, which must be within the limits. */
export function encodeClaims(claims: Claims, id: Uint8Array, proof: Uint8Array): Uint8Array {
  const name = utf8(claims.name);
  const description = utf8(claims.description);
  if (!withinLimits(name, description, claims.capabilities)) throw new Error('claims past a limit');
  return padToMultiple(lv(name, id, proof, description, claims.capabilities, u64(claims.cursor)), CLAIMS_STEP);
}

/** Reads what {@link encodeClaims} made. Throws `damaged` for anything else. */
export function decodeClaims(bytes: Uint8Array): UncheckedClaims {
  type Six = [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const [name, id, proof, description, capabilities, cursor] = fromLv(unpad(bytes), 6) as Six;
  if (id.length !== KEY_BYTES || proof.length !== KEY_BYTES || !withinLimits(name, description, capabilities)) {
    throw new AparteError('damaged', { key: 'malformed', part: 'claims' });
  }
  return {
    claims: {
      id: id.slice(),
      name: fromUtf8(name),
      description: fromUtf8(description),
      capabilities: capabilities.slice(),
      cursor: fromU64(cursor),
    },
    proof,
  };
}

function withinLimits(name: Uint8Array, description: Uint8Array, capabilities: Uint8Array): boolean {
  return name.length <= MAX_NAME && description.length <= MAX_SDP && capabilities.length <= MAX_CAPABILITIES;
}

/** Whether sealed claims can have this length. */
export function isSealedClaimsLength(length: number): boolean {
  const content = length - BOX_OVERHEAD;
  return content >= CLAIMS_STEP && content % CLAIMS_STEP === 0 && length < MAX_HANDSHAKE_FRAME;
}
