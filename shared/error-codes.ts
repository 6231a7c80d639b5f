/**
 * The stable words that name what can go wrong, and the exit code of each. Scripts rely on both: a word may be added,
 * never renamed or removed. The sentences that people read are in `peer/words/`.
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

/** The exit code of each error. */
export const EXIT_OF = {
  // Meeting and handshake.
  /** The two sides used different codes, or somebody guessed. */
  'wrong-code': EXIT.authentication,
  /** Somebody said that they gave up the handshake. Nobody signs this, so the sender is unknown. */
  'peer-abort': EXIT.authentication,
  /** Somebody is in the room and answers nothing. No guess was risked yet. */
  silent: EXIT.timeout,
  /** The remote peer proved the code and then stopped answering. */
  'no-answer': EXIT.authentication,
  /** The program met itself, or a program with the same identity. */
  self: EXIT.authentication,
  /** The two programs share no version of the protocol. */
  version: EXIT.authentication,
  /** A handshake frame came in a state that does not allow it. */
  unexpected: EXIT.authentication,
  /** Bytes that cannot be decoded or opened. */
  damaged: EXIT.authentication,
  /** A sealed frame of the handshake is missing. */
  'lost-frame': EXIT.authentication,
  /** The remote peer knows the code, but did not prove the identity that they claim. */
  'bad-identity': EXIT.authentication,
  /** Another identity tried to resume the conversation. */
  'identity-changed': EXIT.authentication,
  /** A connection offer, answer or candidate is malformed. */
  'bad-offer': EXIT.authentication,
  // The session.
  /** A frame was repeated. */
  replay: EXIT.authentication,
  /** A frame is missing. */
  gap: EXIT.authentication,
  /** A frame cannot be opened. */
  forged: EXIT.authentication,
  /** The remote peer renewed keys when it was not their turn. */
  turn: EXIT.authentication,
  /** The remote peer has not renewed keys for too long. */
  'no-rekey': EXIT.authentication,
  /** The remote peer broke a rule or a limit of the protocol. */
  'peer-protocol': EXIT.authentication,
  // The server.
  /** No connection to the rendezvous server; retries go on. */
  'server-unreachable': EXIT.server,
  /** The rendezvous server turned the request down, or is none of ours. */
  'server-refused': EXIT.server,
  /** Two others are in the room. */
  'room-full': EXIT.server,
  /** A TLS certificate or its key cannot be used. */
  'bad-certificate': EXIT.usage,
  /** Different people wait under one nameplate at several servers. */
  'several-rooms': EXIT.server,
  /** A port or an address cannot be opened. */
  'cannot-listen': EXIT.server,
  /** The Redis that servers share cannot be reached at start. */
  'store-unreachable': EXIT.server,
  // The local network.
  /** Nobody with this code was reached yet; the search goes on. */
  'nobody-found': EXIT.timeout,
  /** No network interface is up; the search goes on. */
  'no-network': EXIT.server,
  /** Nobody else is in the room of a code that the user was given. Waiting goes on. */
  'nobody-yet': EXIT.timeout,
  // The path between the peers.
  /** No direct connection could be made. */
  'no-direct-path': EXIT.noPath,
  /** The remote peer did not come in time. */
  timeout: EXIT.timeout,
  /** The remote peer came, and sent no text in time. */
  'nothing-came': EXIT.timeout,
  // Manual pairing.
  /** A pasted text holds no invite or answer. */
  'not-a-blob': EXIT.usage,
  /** An invite or answer is incomplete or was changed. */
  'bad-blob': EXIT.usage,
  /** An invite or answer of another protocol version. */
  'blob-version': EXIT.usage,
  /** An invite where an answer belongs, or the reverse. */
  'wrong-blob': EXIT.usage,
  /** The user pasted the invite that was made here. */
  'own-invite': EXIT.usage,
  /** An answer to an invite that is not ours. */
  'other-invite': EXIT.usage,
  /** A second answer to one invite. */
  'invite-answered': EXIT.usage,
  /** The path is lost and only a new manual pairing can bring it back. */
  'pair-again': EXIT.peerGone,
  /** The invite is older than its life time. */
  'invite-expired': EXIT.timeout,
  // The conversation.
  /** The remote peer left before everything was delivered. */
  'peer-left': EXIT.peerGone,
  /** The connection was lost and did not come back in time. */
  lost: EXIT.peerGone,
  /** A text longer than a message may be. */
  'message-too-long': EXIT.usage,
  /** The conversation ended with undelivered messages. */
  undelivered: EXIT.peerGone,
  /** The remote peer is not looking for us: perhaps their program has ended. The search goes on. */
  'not-back': EXIT.peerGone,
  /** The user wants to leave while messages are undelivered. */
  'not-delivered': EXIT.peerGone,
  /** Too many undelivered messages or bytes. */
  'outbox-full': EXIT.peerGone,
  // The user and the machine.
  /** A command of a script or of the chat is malformed or cannot be obeyed now. */
  'bad-command': EXIT.usage,
  /** A command line that cannot be obeyed. */
  usage: EXIT.usage,
  /** A text that is no code and no invite. */
  'bad-code': EXIT.usage,
  /** A file in the data folder is damaged. */
  'corrupt-data': EXIT.bug,
  /** A file in the data folder was written by a later release. */
  'newer-data': EXIT.bug,
  /** The system refused access to the data folder. */
  'data-folder': EXIT.bug,
  /** The system lacks something that the program needs. */
  'cannot-run': EXIT.bug,
  /** The reader of our output went away. */
  'output-closed': EXIT.interrupted,
  /** The output has no room left. */
  'output-failed': EXIT.bug,
  /** A signal asked the program to end. */
  interrupted: EXIT.interrupted,
  /** An invariant of the program was broken. */
  bug: EXIT.bug,
} as const satisfies Record<string, ExitCode>;

/** A stable word that names one way things go wrong. */
export type ErrorCode = keyof typeof EXIT_OF;
