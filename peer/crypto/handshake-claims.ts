/** What each side says of itself under the handshake's seal, in flights 3 and 4 (docs/PROTOCOL.md, Handshake). */
import { fromLv, fromU64, fromUtf8, lv, u64, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_CAPABILITIES, MAX_NAME, MAX_SDP } from '../../shared/limits.ts';
import { padToMultiple, unpad } from './frame-format.ts';
import { KEY_BYTES } from './sodium.ts';

/** What a side says of itself. */
export interface Claims {
  /** A label, at most MAX_NAME bytes of UTF-8. */
  readonly name: string;
  /** Offer or answer, at most MAX_SDP bytes of UTF-8; empty where the link is open already. */
  readonly description: string;
  /** At most MAX_CAPABILITIES bytes, which this room does not read. */
  readonly capabilities: Uint8Array;
  /** The last sequence number seen from the other side: a safe integer, not negative. */
  readonly cursor: number;
}

/** Claims of a peer who has proven the identity `id`, 32 bytes. */
export interface ProvenClaims extends Claims {
  readonly id: Uint8Array;
}

/** Claims that came with a proof nobody has checked yet. */
export interface Claimed {
  readonly claims: ProvenClaims;
  /** 32 bytes. */
  readonly proof: Uint8Array;
}

/** Sealed claims are padded to a multiple of this. */
export const CLAIMS_STEP = 2048;

/** The padded bytes of claims. Throws `bug` where they are past a limit. */
export function encodeClaims(claims: Claims, id: Uint8Array, proof: Uint8Array): Uint8Array {
  const name = utf8(claims.name);
  const description = utf8(claims.description);
  if (!withinLimits(name, description, claims.capabilities)) throw new Error('claims past a limit');
  return padToMultiple(lv(name, id, proof, description, claims.capabilities, u64(claims.cursor)), CLAIMS_STEP);
}

/** Reads what {@link encodeClaims} made. Throws `damaged` for anything else. */
export function decodeClaims(bytes: Uint8Array): Claimed {
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
