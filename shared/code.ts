/**
 * Codes and invites: what two people tell each other. A code is `NAMEPLATE-SECRET`; only the nameplate is ever shown
 * to a server. An invite is a link with the code in its fragment.
 */

import { WORDS } from './code-words.ts';
import { distance } from './edit-distance.ts';
import { AparteError } from './errors.ts';
import { MAX_NAMEPLATE, MAX_SECRET } from './limits.ts';

/** A code in canonical form. */
export interface Code {
  /** Names the room: `[a-z0-9]{1,32}`. The server sees it. */
  readonly nameplate: string;
  /** Normalised, 1 to 128 characters. Never leaves the machine in any form that can be tested offline. */
  readonly secret: string;
  /** The whole code: nameplate, `-`, secret. */
  readonly text: string;
}

/** A code or invite as a user gave it. */
export interface GivenCode {
  readonly code: Code;
  /** The origin of the server that an invite names; null for a code alone. */
  readonly server: string | null;
  /** The characters that were left out, each once: punctuation around the code, and characters that nobody sees. */
  readonly dropped: readonly string[];
}

/** Longest text that is read at all, in UTF-16 units, so that nobody makes us normalise megabytes. */
const MAX_INPUT = 1_024;
/** A secret with fewer bits gets a warning. Two words of our list have these, and the promise of 1 in 2.1 million rests on them. */
const ENOUGH_BITS = 22;
const WORD_BITS = 11;

const NAMEPLATE = new RegExp(`^[a-z0-9]{1,${MAX_NAMEPLATE}}$`);
const SEPARATORS = /[\p{White_Space}\u002d\u2010-\u2015\u2212]+/gu;
const UNUSABLE = /[\p{Cc}\p{Cs}]/u;
/** Characters that nobody sees, such as a byte order mark, a zero-width space or a soft hyphen. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
/** What may surround a code in a sentence, in quotes or in Markdown; the dash is part of it. */
const MARK = '[\\p{P}`\u00b4~<>|]';
const MARKS_AT_ENDS = new RegExp(`^${MARK}+|${MARK}+$`, 'gu');
const MARKS_AROUND_DASH = new RegExp(`${MARK}*-${MARK}*`, 'u');
const MARKS_BEFORE_LINK = new RegExp(`^(?:${MARK}|\\s)+(?=https?:)`, 'iu');
/** A line that a user was told to type: the code stands behind the command. */
const COMMAND_LINE = new RegExp(
  `^(?:${MARK}|[\\s$])*(?:npx\\s+)?(?:aparte(?:\\s+(?:chat|send|receive))?|npm\\s+run\\s+chat\\s+--)\\s+(\\S.*)$`,
  'isu',
);
const KNOWN_WORDS: ReadonlySet<string> = new Set(WORDS);

/**
 * One spelling for all ways to type the same code: NFKC, lower case, NFKC, each run of white space and dashes
 * (U+002D, U+2010 to U+2015, U+2212) becomes one `-`, none at either end. Idempotent.
 */
export function normalise(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(SEPARATORS, '-').replace(/^-|-$/g, '');
}

/** Collects the characters that are left out. */
class Dropped {
  readonly all = new Set<string>();
  readonly add = (characters: string): string => {
    for (const character of characters) if (!/[-\p{White_Space}]/u.test(character)) this.all.add(character);
    return '';
  };
}

/** Normalises a text without the characters that nobody sees and without the punctuation around it. */
function tidied(text: string, dropped: Dropped): string {
  const canonical = normalise(normalise(text).replace(INVISIBLE, dropped.add));
  const bare = canonical.replace(MARKS_AT_ENDS, '');
  // A secret of punctuation alone is a secret all the same.
  if (bare === '' || (canonical.includes('-') && !bare.includes('-'))) return canonical;
  return canonical.replace(MARKS_AT_ENDS, dropped.add);
}

/** Reads a secret that two people agreed on aloud, in any spelling. `secret` is empty if the text holds none. */
export function readAgreedSecret(text: string): { readonly secret: string; readonly dropped: readonly string[] } {
  const dropped = new Dropped();
  const secret = text.length > MAX_INPUT ? '' : tidied(text, dropped);
  return { secret: isSecret(secret) ? secret : '', dropped: [...dropped.all] };
}

function isSecret(text: string): boolean {
  return text !== '' && [...text].length <= MAX_SECRET && !UNUSABLE.test(text);
}

function readCode(text: string, dropped: Dropped): Code {
  if (looksLikeInvite(text)) throw new AparteError('bad-code', { key: 'link-not-code' });
  const whole = tidied(text, dropped);
  const bare = whole.replace(MARKS_AROUND_DASH, '-');
  // Again: a secret of punctuation alone.
  const canonical = bare.endsWith('-') ? whole : whole.replace(MARKS_AROUND_DASH, (marks) => `${dropped.add(marks)}-`);
  const dash = canonical.indexOf('-');
  if (dash < 0) throw new AparteError('bad-code', { key: 'code-without-dash' });
  const nameplate = canonical.slice(0, dash);
  const secret = canonical.slice(dash + 1);
  if (!NAMEPLATE.test(nameplate)) throw new AparteError('bad-code', { key: 'bad-nameplate', max: MAX_NAMEPLATE });
  if (UNUSABLE.test(secret)) throw new AparteError('bad-code', { key: 'control-character' });
  if (!isSecret(secret)) throw new AparteError('bad-code', { key: 'secret-too-long', max: MAX_SECRET });
  return { nameplate, secret, text: canonical };
}

/** Reads a code in any spelling. Throws `bad-code`; its detail says what is wrong and never holds the text. */
export function parseCode(text: string): Code {
  checkLength(text);
  return readCode(text, new Dropped());
}

function checkLength(text: string): void {
  if (text.length > MAX_INPUT) throw new AparteError('bad-code', { key: 'code-too-long' });
}

/** Whether a text is meant as an invite rather than as a code. */
export function looksLikeInvite(text: string): boolean {
  return /^\s*https?:/i.test(text);
}

/**
 * Reads a code or an invite in any spelling, also inside quotes or behind the name of the command that takes it
 * (`aparte receive 7-ocean-violin`). Throws `bad-code`, also for a link with anything but a host, a port and a
 * fragment, because whatever else it says would be ignored silently.
 */
export function parseCodeOrInvite(text: string): GivenCode {
  checkLength(text);
  const dropped = new Dropped();
  const line = withoutCommand(text.replace(INVISIBLE, dropped.add)).replace(MARKS_BEFORE_LINK, dropped.add);
  if (!looksLikeInvite(line)) return { code: readCode(line, dropped), server: null, dropped: [...dropped.all] };
  const { origin, fragment } = readInvite(line);
  return { code: readCode(fragment, dropped), server: origin, dropped: [...dropped.all] };
}

function withoutCommand(text: string): string {
  const given = COMMAND_LINE.exec(text)?.[1];
  if (given === undefined) return text;
  // An option may name another server, or another way to meet.
  if (/(?:^|\s)-/.test(given)) throw new AparteError('bad-code', { key: 'command-with-options' });
  return given;
}

function readInvite(link: string): { readonly origin: string; readonly fragment: string } {
  try {
    const url = new URL(link);
    const namesMore = url.pathname !== '/' || url.search !== '' || url.username !== '' || url.password !== '';
    if (!namesMore) return { origin: url.origin, fragment: decodeURIComponent(url.hash.slice(1)) };
  } catch {
    // Not a link, or not UTF-8 in it.
  }
  throw new AparteError('bad-code', { key: 'bad-invite-link' });
}

/**
 * The invite for a code: `https://HOST[:PORT]/#CODE`, or `http:` for a server without TLS. Throws `usage` if `server`
 * is not a URL of either kind.
 */
export function inviteFor(server: string, code: Code): string {
  if (!looksLikeInvite(server) || !URL.canParse(server)) {
    throw new AparteError('usage', { key: 'bad-server-address' });
  }
  return `${new URL(server).origin}/#${encodeURIComponent(code.text)}`;
}

/** A fresh secret of `words` words, 11 bits each, from `random(n)`: n uniformly random bytes. */
export function makeSecret(random: (length: number) => Uint8Array, words = 2): string {
  const bytes = random(2 * words);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // 2^16 is a multiple of 2,048: the remainder favours no word.
  return Array.from({ length: words }, (_, word) => WORDS[view.getUint16(2 * word) % WORDS.length]).join('-');
}

/**
 * Whether the number in front seems to be missing, so that the server would see a part of the secret: only letters
 * before the dash and a single word behind it (`ocean-violin`), or three words of our list (`ocean-violin-maple`).
 */
export function forgottenNameplate(code: Code): boolean {
  const { nameplate, secret, text } = code;
  if (/\d/.test(nameplate)) return false;
  const words = text.split('-');
  return /^\p{L}+$/u.test(secret) || (words.length === 3 && words.every((word) => KNOWN_WORDS.has(word)));
}

/**
 * The code that seems to be meant if the dash behind the number is missing (`7ocean-violin`), so that the server would
 * see a word of the secret. Null if none is missing.
 */
export function forgottenDash({ nameplate, secret }: Code): string | null {
  const [, number = '', word = ''] = /^(\d+)([a-z]+)$/.exec(nameplate) ?? [];
  return KNOWN_WORDS.has(word) ? `${number}-${word}-${secret}` : null;
}

/** Whether the end of a code seems to be missing: a number and a single word of our list (`7-ocean`). */
export function isCutShort({ nameplate, secret }: Code): boolean {
  return /^\d+$/.test(nameplate) && KNOWN_WORDS.has(secret);
}

const CODES_INSIDE = /(?<![a-z0-9])(\d{1,9})[^a-z0-9]+([a-z]+)[^a-z0-9]+([a-z]+)(?![a-z0-9])/g;

/**
 * A code of the form that the program makes (a number and two words of our list) inside a code that holds more, such as
 * a part of a sentence: `7-ocean-violin` in `7-ocean-violin. thanks`. Null if there is none, or if the rest is words of
 * our list as well.
 */
export function codeInside({ text }: Code): string | null {
  for (const [found, number, ...words] of text.matchAll(CODES_INSIDE)) {
    if (!words.every((word) => KNOWN_WORDS.has(word))) continue;
    const meant = [number, ...words].join('-');
    const more = text
      .replace(found, '')
      .split('-')
      .filter((part) => part !== '');
    if (found !== meant || more.some((part) => !KNOWN_WORDS.has(part))) return meant;
  }
  return null;
}

/** Largest number of wrong letters in a word for which another word is suggested. */
const MAX_SLIPS = 2;

/**
 * The words that are not of our list, in a code of the form that the program makes (a number and two words). `near` is
 * the nearest word of the list, null if none is near. Empty for a code of another form.
 */
export function mistypedWords({ text }: Code): { readonly word: string; readonly near: string | null }[] {
  const [, ...words] = /^\d+-([a-z]+)-([a-z]+)$/.exec(text) ?? [];
  return words.filter((word) => !KNOWN_WORDS.has(word)).map((word) => ({ word, near: nearestWord(word) }));
}

function nearestWord(word: string): string | null {
  const slips = WORDS.map((known) => distance(known, word));
  const least = Math.min(...slips);
  return least <= MAX_SLIPS ? (WORDS[slips.indexOf(least)] ?? null) : null;
}

/** What everybody tries first. Words that are also of our list count as such. */
const FIRST_TRIED: ReadonlySet<string> = new Set(
  `abc abcd abc123 admin asdf asdfgh chat code hello hallo hi iloveyou letmein love pass password passwort qwerty qwertz
   qwertyuiop secret sesame test testing welcome word xyz yes`.split(/\s+/),
);

/** Bits of one part of a secret that is not a word of our list. */
function partBits(part: string): number {
  if (FIRST_TRIED.has(part)) return 4;
  if (/^(19|20)\d\d$/.test(part)) return 7;
  const points = Array.from(part, (char) => char.codePointAt(0) ?? 0);
  let bits = 0;
  let letters = 0;
  for (const [index, char] of [...part].entries()) {
    const step = (at: number) => (points[at] ?? 0) - (points[at - 1] ?? 0);
    if (index >= 2 && step(index) === step(index - 1) && Math.abs(step(index)) <= 1) bits += 0.5;
    else if (/\p{L}/u.test(char)) bits += ++letters <= 8 ? 2 : 1;
    else bits += /\d/.test(char) ? Math.log2(10) : 4;
  }
  return bits;
}

/**
 * A modest estimate of a secret's strength in bits, against somebody who knows how people choose. A word of our list
 * counts 11, as if drawn at random. Other text counts 2 bits a letter, and 1 past the eighth letter of a part (after
 * Shannon, "Prediction and Entropy of Printed English", 1951), 3.3 a digit and 4 a sign. Runs like `aaa` and `123`,
 * years, repeated parts and what everybody tries first count almost nothing.
 */
export function estimateBits(secret: string): number {
  const parts = normalise(secret).split('-');
  const bits = parts.map((part, index) => {
    if (parts.indexOf(part) < index) return 1;
    return KNOWN_WORDS.has(part) ? WORD_BITS : partBits(part);
  });
  return Math.floor(bits.reduce((sum, each) => sum + each, 0));
}

/** Whether a secret is easier to guess than two words of our list. */
export function isWeak(secret: string): boolean {
  return estimateBits(secret) < ENOUGH_BITS;
}
