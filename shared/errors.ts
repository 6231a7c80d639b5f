/**
 * Every way things go wrong, in one table: a stable word for scripts, an exit code, and what to tell a person.
 * A word is part of the command line's contract: it may be added, never renamed.
 */

/** Exit codes of the programs, by meaning. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  authentication: 3,
  server: 4,
  noPath: 5,
  timeout: 6,
  peerGone: 7,
  interrupted: 130,
} as const;

/** One of the exit codes in {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface ErrorKind {
  readonly exit: ExitCode;
  /** What happened: one sentence. */
  readonly what: string;
  /** What to do: one sentence. */
  readonly hint: string;
}

const NEW_CODE = 'Agree on a new code with the other side and start again; never try the same one twice.';
const AGAIN = 'Start again on both sides with a new code.';
const TAMPERED =
  'Something between you and the other side changed or repeated data. Start again with a new code, if possible through another server.';

const KINDS = {
  // The meeting and its handshake.
  'wrong-code': {
    exit: EXIT.authentication,
    what: 'The codes do not match: one of you mistyped it, or someone between you guessed and guessed wrong.',
    hint: NEW_CODE,
  },
  'peer-abort': {
    exit: EXIT.authentication,
    what: 'The other side, or someone between you, says that it gave up the attempt.',
    hint: NEW_CODE,
  },
  silent: {
    exit: EXIT.timeout,
    what: 'Someone is in the room but does not answer.',
    hint: 'Nothing was given away and waiting goes on; check that the program of the other side is running.',
  },
  'no-answer': {
    exit: EXIT.authentication,
    what: 'The other side proved the code and then fell silent.',
    hint: NEW_CODE,
  },
  self: {
    exit: EXIT.authentication,
    what: 'The program was connected to itself: the server echoes, or both sides use the same identity.',
    hint: 'Use another server, or another --data folder where two programs run on one account.',
  },
  version: {
    exit: EXIT.authentication,
    what: 'The other side speaks no version of the protocol that this program knows.',
    hint: 'Install the same release on both sides.',
  },
  unexpected: { exit: EXIT.authentication, what: 'A handshake frame came out of turn.', hint: TAMPERED },
  damaged: { exit: EXIT.authentication, what: 'A frame arrived damaged.', hint: TAMPERED },
  'lost-frame': { exit: EXIT.authentication, what: 'A frame of the handshake was lost on the way.', hint: TAMPERED },
  'bad-identity': {
    exit: EXIT.authentication,
    what: 'The other side knows the code but could not prove the identity it showed.',
    hint: 'Do not trust this person; agree on a new code over another channel.',
  },
  'identity-changed': {
    exit: EXIT.authentication,
    what: 'Someone with another identity tried to come back in place of the other side.',
    hint: 'The attempt was refused; compare safety numbers before you go on.',
  },
  'bad-offer': {
    exit: EXIT.authentication,
    what: 'The other side sent a connection offer that this program does not accept.',
    hint: 'Install the same release on both sides.',
  },
  // The session.
  replay: { exit: EXIT.authentication, what: 'A frame of the conversation was repeated.', hint: AGAIN },
  gap: { exit: EXIT.authentication, what: 'Frames of the conversation are missing.', hint: AGAIN },
  forged: { exit: EXIT.authentication, what: 'A frame of the conversation was forged or altered.', hint: AGAIN },
  turn: { exit: EXIT.authentication, what: 'The other side changed keys out of turn.', hint: AGAIN },
  'no-rekey': { exit: EXIT.authentication, what: 'The other side stopped renewing its keys.', hint: AGAIN },
  'peer-protocol': {
    exit: EXIT.authentication,
    what: 'The other side sent something that breaks the protocol or its limits.',
    hint: 'Install the same release on both sides.',
  },
  // The server.
  'server-unreachable': {
    exit: EXIT.server,
    what: 'The rendezvous server cannot be reached.',
    hint: 'Check the address, or start one with "aparte signal".',
  },
  'server-refused': {
    exit: EXIT.server,
    what: 'The rendezvous server refused.',
    hint: 'Wait a minute and try again, or use another server.',
  },
  'room-full': {
    exit: EXIT.server,
    what: 'The place for two under this code is taken.',
    hint: 'Two have met there, or somebody holds it in silence: agree on a new code, and if that is taken, too, use another server.',
  },
  'bad-certificate': {
    exit: EXIT.usage,
    what: 'The TLS certificate or its key cannot be used.',
    hint: 'Both must be files in PEM that this user may read, the key without a passphrase and the one of the certificate.',
  },
  'several-rooms': {
    exit: EXIT.server,
    what: 'Different people wait under this number at different servers of yours, and no guess was risked at any.',
    hint: 'Name the one server the code was made at: by its invite, or with --server.',
  },
  'cannot-listen': {
    exit: EXIT.server,
    what: 'The rendezvous server cannot listen where it was told to.',
    hint: 'If the port is taken, stop the program that has it, or give "aparte signal" another --port; --host takes addresses of this machine.',
  },
  // The local network.
  'nobody-found': {
    exit: EXIT.timeout,
    what: 'Nobody with this code has been reached on the local network so far.',
    hint: 'The search goes on; check that the other side uses --lan, the same code and the same network, and no firewall is in the way, or take a server instead.',
  },
  'no-network': {
    exit: EXIT.server,
    what: 'This machine is in no network: only programs on the machine itself can be found.',
    hint: 'The search goes on; plug in a cable or join a Wi-Fi.',
  },
  'store-unreachable': {
    exit: EXIT.server,
    what: 'The Redis that the rendezvous servers share cannot be reached, or refused.',
    hint: 'Check that it runs, and the address in --redis; put an address with a password into APARTE_REDIS instead.',
  },
  'no-direct-path': {
    exit: EXIT.noPath,
    what: 'The two programs met, but no direct connection between them could be made.',
    hint: 'Try another network, or allow a relay with --relay allow on both sides; "aparte doctor" shows what works.',
  },
  timeout: {
    exit: EXIT.timeout,
    what: 'The other side did not come.',
    hint: 'Check that both sides meet the same way (by the same code and server, by --lan, or by the last invite and its answer), or wait longer with --timeout.',
  },
  'nothing-came': { exit: EXIT.timeout, what: 'The other side came, but sent nothing.', hint: 'Does it receive, too?' },
  // Manual pairing.
  'not-a-blob': {
    exit: EXIT.usage,
    what: 'There is no invite or answer of this program in what was given.',
    hint: 'Copy the whole text that begins with ap1i (an invite) or ap1a (an answer).',
  },
  'bad-blob': {
    exit: EXIT.usage,
    what: 'The invite or answer is damaged: a part is missing, or was changed on the way.',
    hint: 'Copy it again, from its first character to its last; if that does not help, have it sent another way.',
  },
  'blob-version': {
    exit: EXIT.usage,
    what: 'The invite or answer was made by another version of this program.',
    hint: 'Install the same release on both sides.',
  },
  'wrong-blob': {
    exit: EXIT.usage,
    what: 'An invite stands where the answer belongs, or an answer where an invite does.',
    hint: 'An invite (ap1i…) is given to "aparte --manual"; what that prints, the answer (ap1a…), goes back.',
  },
  'own-invite': {
    exit: EXIT.usage,
    what: 'This is the invite that was made here.',
    hint: 'Give it to the other side, and paste here what comes back.',
  },
  'other-invite': {
    exit: EXIT.usage,
    what: 'This is the answer to another invite.',
    hint: 'Check that the other side was given the last invite that was made here.',
  },
  'invite-answered': {
    exit: EXIT.usage,
    what: 'The invite has been answered already: it is good for one answer.',
    hint: 'Make another invite for another person.',
  },
  'pair-again': {
    exit: EXIT.peerGone,
    what: 'The connection did not come back by itself, and there is no server to find each other through.',
    hint: 'Pair once more: the side that invited first has a new invite for the other, whose answer goes back as before.',
  },
  'invite-expired': {
    exit: EXIT.timeout,
    what: 'The invite has expired: it was good for 10 minutes.',
    hint: 'Make a new one and send it at once.',
  },
  // The conversation.
  'peer-left': {
    exit: EXIT.peerGone,
    what: 'The other side left before all was delivered.',
    hint: 'Meet again with a new code and send it again.',
  },
  lost: {
    exit: EXIT.peerGone,
    what: 'The connection was lost and the other side did not come back.',
    hint: 'Meet again with a new code.',
  },
  'message-too-long': {
    exit: EXIT.usage,
    what: 'The message is longer than 65,536 bytes.',
    hint: 'Send it in parts.',
  },
  undelivered: {
    exit: EXIT.peerGone,
    what: 'Not everything was delivered before the end.',
    hint: 'Meet again with a new code and send it again.',
  },
  'not-delivered': {
    exit: EXIT.peerGone,
    what: 'Not everything has been delivered yet.',
    hint: 'Wait until it is, or type /quit again to leave all the same.',
  },
  'outbox-full': {
    exit: EXIT.peerGone,
    what: 'Too much is waiting to be delivered.',
    hint: 'Wait until the other side has received what was sent.',
  },
  // The user and the machine.
  'bad-command': {
    exit: EXIT.usage,
    what: 'The command was not understood.',
    hint: 'See "Scripts" in the README.',
  },
  usage: { exit: EXIT.usage, what: 'Wrong usage.', hint: 'See "aparte --help".' },
  'bad-code': {
    exit: EXIT.usage,
    what: 'This is not a code.',
    hint: 'A code is a nameplate, a dash and a secret, like 7-ocean-violin.',
  },
  'corrupt-data': {
    exit: EXIT.bug,
    what: 'A file in the data folder is damaged.',
    hint: 'It was kept aside under another name; look at it, then start again.',
  },
  'newer-data': {
    exit: EXIT.bug,
    what: 'A file in the data folder was written by a later release of this program.',
    hint: 'It was left as it is: install the latest release, or choose another folder with --data.',
  },
  'data-folder': {
    exit: EXIT.bug,
    what: 'The data folder cannot be used.',
    hint: 'Check its permissions and free space, or choose another with --data.',
  },
  'output-closed': {
    exit: EXIT.interrupted,
    what: 'What the program had to show could not be shown: its output was closed.',
    hint: 'Keep the reading end open until the program has ended.',
  },
  'output-failed': { exit: EXIT.bug, what: 'The output could not be written.', hint: 'Check its free space.' },
  interrupted: { exit: EXIT.interrupted, what: 'Interrupted.', hint: 'Nothing more will be sent.' },
  bug: {
    exit: EXIT.bug,
    what: 'Something unexpected happened inside the program.',
    hint: 'This is a bug: run again with APARTE_DEBUG=1 and report what it prints.',
  },
} as const satisfies Record<string, ErrorKind>;

/** A stable word that names one way things go wrong. */
export type ErrorCode = keyof typeof KINDS;

/** The exit code, the sentence and the hint of an error word. */
export function errorKind(code: ErrorCode): ErrorKind {
  return KINDS[code];
}

/**
 * A failure with a name. `message` is the sentence for people (with `detail` behind it, which must never hold a
 * secret), `hint` says what to do.
 */
export class AparteError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exit: ExitCode;
  /** What is known besides; empty where nothing is. */
  readonly detail: string;

  constructor(code: ErrorCode, detail?: string) {
    const kind = errorKind(code);
    super(detail === undefined ? kind.what : `${kind.what} (${detail})`);
    this.name = 'AparteError';
    this.code = code;
    this.hint = kind.hint;
    this.exit = kind.exit;
    this.detail = detail ?? '';
  }
}
