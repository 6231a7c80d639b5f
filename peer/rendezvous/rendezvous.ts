/** The interface of every way to find each other. The conversation does not know which way is in use. */
import type { AparteError } from '../../shared/errors.ts';
import type { IceServer } from '../../shared/ice-servers.ts';
import type { Member } from '../../shared/signal-wire.ts';
import type { Link, LinkEvents } from '../link/link.ts';

/** Which room to enter, and with which card. */
export interface RoomRequest {
  /** Name of the room. Null asks the server for a new room; a room of a reconnect ticket always has a name. */
  readonly nameplate: string | null;
  /** Our card, as `encodeCard` makes it. */
  readonly card: Uint8Array;
  /** Number of people the room is for, ourselves included. The member who opens the room sets it. */
  readonly capacity: number;
}

/** What a rendezvous reports, in order, and never during a call to the {@link Rendezvous} itself. */
export interface RendezvousEvents {
  /**
   * We are in the room. `members` were there before us, in the order they came; we are B towards each of them.
   * `iceServers`: the STUN and TURN servers that the rendezvous offers. Their credentials are good for hours.
   */
  joined(nameplate: string, members: readonly RoomMember[], iceServers: readonly IceServer[]): void;
  /**
   * The room is on several servers, and we entered it on one more. `members` were there before us; we are B towards
   * each of them. `iceServers`: everything that is offered now. Always after `joined`.
   */
  widened?(members: readonly RoomMember[], iceServers: readonly IceServer[]): void;
  /** A member came after us; we are A towards them. */
  came(member: RoomMember): void;
  /** A member has left the room. */
  left(member: string): void;
  /** A frame from a member of our room, at most MAX_HANDSHAKE_FRAME bytes. */
  frame(from: string, bytes: Uint8Array): void;
  /** The connection is lost, for `cause`. The next try is at `retryAt`, in ms on the rendezvous' own clock. */
  lost(cause: AparteError, retryAt: number): void;
  /** The connection and our seat in the room are back. Frames sent meanwhile may be lost: send the last one again. */
  resumed(iceServers: readonly IceServer[]): void;
  /** A problem that the user should know about. The rendezvous goes on as before. */
  noted(cause: AparteError): void;
  /** The rendezvous is over: the room is full, or the server refused us. Nothing follows. */
  refused(cause: AparteError): void;
}

/** A room of a rendezvous, made by an {@link OpenRendezvous}. It starts connecting and joining at once. */
export interface Rendezvous {
  /** Forwards a frame to a member. Drops it while the connection is lost. */
  send(to: string, bytes: Uint8Array): void;
  /** Asks the server to remove a silent member. */
  free(member: string): void;
  /** Leaves the room and closes. Idempotent. Resolves when the server has confirmed, or after a second. */
  leave(): Promise<void>;
}

/** Starts to enter a room. */
export type OpenRendezvous = (request: RoomRequest, events: RendezvousEvents) => Rendezvous;

/** The other side of a manual pairing, as a member. */
export interface PairedMember extends Member {
  /**
   * What the two blobs add to the inputs of the handshake. `secret` is the invite's 16 secret bytes; the reader wipes
   * them after use.
   */
  readonly pairing: { readonly secret: Uint8Array; readonly context: Uint8Array };
}

/** A member of our room. */
export type RoomMember = Member | PairedMember;

/** What a manual pairing reports. */
export interface ManualEvents extends RendezvousEvents {
  /** A text for the user to hand to the other side, good until `until`, in ms on the rendezvous' own clock. */
  blob(kind: 'invite' | 'answer', text: string, until: number): void;
}

/** A manual pairing: its room has one other member, and one channel carries both the handshake and the session. */
export interface ManualRendezvous extends Rendezvous {
  /** Takes what the user pasted as the other side's answer. `noted` says what is wrong with it. */
  takeAnswer(pasted: string): void;
  /** Hands over the open channel. The caller closes it. */
  adoptLink(events: LinkEvents): Link;
}

/** Starts a manual pairing. `invite` is the text that holds the other side's invite, or null to make an invite. */
export type OpenManualRendezvous = (
  request: { readonly card: Uint8Array; readonly invite: string | null },
  events: ManualEvents,
) => ManualRendezvous;
