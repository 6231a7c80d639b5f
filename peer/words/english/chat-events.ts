/** English: what happens in a chat. Names, codes and texts that are passed in must be harmless for a terminal. */
import type { PeerStatus, Trust } from '../../core/facts-and-orders.ts';
import type { LinkProtocol, ProgramCommand } from '../word-types.ts';

/** The label of our own messages. No other name may look like it. */
export const YOU = 'you';
/** Stands for a name that is empty. */
export const SOMEBODY = 'somebody';
/** Stands behind the name of a peer that looks like our own name. */
export const OTHER_SIDE = '(other side)';
/** Stands behind a message of ours that the other side may have got, but did not confirm. */
export const NOT_CONFIRMED = '(delivery not confirmed)';
/** Stands behind a message of ours that nobody got. */
export const NOT_DELIVERED = '(not delivered)';
/** Stands before a text that could not be sent. */
export const NOT_SENT = 'Not sent:';
/** Shown while the chat stays open after its end. */
export const CHAT_IS_OVER = 'The chat is over. Nothing more is sent. Press Enter to close.';
/** Shown when the server answers again after an outage. */
export const SERVER_IS_BACK = 'The server can be reached again.';

/** An error has happened so many more times since it was shown. */
export const happenedAgain = (times: number): string =>
  `This happened ${times} more ${times === 1 ? 'time' : 'times'}.`;

/** How many lines a text has of which only the first is shown. */
export const lineCount = (count: number): string => `(${count} lines)`;

/** How many earlier messages are not listed. */
export const earlierMessages = (count: number): string => `${count} earlier`;

/** The date of the messages that follow. */
export function dayLine(date: Date): string {
  return date.toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
}

/** The first line of a chat. */
export function chatIsReady(version: string, name: string): string {
  return `aparte ${version}. Others see you as ${name}. Type /help for the commands.`;
}

/** A paste is too long for one message of at most `maxBytes`. */
export function pasteTooLong(maxBytes: number): string[] {
  return [
    'The paste is too long for one message and was left out.',
    `A message has at most ${maxBytes.toLocaleString('en')} bytes. To send more, use "aparte send".`,
  ];
}

/** What the other side has to run, as the arguments of `aparte`, by what this side runs. */
const COUNTERPART: Readonly<Record<ProgramCommand, string>> = { chat: '', send: 'receive ', receive: 'send ' };

/**
 * The code is ready to be shared. `link`: the invite, null on the local network. `argument`: what the other side passes
 * to the program. `onlyHere`: only programs on this computer can use the code.
 */
export function codeIsReady(
  { code, link, argument, onlyHere }: { code: string; link: string | null; argument: string; onlyHere: boolean },
  command: ProgramCommand,
): string[] {
  const theirs = COUNTERPART[command];
  const clone = theirs === '' ? 'npm run chat -- ' : `node dist/main.js ${theirs}`;
  return [
    `The code is  ${code}`,
    ...(link === null ? [] : [`as a link    ${link}`]),
    'Share it privately. It works once. The other person types:',
    `  aparte ${theirs}${argument}`,
    `(from a clone: ${clone}${argument})`,
    command === 'chat'
      ? 'A line here tells you when they arrive. Then type your messages.'
      : 'Your text goes to them as soon as they arrive.',
    ...(onlyHere
      ? ['This code only works on this computer.', 'To reach another one, use --lan, --manual or --server URL.']
      : []),
  ];
}

/** `/code` after the code was used. */
export const codeWasUsed = (code: string): string => `The code was ${code}. It has been used and lets nobody else in.`;

/** `/code` in a program that made no code. */
export const NO_CODE = 'This program made no code. The other side made it, or you use --manual.';

/** Manual pairing: stands before the invite. `hasAgreedCode`: both sides agreed on a code. */
export function handOverInvite(command: ProgramCommand, hasAgreedCode: boolean): string {
  const theirs = `aparte ${COUNTERPART[command]}--manual`;
  if (hasAgreedCode)
    return `Give this invite to the other person. They run "${theirs} --code INVITE", and type the code you agreed on.`;
  return (
    `Give this invite to the other person. They run "${theirs} INVITE". Use a channel that nobody else can read or change. ` +
    'Otherwise use --code too, or compare safety numbers afterwards.'
  );
}

/** Manual pairing: stands behind the invite. */
export const PASTE_ANSWER = 'Then paste the answer that comes back, and press Enter.';
/** Manual pairing: stands before the answer. */
export const HAND_OVER_ANSWER = 'Give this answer back to the other person:';
/** Manual pairing: stands behind the answer. */
export const ANSWER_CONNECTS = 'You are connected as soon as they paste it.';

const KEYS: Readonly<Record<Trust, string>> = {
  new: 'new key',
  known: 'known key',
  verified: 'verified key',
  changed: 'NOT the key that you know under this name',
};

/** What is known of a peer's key. `own`: it is our own. `formerly`: the name it had before, null for the same one. */
export function keyWords(trust: Trust, own: boolean, formerly: string | null): string {
  if (own) return 'your own key, in another program';
  return formerly === null ? KEYS[trust] : `${KEYS[trust]}, earlier under the name ${formerly}`;
}

/** How a peer is connected. UDP, which is usual, is left out. */
export function pathWords(path: 'direct' | 'relay', protocol: LinkProtocol | null): string {
  const way = path === 'direct' ? 'direct' : 'over a relay';
  return protocol === null || protocol === 'udp' ? way : `${way}, ${protocol.toUpperCase()}`;
}

/** A peer has connected. `path` and `key` as {@link pathWords} and {@link keyWords} say them. */
export function arrived(
  name: string,
  path: string,
  key: string,
  { trust, own, command }: { trust: Trust; own: boolean; command: ProgramCommand },
): string[] {
  const is = `${name} is here${path === '' ? '' : ` (${path})`}`;
  if (trust === 'changed') return [`${is}.`];
  if (trust !== 'new' || own) return [`${is}: ${key}.`];
  if (command === 'chat') return [`${is}: ${key}. Type /verify to be sure who it is.`];
  return [`${is}: ${key}.`, 'To be sure who it is, compare "aparte peers" here with "aparte id" there.'];
}

/** A peer came back after an outage. */
export const cameBack = (name: string, path: string): string => `${name} is back${path === '' ? '' : ` (${path})`}.`;

/** What is known of a peer's key has changed. */
export const keyNow = (name: string, key: string): string => `${name}: ${key}.`;

/** The path to a peer has changed. */
export const pathNow = (name: string, path: string): string => `The path to ${name} has changed. It is now ${path}.`;

/** A peer's connection is lost, or they are gone. */
export function departed(name: string, status: Exclude<PeerStatus, 'connected' | 'connecting'>, chat: boolean): string {
  switch (status) {
    case 'reconnecting':
      return `The connection to ${name} is lost. The program tries to reconnect.${chat ? ' What you write is kept.' : ''}`;
    case 'lost':
      return `${name} did not come back.`;
    case 'left':
      return `${name} has left.`;
  }
}

/** A peer has a name that belongs to another key. */
export function keyChanged(name: string, command: ProgramCommand): string[] {
  return [
    `WARNING: this is NOT the ${name} you know. The name looks the same, but the key is another.`,
    'Either they use a new device or data folder, or it is somebody else.',
    command === 'chat'
      ? 'Say nothing private before you have compared safety numbers: type /verify.'
      : 'Trust nothing before you have compared safety numbers: open a chat and type /verify.',
  ];
}

/** A line of `/peers`. */
export function peerSummary(name: string, status: PeerStatus, path: string, key: string): string {
  if (status === 'connecting') return `${SOMEBODY}: connecting`;
  return `${name}: ${status}${path === '' ? '' : `, ${path}`}; ${key}`;
}

/** `/peers` where there is nobody. */
export const NOBODY_IS_HERE = 'Nobody is here yet.';

/** The safety number, and what to do with it. `number`: its rows. `since`: when it was verified, null if it was not. */
export function safetyNumber(name: string, number: readonly string[], since: Date | null): string[] {
  const rows = number.map((row) => `  ${row}`);
  if (since !== null) return [`Safety number with ${name}, which you verified ${moment(since)}:`, ...rows];
  return [
    `Safety number with ${name}:`,
    ...rows,
    'Compare it over a call or in person. They see it with /verify, too.',
    'If it is the same, type /verify yes. The program then remembers the key as verified.',
    'If it is different, somebody is between you. Leave, and say nothing more.',
  ];
}

/** `/verify yes` for a key that is verified. */
export const alreadyVerified = (name: string, since: Date): string =>
  `The key of ${name} is verified already: you did that ${moment(since)}.`;

function moment(date: Date): string {
  return `on ${date.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short' })}`;
}

/** `/verify` for our own key. */
export const OWN_KEY = 'This is your own key, in another program. There is nothing to compare.';
/** `/verify` where nobody is connected. */
export const NOTHING_TO_COMPARE = 'Nobody is connected yet. There is nothing to compare.';

/** `/verify NAME` where nobody has that name. */
export const nobodyNamed = (present: readonly string[]): string =>
  `Nobody here has that name. Here are: ${present.join(', ')}.`;

/** `/verify` that could mean several peers. */
export const verifyWhom = (names: readonly string[]): string =>
  `Several people are here. Type one of these: ${names.map((name) => `/verify ${name}`).join(', ')}.`;
