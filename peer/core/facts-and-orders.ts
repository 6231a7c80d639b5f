/**
 * What goes into a conversation and what comes out. Facts say what happened, orders what to do. Events are what a person
 * or a script is told; they can never hold a key.
 */
import type { AparteError, ExitCode } from '../../shared/errors.ts';
import type { Path, Route } from '../link/link.ts';
import type { RoomMember } from '../rendezvous/rendezvous.ts';

/** How a remote peer stands. */
export type PeerStatus = 'connecting' | 'connected' | 'reconnecting' | 'lost' | 'left';
/** What we know of a peer's identity. `changed`: their name belongs to another identity that we know. */
export type Trust = 'new' | 'known' | 'verified' | 'changed';

/** What the user is told. The JSON lines are these objects, except that an error is put into words. */
export type ChatEvent =
  | { readonly type: 'ready'; readonly version: string; readonly server: string | null; readonly name: string }
  | { readonly type: 'code'; readonly code: string; readonly invite: string | null }
  | {
      readonly type: 'peer';
      readonly peer: string;
      /** The identity, base64url, as `aparte peers --json` shows it; null before it is proven. */
      readonly id: string | null;
      readonly name: string;
      readonly status: PeerStatus;
      readonly path: Path | null;
      /** What carries the link from here. Path, protocol and round trip are null unless connected. */
      readonly protocol: Route['protocol'] | null;
      /** Last measured round trip in ms; null before the first one too. */
      readonly rtt: number | null;
      readonly trust: Trust;
      /** The safety number; null before `connected`. */
      readonly safety: string | null;
      /** The identity is our own: another program on the same data folder. */
      readonly own?: true;
      /** When the user verified the identity, as in `message`. Left out where they did not. */
      readonly verifiedAt?: string;
      /** The name that a known identity had before. Left out if it is the same. */
      readonly formerly?: string;
    }
  | {
      readonly type: 'message';
      readonly id: string;
      readonly peer: string;
      readonly name: string;
      readonly text: string;
      /** ISO 8601. */
      readonly at: string;
      /** The text is a piece of a stream, which has no line end behind it. */
      readonly raw?: true;
    }
  | { readonly type: 'sent'; readonly id: string; readonly ref: string | null }
  | { readonly type: 'delivered'; readonly id: string; readonly peer: string }
  | { readonly type: 'typing'; readonly peer: string; readonly on: boolean }
  /** Manual pairing: a text to hand to the other side. */
  | { readonly type: 'invite' | 'answer'; readonly blob: string }
  | { readonly type: 'signal'; readonly status: 'connected' | 'lost' | 'left' }
  | {
      readonly type: 'error';
      readonly error: AparteError;
      readonly fatal: boolean;
      /** The `ref` of the command that failed; left out where it had none. */
      readonly ref?: string;
      /** How many more times it has happened since the user was told; left out for an error that is told at once. */
      readonly times?: number;
    }
  | { readonly type: 'end'; readonly reason: string; readonly exit: ExitCode };

/**
 * What the program waits for, since when, and when it gives up (for `server`: tries again; null for never). Times are in
 * ms on the clock that never jumps. In manual pairing: until the `addresses` of this machine are found, for the `answer`
 * to our invite, until the other side is `taking` our answer.
 */
export interface Waiting {
  readonly for:
    | 'server'
    | 'peer'
    | 'addresses'
    | 'answer'
    | 'taking'
    | 'handshake'
    | 'path'
    | 'reconnect'
    | 'delivery'
    | null;
  readonly since: number;
  readonly until: number | null;
}

/** What a user or a script asks for. */
export type UserCommand =
  | { readonly type: 'send'; readonly text: string; readonly ref: string | null; readonly raw?: boolean }
  | { readonly type: 'typing'; readonly on: boolean }
  | { readonly type: 'verify'; readonly peer: string }
  /** Manual pairing: the answer of the other side, with whatever was copied around it. */
  | { readonly type: 'answer'; readonly blob: string }
  /** `ask`: the first time, stay if something is undelivered, and be told so (`not-delivered`). */
  | { readonly type: 'quit'; readonly ask?: true };

/** A peer remembered from earlier, by identity. */
export interface KnownPeer {
  /** 32 bytes, the long-term public key. */
  readonly id: Uint8Array;
  /** The last name. */
  readonly name: string;
  /** Earlier names, the oldest first. Left out: there was one name. */
  readonly earlier?: readonly string[];
  readonly verified: boolean;
  /** When it was verified, in ms since the epoch. Left out where it was not. */
  readonly verifiedAt?: number;
}

/** What happened to a rendezvous room, by the number that an `openRoom` or `openManualRoom` order gave it. */
export type RoomFact = { readonly room: number } & (
  | { readonly type: 'joined'; readonly nameplate: string; readonly members: readonly RoomMember[] }
  /** The room is on one more server, where `members` were before us. */
  | { readonly type: 'roomWidened'; readonly members: readonly RoomMember[] }
  | { readonly type: 'memberCame'; readonly member: RoomMember }
  | { readonly type: 'memberLeft'; readonly member: string }
  | { readonly type: 'gotHandshake'; readonly from: string; readonly bytes: Uint8Array }
  | { readonly type: 'roomLost'; readonly cause: AparteError; readonly retryAt: number }
  | { readonly type: 'roomResumed' }
  /** The rendezvous has something to tell the user. The room stays as it is. */
  | { readonly type: 'roomNoted'; readonly cause: AparteError }
  | { readonly type: 'roomRefused'; readonly cause: AparteError }
  /** Manual pairing: a text for the user to hand over, good until `until` (ms). */
  | { readonly type: 'blob'; readonly kind: 'invite' | 'answer'; readonly text: string; readonly until: number }
);

/** What happened to a link, by the number that an `openLink` order gave it. */
export type LinkFact = { readonly link: number } & (
  | { readonly type: 'linkDescription'; readonly sdp: string }
  | { readonly type: 'linkCandidate'; readonly bytes: Uint8Array }
  | { readonly type: 'linkOpened' }
  | { readonly type: 'linkFrame'; readonly bytes: Uint8Array }
  | ({ readonly type: 'linkPath' } & Route)
  | { readonly type: 'linkClosed'; readonly cause: AparteError }
);

/** What happened. */
export type Fact =
  | RoomFact
  | LinkFact
  /** The user has seen a peer's texts up to this one. They may be acknowledged. */
  | { readonly type: 'shown'; readonly peer: string; readonly seq: number }
  | { readonly type: 'command'; readonly command: UserCommand }
  /** No more commands will come. Pending texts are delivered, then we leave. */
  | { readonly type: 'inputEnded' }
  /** No answer to our invite can come any more, for `cause`. */
  | { readonly type: 'answersEnded'; readonly cause: AparteError }
  /** A signal asked the program to stop. We say goodbye and end with `interrupted`. */
  | { readonly type: 'interrupted' }
  /** Time has passed. Given at `wakeAt` or later. */
  | { readonly type: 'tick' };

/** What to do with a rendezvous room. */
type RoomOrder = { readonly room: number } /** Enter a room. A nameplate of null asks for a new one. */ & (
  | {
      readonly type: 'openRoom';
      readonly nameplate: string | null;
      readonly card: Uint8Array;
      readonly capacity: number;
    }
  /** Start a manual pairing. `invite` is the text with the invite of the other side, null to make one. */
  | { readonly type: 'openManualRoom'; readonly card: Uint8Array; readonly invite: string | null }
  /** Manual pairing: what the user pasted as the answer to our invite. */
  | { readonly type: 'takeAnswer'; readonly text: string }
  | { readonly type: 'sendHandshake'; readonly to: string; readonly bytes: Uint8Array }
  | { readonly type: 'freeMember'; readonly member: string }
  | { readonly type: 'leaveRoom' }
);

/** What to do with a link. */
type LinkOrder = {
  readonly link: number;
} /** Open a link to somebody in that room, or take the link that manual pairing has opened. */ & (
  | { readonly type: 'openLink'; readonly initiator: boolean; readonly room: number }
  /** Give our link the offer or answer of the other side. */
  | { readonly type: 'describeLink'; readonly kind: 'offer' | 'answer'; readonly sdp: string }
  | { readonly type: 'addCandidate'; readonly bytes: Uint8Array }
  | { readonly type: 'sendFrame'; readonly bytes: Uint8Array }
  | { readonly type: 'closeLink' }
);

/** What to do, in order, before the next fact is given. */
export type Order =
  | RoomOrder
  | LinkOrder
  /** Show this. For a text, give the fact `shown` with what is under `shown` here once the user has seen it. */
  | {
      readonly type: 'emit';
      readonly event: ChatEvent;
      readonly shown?: { readonly peer: string; readonly seq: number };
    }
  | { readonly type: 'remember'; readonly peer: KnownPeer }
  /** Everything is closed. No order follows. */
  | { readonly type: 'end' };
