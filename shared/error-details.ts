/**
 * What is known of a failure besides its code: a key and its parameters, for code to compare. `peer/words/` puts each
 * key into words. No parameter ever holds a secret: no code, no key, no text of a message.
 */
import type { ErrorCode } from './error-codes.ts';

type NoParameters = unknown;

/** The parts of the protocol that can be malformed. */
export type WirePart =
  | 'base64'
  | 'card'
  | 'chunk'
  | 'claims'
  | 'connection'
  | 'departure'
  | 'fault'
  | 'flag'
  | 'frame'
  | 'frame-type'
  | 'hello'
  | 'identity'
  | 'integer'
  | 'list'
  | 'member'
  | 'message-id'
  | 'padding'
  | 'point'
  | 'proof'
  | 'reply'
  | 'sequence-number'
  | 'signal'
  | 'step'
  | 'utf8';

/** The rules that a remote peer can break with well-formed messages. */
export type PeerRule =
  | 'early-acknowledgement'
  | 'frames-never-sent'
  | 'goodbye-never-said'
  | 'message-length'
  | 'missing-messages'
  | 'part-length'
  | 'too-many-messages';

/** What a connection description may get wrong, by the part that is at fault. */
export type DescriptionFault =
  | 'candidate-count'
  | 'candidate-form'
  | 'candidate-length'
  | 'candidate-section'
  | 'characters'
  | 'credential'
  | 'cut-short'
  | 'fingerprint'
  | 'length'
  | 'line'
  | 'other-channel'
  | 'role'
  | 'section';

/** Why no direct path was found. */
export type DirectFault =
  | 'no-address-here'
  | 'no-address-there'
  | 'both-symmetric'
  | 'here-symmetric'
  | 'there-symmetric'
  | 'udp-blocked-here'
  | 'udp-blocked-there'
  | 'no-stun'
  | 'unreachable';

/** Why no relay helped. */
export type RelayFault =
  | 'withheld'
  | 'none-known'
  | 'only-relay-none-known'
  | 'unusable'
  | 'no-help'
  | 'no-help-try-only';

/**
 * Why nobody was found on the local network, as far as it can be told: another program holds UDP port 5353 alone; this
 * machine has more interfaces than are used; nothing came from any other machine; other machines use multicast DNS; other
 * rooms are announced.
 */
export type LanSilence = 'port-held' | 'interfaces-left-out' | 'no-multicast' | 'other-programs' | 'other-rooms';

/** Why one of several servers is out of use. */
export interface ServerFault {
  /** The server as the user knows it. */
  readonly name: string;
  /** Null: the server has not answered yet. */
  readonly cause: { readonly code: ErrorCode; readonly detail: ErrorDetail | null } | null;
}

/** The parameters of each key. */
export interface ErrorDetails {
  // Any module: a failure that the system named, by its code (`ECONNREFUSED`).
  'system-error': { readonly code: string };

  // shared: codes and invites.
  'code-too-long': NoParameters;
  'link-not-code': NoParameters;
  'code-without-dash': NoParameters;
  'bad-nameplate': { readonly max: number };
  'control-character': NoParameters;
  'secret-too-long': { readonly max: number };
  'bad-invite-link': NoParameters;
  'command-with-options': NoParameters;
  'bad-server-address': NoParameters;

  // shared, peer/crypto and peer/core: faults on the wire.
  malformed: { readonly part: WirePart };
  'frame-length': { readonly bytes: number };
  'too-many-signals': NoParameters;
  'out-of-turn': { readonly frame: string; readonly state: string };
  'broken-rule': { readonly rule: PeerRule };

  // peer/core.
  /** Said by an unsigned frame: by the remote peer, or by somebody between. */
  hearsay: NoParameters;
  'nothing-for': { readonly seconds: number };
  'room-lost': NoParameters;
  'went-away': NoParameters;
  'ended-before-proof': NoParameters;
  'fell-silent': NoParameters;
  'link-not-ready': { readonly seconds: number };
  'no-connection-in-time': NoParameters;
  'relay-not-allowed': { readonly by: 'us' | 'them' };
  undelivered: { readonly count: number };
  'not-all-came': NoParameters;
  'no-invite-made': NoParameters;
  'no-such-peer': NoParameters;
  'this-computer-only': NoParameters;
  'invite-from-other-side': NoParameters;

  // peer/link.
  'bad-description': { readonly fault: DescriptionFault };
  'no-path': { readonly direct: DirectFault | null; readonly relay: RelayFault | null };
  'closed-by-peer': NoParameters;
  'closed-here': NoParameters;
  'webrtc-error': { readonly code: string };
  'webrtc-not-loaded': NoParameters;
  'channel-full': NoParameters;
  'text-frame': NoParameters;
  'too-much-early': NoParameters;

  // peer/rendezvous.
  'http-status': { readonly status: number };
  'not-http': { readonly code: string };
  /** An HTTP redirect to the address `to`, null if it names no other server. */
  redirect: { readonly status: number; readonly to: string | null };
  /** HTTP 400 to a request without TLS. */
  'plain-http-refused': NoParameters;
  /** A connection without TLS was cut before any answer. */
  'cut-without-answer': { readonly code: string };
  'no-upgrade': NoParameters;
  'not-socketio': NoParameters;
  'no-answer-in-time': NoParameters;
  'no-connection': NoParameters;
  'connection-cut': NoParameters;
  'connection-closed': NoParameters;
  'shutting-down': NoParameters;
  'shared-store-away': NoParameters;
  /** The word that the server gave. */
  refusal: { readonly word: string };
  /** The answer to a join is malformed, at this field if it is known. */
  'bad-answer': { readonly field: string | null };
  'other-room': NoParameters;
  'too-many-events': NoParameters;
  'foreign-server': NoParameters;
  'room-taken': NoParameters;
  'same-server': NoParameters;
  servers: { readonly names: readonly string[] };
  'each-server': { readonly servers: readonly ServerFault[] };
  'one-server': { readonly of: number; readonly server: ServerFault };
  'lan-silence': { readonly cause: LanSilence };
  'lan-host-silent': { readonly address: string };
  'no-own-address': NoParameters;
  /** The loopback interface has no IPv4 address, which two programs on one machine need without a server. */
  'no-ipv4-loopback': NoParameters;
  'answer-not-taken': NoParameters;
  'expired-by-our-clock': NoParameters;
  'no-invite-yet': NoParameters;

  // peer/store.
  'file-error': { readonly code: string; readonly path: string };
  'file-vanished': { readonly file: string };
  /** A folder or file of the data folder that belongs to another user. */
  'owned-by-another': { readonly path: string };
  /** A folder or file of the data folder that other users can write. */
  'open-to-others': { readonly path: string };
  /** A FIFO, a device or a folder stands where a file must be. */
  'not-a-file': { readonly path: string };
  'damaged-files': { readonly files: readonly string[] };
  'damaged-identity': { readonly file: string; readonly aside: string };
  'newer-file': { readonly file: string };
  'not-remembered': { readonly name: string; readonly cause: ErrorDetail | null };
  'no-home': NoParameters;

  // peer/ui.
  'not-utf8': NoParameters;
  'line-too-long': { readonly max: number };
  'not-json': NoParameters;
  'no-type': NoParameters;
  'unknown-type': NoParameters;
  'bad-field': { readonly field: string };
  'output-not-read': NoParameters;
  'output-not-open': NoParameters;

  // peer/main: the command line.
  /** The words of the library that reads the command line. */
  'command-line': { readonly text: string };
  /** The argument of `send` is the path of something that exists. */
  'file-given': { readonly path: string };
  'meant-command': { readonly command: string };
  'no-terminal': { readonly for: 'code' | 'invite' | 'agreed-code' };
  'manual-invite': { readonly command: string };
  'manual-answer': NoParameters;
  'ice-server-form': { readonly options: string; readonly form: string };
  'lan-with-server': NoParameters;
  'lan-with-host': NoParameters;
  'host-with-server': NoParameters;
  'manual-with-other-way': NoParameters;
  'code-without-manual': NoParameters;
  'invite-with-option': { readonly option: '--lan' | '--host' };
  'nothing-to-send': { readonly from: 'option' | 'input' };
  'input-not-utf8': NoParameters;
  /** The code of the system for why standard input cannot be read. */
  'input-failed': { readonly code: string };
  'input-used-twice': NoParameters;
  'agreed-code-length': { readonly max: number };
  'answer-missing': NoParameters;
  'sent-nothing': NoParameters;
  'input-not-all-sent': NoParameters;
  'no-webassembly': NoParameters;
  /** How many more files must be open at once. */
  'too-few-files': { readonly needed: number };
  /** The folder that holds the program, but not the library for connections. */
  'server-only-folder': { readonly folder: string };
  'port-held': { readonly port: number };
  'not-our-address': { readonly host: string };

  // signaling.
  'cannot-bind': { readonly service: 'metrics' | 'stun'; readonly port: number; readonly code: string };
  'certificate-key-mismatch': { readonly files: readonly [certificate: string, key: string] };
  'certificate-file': {
    readonly path: string;
    readonly fault: 'no-certificate' | 'no-key' | 'unreadable' | 'unusable';
    /** The code of the system or of OpenSSL, null if there is none. */
    readonly code: string | null;
  };
  /** The address of Redis says the opposite. */
  'redis-tls': { readonly isSpoken: boolean };
}

/** The name of one thing that can be known of a failure. */
export type ErrorDetailKey = keyof ErrorDetails;

/** A key with its parameters. */
export type ErrorDetail = {
  readonly [Key in ErrorDetailKey]: { readonly key: Key } & ErrorDetails[Key];
}[ErrorDetailKey];
