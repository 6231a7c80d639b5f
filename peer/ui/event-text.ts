/** Events in words: the only place, next to the table of errors, that says how a person is told something. Pure. */

import type { AparteError } from '../../shared/errors.ts';
import { DEFAULT_PORT } from '../../shared/limits.ts';
import { looksLike, tidyName } from '../../shared/name-comparison.ts';
import type { ChatEvent, Trust } from '../core/facts-and-orders.ts';
import { describeError } from '../words/describe-error.ts';
import type { Appearance } from './appearance.ts';
import { NAME_TONES, paint, signs } from './appearance.ts';
import { truncate } from './graphemes.ts';
import { visible, visibleLines, visibleName } from './sanitize.ts';

/** What was said last about a remote person. */
export type PeerEvent = Extract<ChatEvent, { type: 'peer' }>;

/** Columns a name may take. */
const MAX_NAME_COLUMNS = 24;
/** As wide as the time before a message and the space behind it. */
const INDENT = '      ';
/** Stands behind the time of our messages, where that of others has a blank: no name or text of theirs gets there. */
const OWN_MARK = '>';

/** A name, harmless, on one line and not too wide. `own` is ours: another's that looks the same is told apart. */
export function shownName(name: string, own: string, appearance: Appearance): string {
  const shown = truncate(visibleName(tidyName(name)), MAX_NAME_COLUMNS, signs(appearance).ellipsis);
  if (shown === '') return 'somebody';
  return [own, 'you'].some((ours) => looksLike(name, ours)) ? `${shown} (other side)` : shown;
}

/** A colour that stays with a name. */
function nameTone(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return sum % NAME_TONES;
}

/** Hours and minutes where the user is. `at`: ms since the epoch or ISO 8601. */
export function clock(at: number | string): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return Number.isNaN(date.getTime()) ? '--:--' : `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What the program itself says: the first sentence behind a dash, the others under it. Takes harmless text only. */
export function noticeLines(sentences: readonly string[], appearance: Appearance): string[] {
  const { dash } = signs(appearance);
  return sentences.map((sentence, index) =>
    paint(`${index === 0 ? dash : ' '.repeat(dash.length)} ${sentence}`, 'dim', appearance),
  );
}

function alarmLines(sentences: readonly string[], appearance: Appearance): string[] {
  return sentences.map((sentence, index) => paint(`${index === 0 ? '!!!' : '   '} ${sentence}`, 'alarm', appearance));
}

/** A message of somebody else. A name whose key has changed stays marked. */
export function messageLines(at: string, name: string, trust: Trust, text: string, appearance: Appearance): string[] {
  const mark = trust === 'changed' ? paint(' (!)', 'alarm', appearance) : '';
  const head = `${paint(clock(at), 'dim', appearance)} ${paint(name, nameTone(name), appearance)}${mark}:`;
  return body(head, text, INDENT);
}

const ownHead = (at: number) => `${clock(at)}${OWN_MARK}`;

/** A message of ours. `delivered` false: it will not be any more. */
export function ownLines(at: number, text: string, delivered: boolean, appearance: Appearance): string[] {
  const { tick } = signs(appearance);
  const head = `${paint(ownHead(at), 'dim', appearance)} you:`;
  const lines = body(head, text, `${INDENT} `);
  const mark = delivered ? paint(tick, 'good', appearance) : paint('(not delivered)', 'alarm', appearance);
  return [...lines.slice(0, -1), `${lines.at(-1)} ${mark}`];
}

function body(head: string, text: string, indent: string): string[] {
  const [first = '', ...rest] = visibleLines(text);
  return [`${head} ${first}`, ...rest.map((line) => `${indent}${line}`)];
}

/** A message of ours that is on its way, on one line. */
export function pendingLine(at: number, text: string, { ellipsis }: { ellipsis: string }): string {
  const [first = '', ...rest] = visibleLines(text);
  return `${ownHead(at)} you: ${first}${rest.length > 0 ? ` ${ellipsis} (${rest.length + 1} lines)` : ''}`;
}

/** The server of those who name none, as an invite begins. */
const USUAL = `http://localhost:${DEFAULT_PORT}/#`;
const ONLY_HERE = 'They must be on this computer: from another, use --lan or --manual on both.';
const HERE = /^https?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/;

/** Whether only programs on this machine reach the server of an address or invite. */
export function isOnlyHere(url: string): boolean {
  return HERE.test(url);
}

/**
 * The room is open: what to tell the other side, what it does with that, and what happens then. `verb`: what the other
 * side wants of the program. An `invite` of null means the local network.
 */
export function codeLines(
  { code, invite }: Pick<Extract<ChatEvent, { type: 'code' }>, 'code' | 'invite'>,
  verb: 'chat' | 'receive',
  appearance: Appearance,
): string[] {
  const word = visible(code);
  const link = visible(invite ?? '');
  const words = invite === null ? `--lan ${word}` : link.startsWith(USUAL) ? word : link;
  return noticeLines(
    [
      `The code is  ${word}`,
      ...(invite === null ? [] : [`as a link    ${link}`]),
      'Tell it to the other person where nobody listens; it works once. They type:',
      `  aparte ${verb === 'chat' ? '' : 'receive '}${words}`,
      `(from a clone: ${verb === 'chat' ? 'npm run chat --' : 'node dist/main.js receive'} ${words})`,
      verb === 'chat'
        ? 'When they are here you are told; what you type then goes straight to them.'
        : 'What you send goes straight to them as soon as they are here.',
      ...(isOnlyHere(link) ? [ONLY_HERE] : []),
    ],
    appearance,
  );
}

/** What the program was started for. */
export type Verb = 'chat' | 'send' | 'receive';

/** What the other side wants of the program, as typed. */
const COUNTERPART: Readonly<Record<Verb, string>> = { chat: '', send: 'receive ', receive: 'send ' };

/** What to do with an invite. `spoken`: under a code that both agreed on aloud. */
function inviteWords(verb: Verb, spoken: boolean): string {
  const command = `aparte ${COUNTERPART[verb]}--manual`;
  if (spoken) return `Give this invite to the other side, for "${command} --code" with the code you both agreed on.`;
  return (
    `Give this invite to the other side, for "${command}", over a channel on which nobody but you two can read ` +
    'or change it; over any other, use --code too, or compare safety numbers afterwards.'
  );
}

/**
 * Manual pairing: a text to hand over, and a picture of it. The text stands alone on its line and unbroken, so that it
 * can be copied.
 */
export function blobLines(
  { type, blob }: Pick<Extract<ChatEvent, { type: 'invite' | 'answer' }>, 'type' | 'blob'>,
  { verb, spoken }: { verb: Verb; spoken: boolean },
  picture: readonly string[],
  appearance: Appearance,
): string[] {
  const before = { invite: inviteWords(verb, spoken), answer: 'Hand this answer back to the other side:' }[type];
  const after = {
    invite: 'Then paste the answer that comes back, and press Enter.',
    answer: 'You are connected once it has been pasted there.',
  }[type];
  return [...noticeLines([before], appearance), ...picture, '', visible(blob), '', ...noticeLines([after], appearance)];
}

const TRUST: Readonly<Record<Trust, string>> = {
  new: 'first time with this key',
  known: 'known key',
  verified: 'verified key',
  changed: 'ANOTHER key than the one known under this name',
};

function keyWords({ own, trust, formerly }: PeerEvent, appearance: Appearance): string {
  if (own) return 'your own key, in another program';
  if (formerly === undefined) return TRUST[trust];
  return `${TRUST[trust]}, which you know as ${shownName(formerly, '', appearance)}`;
}

/** How somebody is connected; UDP, which is usual, is not said. */
function pathWords({ path, protocol }: Pick<PeerEvent, 'path' | 'protocol'>): string {
  const way = path === 'direct' ? 'direct' : 'over a relay';
  return protocol === null || protocol === 'udp' ? way : `${way}, ${protocol.toUpperCase()}`;
}

/** What has changed about a person, empty where it is nothing worth a line. `before`: what was said of him last. */
export function peerLines(
  event: PeerEvent,
  before: PeerEvent | null,
  name: string,
  verb: Verb,
  appearance: Appearance,
): string[] {
  const path = event.path === null ? '' : ` (${pathWords(event)})`;
  if (event.status === 'connected') {
    if (before?.status !== 'connected' && before?.status !== 'reconnecting')
      return arrival(event, `${name} is here${path}`, name, verb, appearance);
    if (event.trust === 'changed' && before.trust !== 'changed') return changedKey(name, verb, appearance);
    if (before.status === 'reconnecting') return noticeLines([`${name} is back${path}.`], appearance);
    if (event.trust !== before.trust) return noticeLines([`${name}: ${keyWords(event, appearance)}.`], appearance);
    if (event.path === before.path && event.protocol === before.protocol) return [];
    return noticeLines([`The path to ${name} has changed${path}.`], appearance);
  }
  // Why nobody came at all is said by the error.
  if (event.status === before?.status || (event.status === 'lost' && before?.status === 'connecting')) return [];
  const sentences = {
    connecting: [],
    reconnecting: [
      `The connection to ${name} is lost; trying to bring it back.${verb === 'chat' ? ' What you write is kept.' : ''}`,
    ],
    lost: [`${name} did not come back.`],
    left: [`${name} has left.`],
  }[event.status];
  return noticeLines(sentences, appearance);
}

function arrival(event: PeerEvent, is: string, name: string, verb: Verb, appearance: Appearance): string[] {
  if (event.trust === 'changed') {
    return [...noticeLines([`${is}.`], appearance), ...changedKey(name, verb, appearance)];
  }
  const words = keyWords(event, appearance);
  if (event.trust !== 'new') return noticeLines([`${is}: ${words}.`], appearance);
  if (verb === 'chat') return noticeLines([`${is}: ${words}; /verify shows how to be sure.`], appearance);
  return noticeLines([`${is}: ${words}.`, ...(event.own ? [] : [TO_BE_SURE])], appearance);
}

/** Where there is no `/verify`. */
const TO_BE_SURE = 'To be sure: "aparte peers" here and "aparte id" there show the same number.';

function changedKey(name: string, verb: Verb, appearance: Appearance): string[] {
  return alarmLines(
    [
      `WARNING: this is NOT the ${name} you know: the name is the same, the key is another.`,
      'It is a new device or data folder of the same person, or somebody else.',
      verb === 'chat'
        ? 'Say nothing private before you have compared safety numbers: /verify'
        : 'Trust nothing before you have compared safety numbers: in a chat, with /verify',
    ],
    appearance,
  );
}

/** One line about a person, for `/peers`. */
export function peerSummary(event: PeerEvent, name: string, appearance: Appearance): string {
  const { status, path, protocol } = event;
  const way = path === null ? '' : `, ${pathWords({ path, protocol })}`;
  return status === 'connecting' ? 'somebody: connecting' : `${name}: ${status}${way}; ${keyWords(event, appearance)}`;
}

/** The safety number and what to do with it. Twelve groups of five: the smaller half first, so both see the same. */
export function safetyLines(name: string, safety: string, appearance: Appearance): string[] {
  const groups = visible(safety).split(' ');
  const number = [0, 4, 8].map((from) => `  ${groups.slice(from, from + 4).join(' ')}`);
  return noticeLines(
    [
      `Safety number with ${name}:`,
      ...number,
      'Compare it over a call or in person: the other side sees the same with /verify.',
      'The same: type /verify yes, and this key is remembered as verified.',
      'Not the same: somebody is between you. Leave, and tell nothing.',
    ],
    appearance,
  );
}

/** What went wrong and what to do. The message may hold words of the other side. */
export function errorLines({ error, fatal }: { error: AparteError; fatal: boolean }, appearance: Appearance) {
  const { message, hint } = describeError(error);
  const sentences = [visible(message), visible(hint)];
  return fatal ? alarmLines(sentences, appearance) : noticeLines(sentences, appearance);
}
