/** What each detail of an error adds to its sentence, in English: a text without a capital or a full stop. */
import type {
  DescriptionFault,
  DirectFault,
  ErrorDetail,
  ErrorDetailKey,
  LanSilence,
  PeerRule,
  RelayFault,
  ServerFault,
  WirePart,
} from '../../../shared/error-details.ts';
import { ERROR_WORDS } from './errors.ts';

/** A text behind the colon. `hint`, where given, is better advice than that of the error's code. */
type Continuation = string | { readonly text: string; readonly hint: string };

/** A text behind the colon, or whole sentences `instead` of the sentence and the advice of the error's code. */
export type DetailWords = Continuation | { readonly instead: string; readonly hint: string };

type Described = {
  readonly [Key in ErrorDetailKey]: DetailWords | ((detail: Extract<ErrorDetail, { key: Key }>) => DetailWords);
};

/** The words for a detail. */
export function detailWords(detail: ErrorDetail): DetailWords {
  // The table pairs each key with a function of its own parameters; TypeScript cannot follow that through a union.
  const words = DETAIL_WORDS[detail.key] as DetailWords | ((of: ErrorDetail) => DetailWords);
  return typeof words === 'function' ? words(detail) : words;
}

/** The text of a detail, without its advice. */
function textOf(detail: ErrorDetail): string {
  const words = detailWords(detail);
  if (typeof words === 'string') return words;
  return 'text' in words ? words.text : words.instead;
}

const LATER = 'Try again in a minute, or use another server.';
const TRUST = 'If you made the certificate, name the file of its issuer in NODE_EXTRA_CA_CERTS.';
const NO_TLS = {
  text: 'it does not speak TLS',
  hint: 'Check the port, or type http:// in place of https:// in the address.',
};
const UNKNOWN_ISSUER = 'its TLS certificate comes from an unknown authority';
const TOO_MUCH = 'it sent more than the limit';

/** Codes of Node, c-ares, OpenSSL and our WebSocket. A code that is not listed is shown alone. */
const SYSTEM_ERRORS: Readonly<Record<string, Continuation>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'no host has that name',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no route to that host',
  ENETUNREACH: 'there is no network',
  EACCES: 'the system does not allow it',
  EPERM: 'the system does not allow it',
  EADDRINUSE: 'the port is taken',
  EADDRNOTAVAIL: 'the address is not one of this machine',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a file stands where a folder must be',
  EISDIR: 'a folder stands where a file must be',
  EEXIST: 'a file stands where a folder must be',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  CERT_NOT_YET_VALID: 'its TLS certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: { text: 'its TLS certificate is self-signed', hint: TRUST },
  SELF_SIGNED_CERT_IN_CHAIN: { text: UNKNOWN_ISSUER, hint: TRUST },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { text: UNKNOWN_ISSUER, hint: TRUST },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { text: UNKNOWN_ISSUER, hint: TRUST },
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: TOO_MUCH,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: TOO_MUCH,
  NO_PACKET: 'it does not speak Socket.IO',
  TOO_MANY_PINGS: 'it sent pings and read no answers',
};

function systemError(code: string): Continuation {
  const words = SYSTEM_ERRORS[code];
  if (words === undefined) return code;
  return typeof words === 'string' ? `${words} (${code})` : { ...words, text: `${words.text} (${code})` };
}

function systemErrorText(code: string): string {
  const words = systemError(code);
  return typeof words === 'string' ? words : words.text;
}

/** The words with which a server refuses (docs/PROTOCOL.md, section 4). A word that is not listed is shown alone. */
const REFUSALS: Readonly<Record<string, DetailWords>> = {
  'unknown-room': 'the room is gone',
  'unknown-member': 'our place in the room is gone',
  'already-joined': 'another program took our place in the room',
  invalid: { text: 'it does not understand this program', hint: 'Install the latest release on both sides.' },
  rate: { text: 'too many attempts came from this address', hint: 'Wait a minute and try again.' },
  limit: { text: 'it is full', hint: 'Try again later, or use another server.' },
  idle: 'it closed our place in the room',
  version: {
    text: 'it speaks another version',
    hint: 'Install the latest release, or ask whoever runs the server to install it.',
  },
};

const WIRE_PARTS: Readonly<Record<WirePart, string>> = {
  base64: 'a text is not base64',
  card: 'a card is malformed',
  chunk: 'a part of a message is empty',
  claims: 'the claims are malformed',
  connection: 'the server connected twice',
  departure: 'a departure is malformed',
  fault: 'a fault is malformed',
  flag: 'a flag is malformed',
  frame: 'a frame is malformed',
  'frame-type': 'a frame has an unknown type',
  hello: 'the HELLO is malformed',
  identity: 'an identity has the wrong length',
  integer: 'a number is malformed',
  list: 'a list is malformed',
  member: 'a member is malformed',
  'message-id': 'a message id is malformed',
  padding: 'the padding is malformed',
  point: 'a key or a sealed text is invalid',
  proof: 'the PROOF is malformed',
  reply: 'the REPLY is malformed',
  'sequence-number': 'a sequence number is malformed',
  signal: 'a signal is malformed',
  step: 'a key step is malformed',
  utf8: 'a text is not UTF-8',
};

const PEER_RULES: Readonly<Record<PeerRule, string>> = {
  'early-acknowledgement': 'they acknowledged a message that was not sent yet',
  'frames-never-sent': 'they acknowledged frames that were never sent',
  'goodbye-never-said': 'they answered a goodbye that was never said',
  'message-length': 'a message is longer than 65,536 bytes',
  'missing-messages': 'messages are missing',
  'part-length': 'a part of a message has the wrong length',
  'too-many-messages': 'they sent more messages than may wait to be shown',
};

const DESCRIPTION_FAULTS: Readonly<Record<DescriptionFault, string>> = {
  'candidate-count': 'it has too many candidates',
  'candidate-form': 'a candidate is malformed',
  'candidate-length': 'a candidate is too long',
  'candidate-section': 'a candidate names no section',
  characters: 'it has characters that do not belong there',
  credential: 'an ICE credential is malformed',
  'cut-short': 'it is incomplete',
  fingerprint: 'it has not exactly one SHA-256 fingerprint',
  length: 'it is too long',
  line: 'a line is missing, repeated or malformed',
  'other-channel': 'it is for another channel than the one in use',
  role: 'its role is unknown',
  section: 'its section has another name than 0',
};

const DIRECT_FAULTS: Readonly<Record<DirectFault, string>> = {
  'no-address-here': 'this machine has no address for a connection, as link-local IPv6 addresses do not count',
  'no-address-there': 'the other machine has no address for a connection, as link-local IPv6 addresses do not count',
  'both-symmetric': 'both sides are behind NATs that use another port for each destination (symmetric)',
  'here-symmetric': 'the NAT here uses another port for each destination (symmetric)',
  'there-symmetric': 'the NAT of the other side uses another port for each destination (symmetric)',
  'udp-blocked-here': 'UDP seems to be blocked here, because no STUN server answered',
  'udp-blocked-there': 'the other side could not find out their public address, so UDP may be blocked there',
  'no-stun': 'no STUN server is known, so only addresses of this network were tried',
  unreachable: 'no address of one side could be reached from the other',
};

const RELAY_FAULTS: Readonly<Record<RelayFault, string>> = {
  withheld: 'a relay is offered but not allowed',
  'none-known': 'no relay is known',
  'only-relay-none-known': 'only a relay is allowed, and none is known',
  unusable: 'the relay could not be used',
  'no-help': 'the relay did not help',
  'no-help-try-only': 'the relay did not help, but it might with --relay only on both sides',
};

const CERTIFICATE_FAULTS = {
  'no-certificate': 'holds no certificate in PEM form',
  'no-key': 'holds no private key in PEM form without a passphrase',
  unreadable: 'cannot be read',
  unusable: 'is not accepted by OpenSSL',
} as const;

const LAN_SILENCES: Readonly<Record<LanSilence, DetailWords>> = {
  'port-held': {
    text: 'another program on this machine holds UDP port 5353 for itself',
    hint: 'The search goes on. Stop that program, or use a server.',
  },
  'interfaces-left-out': {
    text: 'this machine has more network interfaces than the program uses, and the right one may be left out',
    hint: 'The search goes on. Turn off interfaces that you do not need, or use a server.',
  },
  'no-multicast': {
    text: 'no multicast comes from other machines',
    hint: 'The search goes on. A firewall or a guest Wi-Fi may block UDP port 5353: allow it, or use a server.',
  },
  'other-programs': 'the other side may be on another network, or not started yet',
  'other-rooms': 'other people are searching here, but under another code',
};

const NO_TERMINAL = {
  code: {
    text: 'no code was given, and there is no terminal to ask for one',
    hint: 'Give the code as an argument, or put it into the environment variable APARTE_CODE.',
  },
  invite: {
    text: 'there is no terminal to ask for the invite',
    hint: 'Put the invite into the environment variable APARTE_INVITE.',
  },
  'agreed-code': {
    text: 'there is no terminal to ask for the code',
    hint: 'Put the code into the environment variable APARTE_CODE.',
  },
} as const;

function serverFault({ name, cause }: ServerFault): string {
  if (cause === null) return `${name}: no answer yet`;
  const why = cause.detail === null ? uncapitalised(ERROR_WORDS[cause.code].what.slice(0, -1)) : textOf(cause.detail);
  return `${name}: ${why}`;
}

function uncapitalised(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

const CHECK_ADDRESS = 'Check host, port and path of the address. A server of this program runs with "aparte signal".';
const RETRIES = 'The program tries again by itself.';

/** What an HTTP status means where a WebSocket should open, and what to do. */
function httpStatus(status: number): DetailWords {
  const text = (meaning: string) => `HTTP ${status}, ${meaning}`;
  switch (status) {
    case 200:
      return { text: text('a web site answers there'), hint: CHECK_ADDRESS };
    case 401:
    case 407:
    case 511:
      return { text: text('a login is needed'), hint: 'Log in to the network with a browser, or use another server.' };
    case 403:
      return { text: text('it does not let us in'), hint: 'Whoever runs the server finds the cause in its log.' };
    case 404:
      return { text: text('another program answers there'), hint: CHECK_ADDRESS };
    case 429:
      return { text: text('too many connections come from your address'), hint: `Wait a minute. ${RETRIES}` };
    case 502:
    case 504:
      return {
        text: text('a proxy answers, but the server behind it does not run'),
        hint: `Whoever runs it must start "aparte signal" there. ${RETRIES}`,
      };
    case 503:
      return { text: text('the server is stopping or full'), hint: RETRIES };
    default:
      return { text: `HTTP ${status}`, hint: CHECK_ADDRESS };
  }
}

const DETAIL_WORDS: Described = {
  'system-error': ({ code }) => systemError(code),

  'code-too-long': 'it is too long',
  'link-not-code': 'it is a link',
  'code-without-dash': 'it has no dash with a secret behind it',
  'bad-nameplate': ({ max }) => `the part before the first dash must be 1 to ${max} letters a to z or digits`,
  'control-character': 'the secret holds a control character',
  'secret-too-long': ({ max }) => `the secret is longer than ${max} characters`,
  'bad-invite-link': {
    text: 'the link is no invite',
    hint: 'An invite looks like https://HOST/#CODE. Copy the whole link.',
  },
  'command-with-options': {
    text: 'it is a whole command line with options',
    hint: 'Press Ctrl-C, then type that line in your shell.',
  },
  'bad-server-address': {
    text: 'the server address is wrong',
    hint: 'A server address looks like https://HOST[:PORT].',
  },

  malformed: ({ part }) => WIRE_PARTS[part],
  'frame-length': ({ bytes }) => `a frame has ${bytes} bytes`,
  'too-many-signals': 'there are too many signals',
  'out-of-turn': ({ frame, state }) => `frame ${frame} in the state ${state}`,
  'broken-rule': ({ rule }) => PEER_RULES[rule],

  hearsay: 'reported by the other side, or by somebody between you',
  'nothing-for': ({ seconds }) => `nothing came for ${seconds} seconds`,
  'room-lost': 'the server lost the room meanwhile',
  'went-away': 'the other side went away',
  'ended-before-proof': {
    instead: 'It ended before the other side had proven the code. Somebody may have tried to guess it.',
    hint: ERROR_WORDS['wrong-code'].hint,
  },
  'fell-silent': 'they stopped answering',
  'link-not-ready': ({ seconds }) => `no connection could be prepared here within ${seconds} seconds`,
  'no-connection-in-time': 'it was not ready in time',
  'relay-not-allowed': ({ by }) =>
    by === 'us'
      ? { text: 'only a relay connects the two sides', hint: 'Start again with --relay allow on both sides.' }
      : {
          text: 'only a relay connects the two sides, and the other side does not allow it',
          hint: 'The other side must start again with --relay allow.',
        },
  undelivered: ({ count }) => (count === 1 ? '1 message is undelivered' : `${count} messages are undelivered`),
  'not-all-came': {
    text: 'not everything that they sent has come',
    hint: 'Meet again with a new code and ask for it again.',
  },
  'no-invite-made': 'no invite was made here',
  'no-such-peer': 'there is no such peer',
  'this-computer-only': {
    text: 'this server only reaches programs on this computer',
    hint: 'If they are at another one, both of you need --lan, --manual or the same --server. Otherwise ask whether the code was used.',
  },
  'invite-from-other-side': {
    text: 'the other side makes the new invite',
    hint: 'Wait for their new invite, paste it here and send the answer back.',
  },

  'bad-description': ({ fault }) => DESCRIPTION_FAULTS[fault],
  'no-path': ({ direct, relay }) => {
    const reasons = [direct === null ? null : DIRECT_FAULTS[direct], relay === null ? null : RELAY_FAULTS[relay]];
    const text = reasons.filter((reason) => reason !== null).join('; ');
    if (direct !== 'no-address-here' && direct !== 'no-address-there') return text;
    const where = direct === 'no-address-here' ? 'this machine' : 'the other machine';
    return { text, hint: `Give ${where} an IPv4 address or a global IPv6 address, and try again.` };
  },
  'closed-by-peer': 'the other side closed it',
  'closed-here': 'it was closed here',
  'webrtc-error': ({ code }) => `WebRTC failed (${code})`,
  'webrtc-not-loaded': 'WebRTC could not be loaded',
  'channel-full': 'the channel takes no more data',
  'text-frame': 'the other side sent text where bytes belong',
  'too-much-early': 'the other side sent too much before the connection was ready',

  'http-status': ({ status }) => httpStatus(status),
  'not-http': ({ code }) => ({ text: `it does not speak HTTP (${code})`, hint: CHECK_ADDRESS }),
  redirect: ({ status, to }) =>
    to === null
      ? { text: `HTTP ${status}, a redirect`, hint: 'Ask whoever runs the server for its present address.' }
      : {
          text: `HTTP ${status}, it has moved to ${to}`,
          hint: `Use ${to} as the address of the server if you trust it.`,
        },
  'plain-http-refused': {
    text: 'HTTP 400, the answer of an HTTPS port to plain HTTP',
    hint: 'Type https:// in place of http:// in the address.',
  },
  'cut-without-answer': ({ code }) => ({
    text: `it cut the connection before it answered (${code})`,
    hint: 'If the server uses TLS, type https:// in place of http:// in the address.',
  }),
  'no-upgrade': {
    text: 'something in front of the server does not pass on WebSocket connections',
    hint: 'Whoever runs the server must let its proxy pass on the headers Upgrade and Connection: docs/OPERATIONS.md.',
  },
  'not-socketio': 'it does not speak Socket.IO',
  'no-answer-in-time': 'it did not answer in time',
  'no-connection': 'no connection could be made',
  'connection-cut': 'the connection was cut',
  'connection-closed': 'it closed the connection',
  'shutting-down': { text: 'it is shutting down', hint: LATER },
  'shared-store-away': { text: 'it cannot reach the Redis that it shares with other servers', hint: LATER },
  refusal: ({ word }) => REFUSALS[word] ?? word,
  'bad-answer': ({ field }) => (field === null ? 'its answer is malformed' : `its answer is malformed at "${field}"`),
  'other-room': 'it put us into another room',
  'too-many-events': 'it sent more events than the limit',
  'foreign-server': 'it is not a server of this program',
  'room-taken': 'the room is taken',
  'same-server': 'it is the same server under another name',
  servers: ({ names }) => names.join(', '),
  'each-server': ({ servers }) => servers.map(serverFault).join('; '),
  'one-server': ({ of, server }) => `one of ${of} servers, ${serverFault(server)}`,
  'lan-silence': ({ cause }) => LAN_SILENCES[cause],
  'lan-host-silent': ({ address }) => ({
    text: `their machine ${address} was found but does not answer`,
    hint: 'The search goes on. A firewall on their machine may be in the way: allow aparte there, or use a server.',
  }),
  'no-own-address': {
    text: 'this machine has no address that others could reach',
    hint: 'Connect to a network and try again.',
  },
  'no-ipv4-loopback': {
    text: 'but that needs the address 127.0.0.1, which this machine does not have',
    hint: 'Connect to a network, or give the loopback interface its IPv4 address.',
  },
  'answer-not-taken': {
    text: 'nobody took the answer while the invite was good',
    hint: 'Ask for a new invite, and send the answer back at once.',
  },
  'expired-by-our-clock': {
    text: 'so says the clock of this machine',
    hint: 'The program tries it anyway. If it fails, ask for a new invite.',
  },
  'no-invite-yet': 'no invite has been made here yet',

  'file-error': ({ code, path }) => `${systemErrorText(code)} at ${path}`,
  'file-vanished': ({ file }) => `${file} was removed while it was being read`,
  'owned-by-another': ({ path }) => ({
    text: `${path} belongs to another user`,
    hint: 'Make it yours with chown if you trust its content, or choose another folder with --data.',
  }),
  'open-to-others': ({ path }) => ({
    text: `other users can write to ${path}`,
    hint: `Check that it holds nothing of others, then take their permission with chmod go-w ${path}.`,
  }),
  'not-a-file': ({ path }) => ({
    text: `${path} is not a regular file`,
    hint: 'Remove it, or choose another folder with --data.',
  }),
  'damaged-files': ({ files }) => files.join(', '),
  'damaged-identity': ({ file, aside }) => ({
    text: `your identity, now ${aside}`,
    hint: `Put a good copy back as ${file}. Or delete ${aside} to start anew with another identity.`,
  }),
  'newer-file': ({ file }) => file,
  'not-remembered': ({ name, cause }) => {
    const text = `what is new about ${name} is not remembered`;
    return cause === null ? text : `${text}, because ${textOf(cause)}`;
  },
  'no-home': {
    text: 'there is no home folder',
    hint: 'Name a folder with --data or APARTE_HOME.',
  },

  'not-utf8': 'it is not UTF-8',
  'line-too-long': ({ max }) => `the line is longer than ${max} bytes`,
  'not-json': 'it is not JSON',
  'no-type': 'it is not an object with a type',
  'unknown-type': 'its type is unknown',
  'bad-field': ({ field }) => `${field} is wrong or missing`,
  'output-not-read': 'nobody read the end of it in time',
  'output-not-open': {
    text: 'standard output is not open',
    hint: 'Start the program without >&-, or send its output to a file.',
  },

  'command-line': ({ text }) => text.replace(/\.$/, ''),
  'file-given': ({ path }) => ({
    text: `${path} is a file or folder, and aparte cannot send files yet`,
    hint: 'To send the text in a file, type aparte send CODE < FILE. If the name is your code, put it into APARTE_CODE.',
  }),
  'meant-command': ({ command }) => `did you mean the command "${command}"?`,
  'no-terminal': ({ for: missing }) => NO_TERMINAL[missing],
  'manual-invite': ({ command }) => ({
    text: 'this is an invite for manual pairing',
    hint: `Type aparte ${command === 'chat' ? '' : `${command} `}--manual and the whole invite behind it.`,
  }),
  'manual-answer': {
    text: 'this is an answer of manual pairing',
    hint: 'Paste it where the invite was made.',
  },
  'ice-server-form': ({ options, form }) => ({
    text: `the value of ${options} names no server`,
    hint: `A server looks like ${form}.`,
  }),
  'lan-with-server': {
    text: '--lan needs no server',
    hint: 'Leave out --server. To meet through the server, leave out --lan.',
  },
  'lan-with-host': { text: '--lan listens on all local networks by itself', hint: 'Leave out --host.' },
  'host-with-server': {
    text: '--host starts a server inside this program',
    hint: 'Leave out --server, or leave out --host.',
  },
  'manual-with-other-way': {
    text: '--manual cannot be combined with a server or with --lan',
    hint: 'Leave out --server, --host and --lan, or leave out --manual.',
  },
  'code-without-manual': { text: '--code is only for --manual', hint: 'Give the code without --code.' },
  'invite-with-option': ({ option }) => ({
    text: `an invite names a server, and so it cannot be used with ${option}`,
    hint: `Give only the code, which stands behind the # of the invite, or leave out ${option}.`,
  }),
  'nothing-to-send': ({ from }) => ({
    text: from === 'input' ? 'standard input is empty' : 'there is nothing to send',
    hint: 'Give a text with --text, or pipe one into standard input.',
  }),
  'input-failed': ({ code }) => `standard input cannot be read (${code})`,
  'input-not-utf8': {
    text: 'standard input is not UTF-8 text',
    hint: 'Encode it first, with base64 for example.',
  },
  'input-used-twice': {
    text: 'standard input cannot hold both the text and the answer',
    hint: 'Give the text with --text, or give an invite.',
  },
  'agreed-code-length': ({ max }) => `an agreed code has 1 to ${max} characters`,
  'answer-missing': {
    text: 'standard input ended before the answer was pasted',
    hint: 'Keep standard input open until you have pasted the answer.',
  },
  'sent-nothing': { text: 'they sent nothing', hint: 'Ask them to send it again, with a new code.' },
  'input-not-all-sent': 'not all of the input was sent',
  'no-webassembly': {
    text: 'WebAssembly is switched off in this Node',
    hint: 'Start Node without --jitless. Look for it in NODE_OPTIONS.',
  },
  'too-few-files': ({ needed }) => ({
    text: `the system lets it open too few files (file descriptors), it needs ${needed} more`,
    hint: 'Raise the limit, for example with "ulimit -n 1024", and start again.',
  }),
  'server-only-folder': ({ folder }) => ({
    text: `the folder ${folder} holds the server only`,
    hint: 'Here only "aparte signal" works. Install the whole program with npm to chat.',
  }),
  'port-held': ({ port }) => ({
    text: `a program holds port ${port} and does not answer`,
    hint: 'If it is a suspended aparte, type fg there. Or use --lan.',
  }),
  'not-our-address': ({ host }) => `${host} is not an address of this machine`,

  'cannot-bind': ({ service, port, code }) => ({
    text: `${service === 'stun' ? 'STUN' : 'metrics'} on port ${port}, ${systemErrorText(code)}`,
    hint: `Choose another port with --${service === 'stun' ? 'stun-port' : 'metrics'}.`,
  }),
  'certificate-key-mismatch': ({ files: [certificate, key] }) => `${key} is not the key of ${certificate}`,
  'certificate-file': ({ path, fault, code }) =>
    `${path} ${CERTIFICATE_FAULTS[fault]}${code === null ? '' : ` (${code})`}`,
  'redis-tls': ({ isSpoken }) => ({
    text: isSpoken ? 'it speaks TLS' : 'it does not speak TLS',
    hint: isSpoken ? 'Use rediss:// in the address.' : 'Use redis:// in the address, or set up TLS in Redis.',
  }),
};
