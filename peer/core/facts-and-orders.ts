/**
 * What goes into the conversation and what comes out. Facts are named for what happened, orders for what to do;
 * events are what a person or a script is told, and can never hold a key.
 */
import type { AparteError, ExitCode } from '../../shared/errors.ts';
import type { Path, Route } from '../link/link.ts';
import type { RoomMember } from '../rendezvous/rendezvous.ts';

/** How a remote peer stands. */
export type PeerStatus = 'connecting' | 'connected' | 'reconnecting' | 'lost' | 'left';
/** What we know of a peer's identity. `changed`: a name that belongs to another identity we know. */
export type Trust = 'new' | 'known' | 'verified' | 'changed';

/** Told to the user interface; the JSON lines are these objects. */
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
      /** What carries the link from here; null, as all three, unless connected. */
      readonly protocol: Route['protocol'] | null;
      /** Last measured round trip in ms, null too while there is none. */
      readonly rtt: number | null;
      readonly trust: Trust;
      /** The safety number, null before `connected`. */
      readonly safety: string | null;
      /** The identity is our own: another program on the same data folder. */
      readonly own?: true;
      /** When the user verified the identity, as in `message`. Left out where they did not. */
      readonly verifiedAt?: string;
      /** What an identity that was seen before called itself then, where that is another name. */
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
      /** The text is a piece of a stream: no line end belongs behind it. */
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
 * What the program waits for just now, since when; `until` is when it gives up, for `server` when it tries again; null
 * for never. In manual pairing: for the `addresses` of this machine to be found, for the `answer` to our invite, for
 * the other side's `taking` our answer. Times in ms on the clock that never jumps.
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
  /** Manual pairing: what the other side handed back, with whatever was copied around it. */
  | { readonly type: 'answer'; readonly blob: string }
  /** `ask`: where something is undelivered, be told so (`not-delivered`) and stay, the first time. */
  | { readonly type: 'quit'; readonly ask?: true };

/** A peer remembered from earlier, by identity. */
export interface KnownPeer {
  /** 32 bytes, the long-term public key. */
  readonly id: Uint8Array;
  /** What it called itself last. */
  readonly name: string;
  /** What it called itself before, the first of all first. Left out: it has had one name. */
  readonly earlier?: readonly string[];
  readonly verified: boolean;
  /** When it was verified, in ms since the epoch. Left out where it was not. */
  readonly verifiedAt?: number;
}

/** What happened. `room` and `link` are the numbers that `openRoom` and `openLink` orders gave. */
export type Fact =
  | {
      readonly type: 'joined';
      readonly room: number;
      readonly nameplate: string;
      readonly members: readonly RoomMember[];
    }
  /** The place is also on a further server, where `members` were before us. */
  | { readonly type: 'roomWidened'; readonly room: number; readonly members: readonly RoomMember[] }
  | { readonly type: 'memberCame'; readonly room: number; readonly member: RoomMember }
  | { readonly type: 'memberLeft'; readonly room: number; readonly member: string }
  | { readonly type: 'gotHandshake'; readonly room: number; readonly from: string; readonly bytes: Uint8Array }
  | { readonly type: 'roomLost'; readonly room: number; readonly cause: AparteError; readonly retryAt: number }
  | { readonly type: 'roomResumed'; readonly room: number }
  /** What the user should be told of a place; it stays as it is. */
  | { readonly type: 'roomNoted'; readonly room: number; readonly cause: AparteError }
  | { readonly type: 'roomRefused'; readonly room: number; readonly cause: AparteError }
  /** Manual pairing: a text for the user to hand over, good until `until` (ms). */
  | {
      readonly type: 'blob';
      readonly room: number;
      readonly kind: 'invite' | 'answer';
      readonly text: string;
      readonly until: number;
    }
  | { readonly type: 'linkDescription'; readonly link: number; readonly sdp: string }
  | { readonly type: 'linkCandidate'; readonly link: number; readonly bytes: Uint8Array }
  | { readonly type: 'linkOpened'; readonly link: number }
  | { readonly type: 'linkFrame'; readonly link: number; readonly bytes: Uint8Array }
  | ({ readonly type: 'linkPath'; readonly link: number } & Route)
  | { readonly type: 'linkClosed'; readonly link: number; readonly cause: AparteError }
  /** The incoming messages of a peer up to this one have been put before the user: they may be acknowledged. */
  | { readonly type: 'shown'; readonly peer: string; readonly seq: number }
  | { readonly type: 'command'; readonly command: UserCommand }
  /** No more commands will come: deliver what is pending, then leave. */
  | { readonly type: 'inputEnded' }
  /** Nobody can hand us an answer to our invite any more, for `cause`, and nobody has. */
  | { readonly type: 'answersEnded'; readonly cause: AparteError }
  /** A signal asked the program to stop: say goodbye, end with `interrupted`. */
  | { readonly type: 'interrupted' }
  /** Time has passed: given at `wakeAt` or later. */
  | { readonly type: 'tick' };

/** What happened to a link. */
export type LinkFact = Extract<Fact, { link: number }>;

/** What happened to a rendezvous room. */
export type RoomFact = Extract<Fact, { room: number }>;

/** What to do, in order, before the next fact is given. */
export type Order =
  /** Enter a rendezvous room; `nameplate` null asks for a fresh one. */
  | {
      readonly type: 'openRoom';
      readonly room: number;
      readonly nameplate: string | null;
      readonly card: Uint8Array;
      readonly capacity: number;
    }
  /** Start a manual pairing; `invite` is the text with the other side's invite, null to make one. */
  | {
      readonly type: 'openManualRoom';
      readonly room: number;
      readonly card: Uint8Array;
      readonly invite: string | null;
    }
  /** Manual pairing: what the user says is the answer to the invite made there. */
  | { readonly type: 'takeAnswer'; readonly room: number; readonly text: string }
  | { readonly type: 'sendHandshake'; readonly room: number; readonly to: string; readonly bytes: Uint8Array }
  | { readonly type: 'freeMember'; readonly room: number; readonly member: string }
  | { readonly type: 'leaveRoom'; readonly room: number }
  /** Open a link to somebody met at that place, or take the one there is already. */
  | { readonly type: 'openLink'; readonly link: number; readonly initiator: boolean; readonly room: number }
  /** The other side's offer or answer, for our link. */
  | { readonly type: 'describeLink'; readonly link: number; readonly kind: 'offer' | 'answer'; readonly sdp: string }
  | { readonly type: 'addCandidate'; readonly link: number; readonly bytes: Uint8Array }
  | { readonly type: 'sendFrame'; readonly link: number; readonly bytes: Uint8Array }
  | { readonly type: 'closeLink'; readonly link: number }
  /** Show this. For a message, give the fact `shown` with what is under `shown` here once it has been. */
  | {
      readonly type: 'emit';
      readonly event: ChatEvent;
      readonly shown?: { readonly peer: string; readonly seq: number };
    }
  | { readonly type: 'remember'; readonly peer: KnownPeer }
  /** Everything is wound up. No order follows. */
  | { readonly type: 'end' };
