/**
 * Messages between a peer and the signalling server: types, validators and event names, in the one place both sides
 * read. Unknown keys of an acknowledgement are ignored; requests are strict.
 */
import * as v from 'valibot';
import { fromLv, fromUtf8, lv, utf8 } from './bytes.ts';
import { AparteError } from './errors.ts';
import { isTurnUrl } from './ice-servers.ts';
import {
  MAX_CARD,
  MAX_HANDSHAKE_FRAME,
  MAX_MEMBER_ID,
  MAX_MEMBERS,
  MAX_NAMEPLATE,
  MAX_TURN_OFFERS,
  MAX_TURN_URLS,
} from './limits.ts';

const bytes = (max: number) =>
  v.pipe(
    v.custom<Uint8Array>((input) => input instanceof Uint8Array, 'bytes expected'),
    v.check((input) => input.length >= 1 && input.length <= max, 'bytes of a length outside the limit'),
  );

const nameplate = v.pipe(v.string(), v.maxLength(MAX_NAMEPLATE), v.regex(/^[a-z0-9]+$/));
const memberId = v.pipe(v.string(), v.maxLength(MAX_MEMBER_ID), v.regex(/^[a-z0-9]+$/));
const token = v.pipe(v.string(), v.maxLength(64), v.regex(/^[A-Za-z0-9_-]+$/));

/**
 * Enter a room. `nameplate` null: allocate the shortest free one. `capacity` counts for the one who opens the room.
 * `resume`: the token of an earlier acknowledgement, to take the same place again, with the same card, after a lost
 * connection. It is answered like a join, `members` being all others: who is new among them came later. `unknown-room`
 * or `unknown-member`: the place is gone.
 */
export const JoinRequest = v.strictObject({
  nameplate: v.nullable(nameplate),
  card: bytes(MAX_CARD),
  capacity: v.pipe(v.number(), v.safeInteger(), v.minValue(2), v.maxValue(MAX_MEMBERS)),
  resume: v.optional(token),
});
/** See the validator of the same name. */
export type JoinRequest = v.InferOutput<typeof JoinRequest>;

/** Forward `data` to the member `to` of one's own room, unread. */
export const FrameRequest = v.strictObject({ to: memberId, data: bytes(MAX_HANDSHAKE_FRAME) });
/** See the validator of the same name. */
export type FrameRequest = v.InferOutput<typeof FrameRequest>;

/** Free the place of a member who fell silent. Only members who were there before him may ask. */
export const FreeRequest = v.strictObject({ member: memberId });
/** See the validator of the same name. */
export type FreeRequest = v.InferOutput<typeof FreeRequest>;

/** A member as the others see him: an id the server made, good for this room only, and his card. */
export const Member = v.object({ id: memberId, card: bytes(MAX_CARD) });
/** See the validator of the same name. */
export type Member = v.InferOutput<typeof Member>;

/** Why the server refuses; also the reason it gives before it drops a client. */
export const RefusalCode = v.picklist([
  'room-full',
  'unknown-room',
  'unknown-member',
  'already-joined',
  'invalid',
  'rate',
  'limit',
  'idle',
  'version',
  'closing',
  'unavailable',
]);
/** See the validator of the same name. */
export type RefusalCode = v.InferOutput<typeof RefusalCode>;

/** A refusal, as acknowledgement or as `fault` event. */
export const Refusal = v.object({ error: RefusalCode });
/** See the validator of the same name. */
export type Refusal = v.InferOutput<typeof Refusal>;

const printable = v.pipe(v.string(), v.maxLength(256), v.regex(/^[\x21-\x7e]+$/));

/** A TURN server under its URIs, with credentials for it. */
export const TurnOffer = v.object({
  urls: v.pipe(v.array(v.pipe(v.string(), v.check(isTurnUrl))), v.minLength(1), v.maxLength(MAX_TURN_URLS)),
  username: printable,
  credential: printable,
});
/** See the validator of the same name. */
export type TurnOffer = v.InferOutput<typeof TurnOffer>;

/** Bytes of the members of a join's answer: behind one byte of length each, an id and a card for everybody. */
const MAX_PACKED_MEMBERS = MAX_MEMBERS * (1 + MAX_MEMBER_ID + 1 + MAX_CARD);

/**
 * Answer to a join: the room's nameplate, one's own id and resume token, and those present, in the order they came, as
 * {@link packWelcome} packs them; left out where nobody is. Each byte string is an attachment of its own, and
 * socket.io-parser takes ten of them. `stunPort`: the server's host answers STUN there. `turn`: relays that may be
 * used, if the user allows any.
 */
export const JoinReply = v.object({
  nameplate,
  self: memberId,
  token,
  members: v.optional(bytes(MAX_PACKED_MEMBERS)),
  stunPort: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(65_535))),
  turn: v.optional(v.pipe(v.array(TurnOffer), v.maxLength(MAX_TURN_OFFERS))),
});
/** See the validator of the same name. */
export type JoinReply = v.InferOutput<typeof JoinReply>;

/** A {@link JoinReply} whose members are unpacked. */
export interface Welcome extends Omit<JoinReply, 'members'> {
  readonly members: readonly Member[];
}

/** Packs the members as `lv(id, card, id, card, …)`. */
export function packWelcome({ members, ...rest }: Welcome): JoinReply {
  if (members.length === 0) return rest;
  return { ...rest, members: lv(...members.flatMap(({ id, card }) => [utf8(id), card])) };
}

/** The inverse of {@link packWelcome}; cards are views on what is unpacked. Throws `damaged` where it is ill-formed. */
export function unpackWelcome({ members, ...rest }: JoinReply): Welcome {
  const parts = members === undefined ? [] : fromLv(members, 2, 2 * MAX_MEMBERS);
  const ids = parts.filter((_, index) => index % 2 === 0);
  const unpacked = ids.map((id, index) => {
    const member = v.safeParse(Member, { id: fromUtf8(id), card: parts[2 * index + 1] });
    if (!member.success) throw new AparteError('damaged', { key: 'malformed', part: 'member' });
    return member.output;
  });
  return { ...rest, members: unpacked };
}

/** Forwarded frame as its receiver gets it. */
export const FrameEvent = v.object({ from: memberId, data: bytes(MAX_HANDSHAKE_FRAME) });
/** See the validator of the same name. */
export type FrameEvent = v.InferOutput<typeof FrameEvent>;

/** Somebody's place was freed. */
export const LeftEvent = v.object({ member: memberId });
/** See the validator of the same name. */
export type LeftEvent = v.InferOutput<typeof LeftEvent>;

/** Peer to server. `join` and `leave` are acknowledged. */
export interface PeerEvents {
  join: (request: JoinRequest, reply: (answer: JoinReply | Refusal) => void) => void;
  frame: (request: FrameRequest) => void;
  free: (request: FreeRequest) => void;
  leave: (reply: () => void) => void;
}

/** Server to peer. A `fault` precedes the server's hanging up, except for `unknown-member`, which is only told. */
export interface ServerEvents {
  came: (member: Member) => void;
  left: (event: LeftEvent) => void;
  frame: (event: FrameEvent) => void;
  fault: (refusal: Refusal) => void;
}
