/** The one interface of every way to find each other. The session, the handshake and the UI do not know which is in use. */
import type { AparteError } from '../../shared/errors.ts';
import type { IceServer } from '../../shared/ice-servers.ts';
import type { Member } from '../../shared/signal-wire.ts';
import type { Link, LinkEvents } from '../link/link.ts';

/** Somebody in our room. */
export interface RoomMember extends Member {
  /**
   * What manual pairing adds to the inputs of the handshake: the invite's 16 secret bytes, which whoever takes this
   * wipes once they are used, and the context. Left out everywhere else.
   */
  readonly pairing?: { readonly secret: Uint8Array; readonly context: Uint8Array };
}

/** What to enter the meeting place with. */
export interface JoinRequest {
  /** The room's name; `null` asks for a fresh one (not with tickets). */
  readonly nameplate: string | null;
  /** Our card, as `encodeCard` makes it. */
  readonly card: Uint8Array;
  /** How many people the room is for, ourselves included. Counts for the one who opens it. */
  readonly capacity: number;
  /** To meet by hand: the text that holds the other side's invite, null to make one. Left out everywhere else. */
  readonly manual?: { readonly invite: string | null } | undefined;
}

/** What a rendezvous tells. Called in order, never during a call of the {@link Rendezvous} itself. */
export interface RendezvousEvents {
  /**
   * We are in. `members` were there before us, in the order they came; we are B towards each of them. `iceServers`:
   * the STUN and TURN servers this rendezvous offers, with credentials good for the next hours.
   */
  joined(nameplate: string, members: readonly RoomMember[], iceServers: readonly IceServer[]): void;
  /**
   * The room is on several servers and we are in on a further one, under the same nameplate. `members` were there before
   * us: we are B towards each of them. `iceServers`: all that are offered now. Only ever after `joined`.
   */
  widened?(members: readonly RoomMember[], iceServers: readonly IceServer[]): void;
  /** Somebody came after us; we are A towards him. */
  came(member: RoomMember): void;
  /** A member's place was freed. */
  left(member: string): void;
  /** A frame from a member of our room, at most MAX_HANDSHAKE_FRAME bytes. */
  frame(from: string, bytes: Uint8Array): void;
  /** The connection is gone and is being tried again at `retryAt` (ms, on the clock the rendezvous was given); `cause` says why. */
  lost(cause: AparteError, retryAt: number): void;
  /** The connection is back and so is our place: frames sent meanwhile may be lost, so send the last again. */
  resumed(iceServers: readonly IceServer[]): void;
  /** Something the user should know while it goes on as before. */
  noted(cause: AparteError): void;
  /** It is over for good: the room is full, the server refused us. Nothing comes after this. */
  refused(cause: AparteError): void;
  /** Manual pairing: a text for the user to hand to the other side, good until `until` (ms, as `retryAt`). */
  blob?(kind: 'invite' | 'answer', text: string, until: number): void;
}

/** A place to meet. Made by a `OpenRendezvous`, which starts connecting and joining at once. */
export interface Rendezvous {
  /** Forwards a frame to a member. Frames sent while the connection is lost are dropped. */
  send(to: string, bytes: Uint8Array): void;
  /** Asks that the place of a silent member be freed. */
  free(member: string): void;
  /** Manual pairing: takes what the user says the other side handed back. */
  take?(pasted: string): void;
  /** The link to the other side that is there already, where there is one; it is closed by whoever takes it. */
  adopt?(events: LinkEvents): Link;
  /** Leaves the room and closes. Idempotent; resolves once the server has let go, or after a second. */
  leave(): Promise<void>;
}

/** Starts to meet. */
export type OpenRendezvous = (request: JoinRequest, events: RendezvousEvents) => Rendezvous;
