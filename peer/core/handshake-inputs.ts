/** What a handshake with one member of a room is made from (docs/PROTOCOL.md, Meeting). */
import { checkCards, decodeCard } from '../../shared/card.ts';
import { type HandshakeInputs, type Mode, pairingSecret } from '../crypto/index.ts';
import type { RoomMember } from '../rendezvous/rendezvous.ts';

/** Our part of it. */
export interface OwnInputs {
  readonly role: 'A' | 'B';
  readonly card: Uint8Array;
  readonly nameplate: string;
  readonly mode: Mode;
  /** Null in manual pairing, unless both agreed on a code. */
  readonly secret: Uint8Array | null;
}

const NONE = new Uint8Array(0);

/** The inputs of both sides. Throws `self`, `version`, `damaged` where there can be no handshake. */
export function handshakeInputs(
  { role, card, nameplate, mode, secret }: OwnInputs,
  member: RoomMember,
): HandshakeInputs {
  checkCards(decodeCard(card), decodeCard(member.card));
  const pairing = 'pairing' in member ? member.pairing : null;
  const password = pairing === null ? secret : pairingSecret(pairing.secret, secret);
  if (password === null) throw new Error('a handshake without a secret');
  const [cardA, cardB] = role === 'A' ? [card, member.card] : [member.card, card];
  return { mode, nameplate, secret: password, context: pairing?.context ?? NONE, cardA, cardB };
}

/** Wipes what an invite was good for, once a handshake has begun under it. */
export function wipePairing(inputs: HandshakeInputs, member: RoomMember): void {
  if (!('pairing' in member)) return;
  member.pairing.secret.fill(0);
  inputs.secret.fill(0);
}
