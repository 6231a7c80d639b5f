/**
 * The door of the crypto room, the one place that knows libsodium: how two programs that share a secret become one
 * private conversation. Await {@link ready} before anything else.
 */
import { utf8 } from '../../shared/bytes.ts';

export type { Answer } from './blobs.ts';
export {
  blobKind,
  decodeInvite,
  encodeInvite,
  openAnswer,
  pairingContext,
  pairingSecret,
  sealAnswer,
} from './blobs.ts';
export type { Channel } from './channel.ts';
export { MAX_PLAIN } from './channel.ts';
export type { Claims, ProvenClaims } from './claims.ts';
export type { HandshakeInputs, Mode } from './exchange.ts';
export { FLIGHT, frameType } from './frame.ts';
export { Identity } from './identity.ts';
export { Initiator } from './initiator.ts';
export { Responder } from './responder.ts';
export { fingerprint, safetyNumber } from './safety.ts';
export type { Random } from './sodium.ts';
export { ready, systemRandom } from './sodium.ts';
export type { Ticket } from './ticket.ts';

/** The secret of {@link HandshakeInputs} in mode `code`: the UTF-8 of the normalised secret part of a code. */
export function codeSecret(normalised: string): Uint8Array {
  return utf8(normalised);
}
