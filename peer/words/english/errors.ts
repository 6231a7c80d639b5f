/** What each error means, and what the user can do, in English. */
import type { ErrorCode } from '../../../shared/errors.ts';

/** Two sentences about an error. */
export interface ErrorWords {
  /** What happened, without a colon. A colon and a detail may take the place of its full stop. */
  readonly what: string;
  /** What to do. */
  readonly hint: string;
}

const NEW_CODE = 'Agree on a new code with the other side and start again. Never try the same code twice.';
const AGAIN = 'Start again on both sides with a new code.';
const TAMPERED =
  'Something between you and the other side changes or repeats data. Start again with a new code, through another server if you can.';
const SAME_RELEASE = 'Install the same release on both sides.';

/** The words for every error code. */
export const ERROR_WORDS: Readonly<Record<ErrorCode, ErrorWords>> = {
  // Meeting and handshake.
  'wrong-code': {
    what: 'The codes do not match, so one of you mistyped the code, or somebody between you tried to guess it.',
    hint: NEW_CODE,
  },
  'peer-abort': {
    what: 'The handshake was broken off by the other side, or by somebody between you.',
    hint: NEW_CODE,
  },
  silent: {
    what: 'Somebody is in the room but does not answer.',
    hint: 'Nothing was risked and the program keeps waiting. Check that the program on the other side is running.',
  },
  'no-answer': { what: 'The other side proved the code and then stopped answering.', hint: NEW_CODE },
  self: {
    what: 'The program met itself, because the server echoes or both sides use the same identity.',
    hint: 'Use another server. If both programs run under one account, give one of them another --data folder.',
  },
  version: {
    what: 'The other side uses a version of the protocol that this program does not know.',
    hint: SAME_RELEASE,
  },
  unexpected: { what: 'A handshake frame came at the wrong time.', hint: TAMPERED },
  damaged: { what: 'Damaged data arrived.', hint: TAMPERED },
  'lost-frame': { what: 'A handshake frame was lost on the way.', hint: TAMPERED },
  'bad-identity': {
    what: 'The other side knows the code but could not prove their identity.',
    hint: 'Do not trust this person. Agree on a new code over another channel.',
  },
  'identity-changed': {
    what: 'Somebody with another identity tried to take the place of the other side.',
    hint: 'They were refused. Compare safety numbers before you go on.',
  },
  'bad-offer': {
    what: 'The other side sent a connection offer that this program does not accept.',
    hint: SAME_RELEASE,
  },
  // The session.
  replay: { what: 'Data of the conversation arrived twice.', hint: AGAIN },
  gap: { what: 'Data of the conversation is missing.', hint: AGAIN },
  forged: { what: 'Data of the conversation was forged or changed.', hint: AGAIN },
  turn: { what: 'The other side renewed their keys at the wrong time.', hint: AGAIN },
  'no-rekey': { what: 'The other side stopped renewing their keys.', hint: AGAIN },
  'peer-protocol': { what: 'The other side broke the protocol or its limits.', hint: SAME_RELEASE },
  // The server.
  'server-unreachable': {
    what: 'Cannot reach the server.',
    hint: 'Check the address, or start a server with "aparte signal".',
  },
  'server-refused': {
    what: 'The server refused.',
    hint: 'Wait a minute and try again, or use another server.',
  },
  'room-full': {
    what: 'Two people are already in the room of this code.',
    hint: 'Agree on a new code. If its room is full too, use another server.',
  },
  'bad-certificate': {
    what: 'The TLS certificate or its key cannot be used.',
    hint: 'Give two readable PEM files that belong together. The key must have no passphrase.',
  },
  'several-rooms': {
    what: 'Different people wait under this number at several of your servers, so no guess was risked.',
    hint: 'Name the server where the code was made: give its invite, or --server.',
  },
  'cannot-listen': {
    what: 'The server cannot listen.',
    hint: 'If the port is taken, stop the program that uses it or choose another --port. --host needs an address of this machine.',
  },
  'store-unreachable': {
    what: 'Cannot use the Redis that the servers share.',
    hint: 'Check that Redis runs, and check the address. Put an address with a password into APARTE_REDIS.',
  },
  // The local network.
  'nobody-found': {
    what: 'Nobody with this code was reached on the local network yet.',
    hint: 'The search goes on. Check that both sides use --lan, the same code and the same network. Or use a server.',
  },
  'no-network': {
    what: 'This machine is not on any network, so only programs on the machine itself can be found.',
    hint: 'The search goes on. Connect to a network.',
  },
  // The path between the peers.
  'nobody-yet': {
    what: 'Nobody is here under this code yet.',
    hint: 'A code works once: ask whether it was used, or whether they use another server.',
  },
  'no-direct-path': {
    what: 'No direct connection could be made.',
    hint: 'Try another network, or use --relay allow on both sides. "aparte doctor" shows what works here.',
  },
  timeout: {
    what: 'The other side did not come.',
    hint: 'Check that both sides use the same code and server, or --lan, or the latest invite and its answer. To wait longer, use --timeout.',
  },
  'nothing-came': {
    what: 'The other side came but sent nothing.',
    hint: 'Check that the other side sends and does not receive too.',
  },
  // Manual pairing.
  'not-a-blob': {
    what: 'The text holds no invite and no answer.',
    hint: 'Copy the whole text that begins with ap1i (an invite) or ap1a (an answer).',
  },
  'bad-blob': {
    what: 'The invite or answer is damaged, because a part is missing or was changed.',
    hint: 'Copy it again from its first to its last character. If that does not help, send it another way.',
  },
  'blob-version': {
    what: 'The invite or answer was made by another version of this program.',
    hint: SAME_RELEASE,
  },
  'wrong-blob': {
    what: 'This is an invite where an answer is needed, or the other way round.',
    hint: 'Give an invite (ap1i…) to "aparte --manual". Send back the answer (ap1a…) that it prints.',
  },
  'own-invite': {
    what: 'This is the invite that was made here.',
    hint: 'Send it to the other side, and paste the answer that they send back.',
  },
  'other-invite': {
    what: 'This answer belongs to another invite.',
    hint: 'Check that the other side was given the latest invite that was made here.',
  },
  'invite-answered': {
    what: 'The invite has already been answered, and an invite works once.',
    hint: 'Make another invite for another person.',
  },
  'pair-again': {
    what: 'The connection did not come back, and there is no server to meet at.',
    hint: 'Pair again: the side that made the first invite sends a new one and gets its answer back.',
  },
  'invite-expired': {
    what: 'The invite is older than 10 minutes and has expired.',
    hint: 'Make a new invite and send it at once.',
  },
  // The conversation.
  'peer-left': {
    what: 'The other side left before everything was delivered.',
    hint: 'Meet again with a new code and send it again.',
  },
  lost: {
    what: 'The connection was lost and did not come back.',
    hint: 'Meet again with a new code.',
  },
  'message-too-long': { what: 'The message is longer than 65,536 bytes.', hint: 'Send it in parts.' },
  undelivered: {
    what: 'Not everything was delivered.',
    hint: 'Meet again with a new code and send it again.',
  },
  'not-back': {
    what: 'The other side has not come back.',
    hint: 'If their program has ended, it cannot come back. Then leave, and meet with a new code.',
  },
  'not-delivered': {
    what: 'Not everything has been delivered yet.',
    hint: 'Wait a moment, or type /quit again to leave anyway.',
  },
  'outbox-full': {
    what: 'Too many messages are waiting for delivery.',
    hint: 'Wait until the other side has received them.',
  },
  // The user and the machine.
  'bad-command': { what: 'The command was not understood.', hint: 'See docs/JSON.md, or type /help in a chat.' },
  usage: { what: 'This command cannot be run.', hint: 'See "aparte --help".' },
  'bad-code': {
    what: 'This is not a code.',
    hint: 'A code is a number or a word, a dash and a secret, for example 7-ocean-violin.',
  },
  'corrupt-data': {
    what: 'A file in the data folder is damaged.',
    hint: 'It was kept under another name. Look at it, then start again.',
  },
  'newer-data': {
    what: 'A file in the data folder was written by a later release.',
    hint: 'It was not changed. Install the latest release, or choose another folder with --data.',
  },
  'data-folder': {
    what: 'The data folder cannot be used.',
    hint: 'Check its permissions and free space, or choose another folder with --data.',
  },
  'cannot-run': {
    what: 'The program cannot run here.',
    hint: 'Run it on a system that has what it needs.',
  },
  'output-closed': {
    what: 'The output was closed before everything was shown.',
    hint: 'Keep the reading program open until this program has ended.',
  },
  'output-failed': { what: 'The output could not be written.', hint: 'Free some space and start again.' },
  interrupted: { what: 'Interrupted.', hint: 'Nothing more is sent.' },
  bug: {
    what: 'Something unexpected happened inside the program.',
    hint: 'This is a bug: run again with APARTE_DEBUG=1 and report what it prints.',
  },
};
