/** Turns events into lines for people. Pure. The sentences come from `peer/words`. */
import { DEFAULT_PORT } from '../../shared/limits.ts';
import { mimics, tidyName } from '../../shared/name-comparison.ts';
import type { ChatEvent, Trust } from '../core/facts-and-orders.ts';
import { describeError } from '../words/describe-error.ts';
import { words } from '../words/index.ts';
import type { ProgramCommand } from '../words/word-types.ts';
import type { Appearance, Tone } from './appearance.ts';
import { NAME_TONES, paint, signs } from './appearance.ts';
import { truncate } from './graphemes.ts';
import { visible, visibleLines, visibleName } from './sanitize.ts';

/** The latest event about a remote peer. */
export type PeerEvent = Extract<ChatEvent, { type: 'peer' }>;

/** Columns a name may take. */
const MAX_NAME_COLUMNS = 24;
/** As wide as the time before a message and the blank behind it. */
const INDENT = '      ';
/** Stands behind the time of our own messages, in a column that no name or text of a peer reaches. */
const OWN_MARK = '>';

/** A name on one harmless line, not too wide. A name that looks like `own`, our name, is marked. */
export function shownName(name: string, own: string, appearance: Appearance): string {
  const shown = truncate(visibleName(tidyName(name)), MAX_NAME_COLUMNS, signs(appearance).ellipsis);
  if (shown === '') return words.SOMEBODY;
  return [own, words.YOU].some((ours) => mimics(name, ours)) ? `${shown} ${words.OTHER_SIDE}` : shown;
}

/** The colour of a name: always the same one. */
function nameTone(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return sum % NAME_TONES;
}

/** Local hours and minutes. `at`: ms since the epoch or ISO 8601. */
export function clock(at: number | string): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return Number.isNaN(date.getTime()) ? '--:--' : `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What the program itself says: the first sentence behind a dash, the others under it. Takes harmless text only. */
export function noticeLines(sentences: readonly string[], appearance: Appearance, tone: Tone = 'dim'): string[] {
  const { dash } = signs(appearance);
  return sentences.map((sentence, index) =>
    paint(`${index === 0 ? dash : ' '.repeat(dash.length)} ${sentence}`, tone, appearance),
  );
}

function alarmLines(sentences: readonly string[], appearance: Appearance): string[] {
  return sentences.map((sentence, index) => paint(`${index === 0 ? '!!!' : '   '} ${sentence}`, 'alarm', appearance));
}

/** A message of a peer. The name of a peer whose key has changed is marked. */
export function messageLines(at: string, name: string, trust: Trust, text: string, appearance: Appearance): string[] {
  const mark = trust === 'changed' ? paint(' (!)', 'alarm', appearance) : '';
  const head = `${paint(clock(at), 'dim', appearance)} ${paint(name, nameTone(name), appearance)}${mark}:`;
  return body(head, text, INDENT);
}

const ownHead = (at: number) => `${clock(at)}${OWN_MARK}`;

/** A message of ours. `mark` says why it was not delivered; null: it was. */
export function ownLines(at: number, text: string, mark: string | null, appearance: Appearance): string[] {
  const head = `${paint(ownHead(at), 'dim', appearance)} ${words.YOU}:`;
  const lines = body(head, text, `${INDENT} `);
  const { tick } = signs(appearance);
  const end = mark === null ? paint(tick, 'good', appearance) : paint(mark, 'alarm', appearance);
  return [...lines.slice(0, -1), `${lines.at(-1)} ${end}`];
}

function body(head: string, text: string, indent: string): string[] {
  const [first = '', ...rest] = visibleLines(text);
  return [`${head} ${first}`, ...rest.map((line) => `${indent}${line}`)];
}

/** A message of ours that is on its way, on one line. */
export function pendingLine(at: number, text: string, appearance: Appearance): string {
  const [first = '', ...rest] = visibleLines(text);
  const more = rest.length > 0 ? ` ${signs(appearance).ellipsis} ${words.lineCount(rest.length + 1)}` : '';
  return `${ownHead(at)} ${words.YOU}: ${first}${more}`;
}

/** A text of the user that could not be sent. */
export function notSentLines(text: string, appearance: Appearance): string[] {
  return noticeLines([words.NOT_SENT, ...visibleLines(text.replace(/\n+$/, ''))], appearance);
}

/** How an invite begins whose server is the default. */
const DEFAULT_SERVER = `http://localhost:${DEFAULT_PORT}/#`;
/** An invite whose server only programs on this computer reach. */
const THIS_COMPUTER = /^https?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/;

/** The code, and how the other side uses it. An `invite` of null means the local network. */
export function codeLines(
  { code, invite }: Pick<Extract<ChatEvent, { type: 'code' }>, 'code' | 'invite'>,
  command: ProgramCommand,
  appearance: Appearance,
): string[] {
  const word = visible(code);
  const link = invite === null ? null : visible(invite);
  const argument = link === null ? `--lan ${word}` : link.startsWith(DEFAULT_SERVER) ? word : link;
  const ready = { code: paint(word, 'strong', appearance), link, argument, onlyHere: THIS_COMPUTER.test(link ?? '') };
  return noticeLines(words.codeIsReady(ready, command), appearance, 'plain');
}

/**
 * Manual pairing: a text to hand over, and a picture of it. The text stands alone on its line and unbroken, so that it
 * can be copied. `hasAgreedCode`: both sides agreed on a code.
 */
export function blobLines(
  { type, blob }: Pick<Extract<ChatEvent, { type: 'invite' | 'answer' }>, 'type' | 'blob'>,
  { command, hasAgreedCode }: { command: ProgramCommand; hasAgreedCode: boolean },
  picture: readonly string[],
  appearance: Appearance,
): string[] {
  const [before, after] =
    type === 'invite'
      ? [words.handOverInvite(command, hasAgreedCode), words.PASTE_ANSWER]
      : [words.HAND_OVER_ANSWER, words.ANSWER_CONNECTS];
  return [...noticeLines([before], appearance), ...picture, '', visible(blob), '', ...noticeLines([after], appearance)];
}

function keyText({ own, trust, formerly }: PeerEvent, appearance: Appearance): string {
  return words.keyWords(trust, own === true, formerly === undefined ? null : shownName(formerly, '', appearance));
}

function pathText({ path, protocol }: Pick<PeerEvent, 'path' | 'protocol'>): string {
  return path === null ? '' : words.pathWords(path, protocol);
}

/** What has changed about a peer; empty where that is not worth a line. `before`: the latest event about them. */
export function peerLines(
  event: PeerEvent,
  before: PeerEvent | null,
  name: string,
  command: ProgramCommand,
  appearance: Appearance,
): string[] {
  const { status, trust } = event;
  const path = pathText(event);
  const notice = (...sentences: string[]) => noticeLines(sentences, appearance);
  const alarm = () => alarmLines(words.keyChanged(name, command), appearance);
  if (status === 'connected') {
    const key = keyText(event, appearance);
    if (before?.status !== 'connected' && before?.status !== 'reconnecting') {
      const own = event.own === true;
      const here = notice(...words.arrived(name, path, key, { trust, own, command }));
      return trust === 'changed' ? [...here, ...alarm()] : here;
    }
    if (trust === 'changed' && before.trust !== 'changed') return alarm();
    if (before.status === 'reconnecting') return notice(words.cameBack(name, path));
    if (trust !== before.trust) return notice(words.keyNow(name, key));
    return event.path === before.path && event.protocol === before.protocol ? [] : notice(words.pathNow(name, path));
  }
  // An error event says why nobody came at all.
  const isKnown = status === before?.status || (status === 'lost' && before?.status === 'connecting');
  return status === 'connecting' || isKnown ? [] : notice(words.departed(name, status, command === 'chat'));
}

/** A peer on one line, for `/peers`. */
export function peerSummary(event: PeerEvent, name: string, appearance: Appearance): string {
  return words.peerSummary(name, event.status, pathText(event), keyText(event, appearance));
}

/** The safety number: twelve groups of five digits. `since`: when it was verified, null where it was not. */
export function safetyLines(name: string, safety: string, since: Date | null, appearance: Appearance): string[] {
  const groups = visible(safety).split(' ');
  const rows = [0, 4, 8].map((from) => groups.slice(from, from + 4).join(' '));
  return noticeLines(words.safetyNumber(name, rows, since), appearance);
}

/** An error, as an event has it. */
type ShownError = Pick<Extract<ChatEvent, { type: 'error' }>, 'error' | 'times'>;

/** What went wrong, how often it happened again, and what to do. The words may quote a peer. */
export function errorSentences({ error, times }: ShownError): string[] {
  const { message, hint } = describeError(error);
  return [message, ...(times === undefined ? [] : [words.happenedAgain(times)]), hint].map(visible);
}

/** The lines of an error. */
export function errorLines(event: ShownError & { readonly fatal: boolean }, appearance: Appearance): string[] {
  const sentences = errorSentences(event);
  return event.fatal ? alarmLines(sentences, appearance) : noticeLines(sentences, appearance);
}
