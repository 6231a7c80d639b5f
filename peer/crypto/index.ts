/**
 * The cryptography of a conversation: handshake, session keys, tickets, identities. Other modules import only this file.
 * Await {@link ready} before anything else.
 */
import { utf8 } from '../../shared/bytes.ts';

export { FLIGHT, frameType } from './frame-format.ts';
export type { Claims, ProvenClaims } from './handshake-claims.ts';
export type { HandshakeInputs, Mode } from './handshake-side.ts';
export { fingerprint, Identity, safetyNumber } from './identity.ts';
export { Initiator } from './initiator.ts';
export type { InviteAnswer } from './manual-blobs.ts';
export {
  blobKind,
  decodeInvite,
  encodeInvite,
  openAnswer,
  pairingContext,
  pairingSecret,
  sealAnswer,
} from './manual-blobs.ts';
export type { RatchetChannel } from './ratchet-channel.ts';
export { MAX_PLAIN } from './ratchet-channel.ts';
export type { Ticket } from './reconnect-ticket.ts';
export { Responder } from './responder.ts';
export type { Random } from './sodium.ts';
export { ready, systemRandom } from './sodium.ts';

/** The password of a handshake in mode `code`: the UTF-8 of a code's normalised secret. */
export function codeSecret(normalised: string): Uint8Array {
  return utf8(normalised);
}
