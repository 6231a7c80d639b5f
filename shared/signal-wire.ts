/**
 * Messages between a peer and the signaling server: types, validators and event names. Both sides use this file. Unknown
 * keys of an acknowledgement are ignored. Requests may have none.
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
 * Enter a room. `nameplate` null: the server chooses the shortest free one. `capacity` only counts for the first member.
 * `resume` is the token of an earlier acknowledgement: it takes the same slot again after a lost connection, with the
 * same card. The answer is that of a join, with all other members. `unknown-room` or `unknown-member`: the slot is gone.
 */
export const JoinRequest = v.strictObject({
  nameplate: v.nullable(nameplate),
  card: bytes(MAX_CARD),
  capacity: v.pipe(v.number(), v.safeInteger(), v.minValue(2), v.maxValue(MAX_MEMBERS)),
  resume: v.optional(token),
});
/** The type of its validator. */
export type JoinRequest = v.InferOutput<typeof JoinRequest>;

/** Forward `data` to the member `to` of the same room. The server does not read it. */
export const FrameRequest = v.strictObject({ to: memberId, data: bytes(MAX_HANDSHAKE_FRAME) });
/** The type of its validator. */
export type FrameRequest = v.InferOutput<typeof FrameRequest>;

/** Free the slot of a member who fell silent. Only members who came before them may ask. */
export const FreeRequest = v.strictObject({ member: memberId });
/** The type of its validator. */
export type FreeRequest = v.InferOutput<typeof FreeRequest>;

/** A member as the others see them: their card, and an id that the server chose and that only means something in this room. */
export const Member = v.object({ id: memberId, card: bytes(MAX_CARD) });
/** The type of its validator. */
export type Member = v.InferOutput<typeof Member>;

/** Why the server refuses a request or disconnects a client. */
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
/** The type of its validator. */
export type RefusalCode = v.InferOutput<typeof RefusalCode>;

/** A refusal: an acknowledgement, or a `fault` event. */
export const Refusal = v.object({ error: RefusalCode });
/** The type of its validator. */
export type Refusal = v.InferOutput<typeof Refusal>;

const printable = v.pipe(v.string(), v.maxLength(256), v.regex(/^[\x21-\x7e]+$/));

/** A TURN server: its URIs and credentials. */
export const TurnOffer = v.object({
  urls: v.pipe(v.array(v.pipe(v.string(), v.check(isTurnUrl))), v.minLength(1), v.maxLength(MAX_TURN_URLS)),
  username: printable,
  credential: printable,
});
/** The type of its validator. */
export type TurnOffer = v.InferOutput<typeof TurnOffer>;

/** Bytes of the packed members in the answer to a join: an id and a card for each, after one byte of length each. */
const MAX_PACKED_MEMBERS = MAX_MEMBERS * (1 + MAX_MEMBER_ID + 1 + MAX_CARD);

/**
 * The answer to a join: the room's nameplate, the client's own id and resume token, and the members present in the order
 * they came, packed by {@link packWelcome}. They are packed because each byte string is an attachment, and
 * socket.io-parser takes ten at most. Without members the key is absent. `stunPort`: where the server's host answers
 * STUN. `turn`: relays that may be used if the user allows it.
 */
export const JoinReply = v.object({
  nameplate,
  self: memberId,
  token,
  members: v.optional(bytes(MAX_PACKED_MEMBERS)),
  stunPort: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(65_535))),
  turn: v.optional(v.pipe(v.array(TurnOffer), v.maxLength(MAX_TURN_OFFERS))),
});
/** The type of its validator. */
export type JoinReply = v.InferOutput<typeof JoinReply>;

/** A {@link JoinReply} with unpacked members. */
export interface Welcome extends Omit<JoinReply, 'members'> {
  readonly members: readonly Member[];
}

/** Packs the members as `lv(id, card, id, card, …)`. */
export function packWelcome({ members, ...rest }: Welcome): JoinReply {
  if (members.length === 0) return rest;
  return { ...rest, members: lv(...members.flatMap(({ id, card }) => [utf8(id), card])) };
}

/** The inverse of {@link packWelcome}. Cards are views on the packed bytes. Throws `damaged` if they are malformed. */
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

/** A forwarded frame, as its receiver gets it. */
export const FrameEvent = v.object({ from: memberId, data: bytes(MAX_HANDSHAKE_FRAME) });
/** The type of its validator. */
export type FrameEvent = v.InferOutput<typeof FrameEvent>;

/** The slot of a member was freed. */
export const LeftEvent = v.object({ member: memberId });
/** The type of its validator. */
export type LeftEvent = v.InferOutput<typeof LeftEvent>;

/** Peer to server. `join` and `leave` are acknowledged. */
export interface PeerEvents {
  join: (request: JoinRequest, reply: (answer: JoinReply | Refusal) => void) => void;
  frame: (request: FrameRequest) => void;
  free: (request: FreeRequest) => void;
  leave: (reply: () => void) => void;
}

/** Server to peer. After a `fault` the server disconnects, except after `unknown-member`. */
export interface ServerEvents {
  came: (member: Member) => void;
  left: (event: LeftEvent) => void;
  frame: (event: FrameEvent) => void;
  fault: (refusal: Refusal) => void;
}
