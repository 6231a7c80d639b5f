/**
 * The door of the crypto room, the one place that knows libsodium: how two programs that share a secret become one
 * private conversation. Await {@link ready} before anything else.
 */
import { utf8 } from '../../shared/bytes.ts';

export { FLIGHT, frameType } from './frame-format.ts';
export type { Claims, ProvenClaims } from './handshake-claims.ts';
export type { HandshakeInputs, Mode } from './handshake-common.ts';
export { Identity } from './identity.ts';
export { Initiator } from './initiator.ts';
export type { Answer } from './manual-blobs.ts';
export {
  blobKind,
  decodeInvite,
  encodeInvite,
  openAnswer,
  pairingContext,
  pairingSecret,
  sealAnswer,
} from './manual-blobs.ts';
export type { Channel } from './ratchet-channel.ts';
export { MAX_PLAIN } from './ratchet-channel.ts';
export type { Ticket } from './reconnect-ticket.ts';
export { Responder } from './responder.ts';
export { fingerprint, safetyNumber } from './safety-number.ts';
export type { Random } from './sodium.ts';
export { ready, systemRandom } from './sodium.ts';

/** The secret of {@link HandshakeInputs} in mode `code`: the UTF-8 of the normalised secret part of a code. */
export function codeSecret(normalised: string): Uint8Array {
  return utf8(normalised);
}
