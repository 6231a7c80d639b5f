/**
 * Codes and invites: what two people tell each other. A code is `NAMEPLATE-SECRET`; only the nameplate is ever shown
 * to a server. An invite is a link with the code in its fragment.
 */

import { WORDS } from './code-words.ts';
import { distance } from './edit-distance.ts';
import { AparteError } from './errors.ts';
import { MAX_NAMEPLATE, MAX_SECRET } from './limits.ts';

/** A code, read and in canonical form. */
export interface Code {
  /** Names the room: `[a-z0-9]{1,32}`. The server sees it. */
  readonly nameplate: string;
  /** Normalised, 1 to 128 characters. Never leaves the machine in any form that can be tested offline. */
  readonly secret: string;
  /** The whole code: nameplate, `-`, secret. */
  readonly text: string;
}

/** UTF-16 units of a text that is looked at at all: normalising must not be made to work on megabytes. */
const MAX_INPUT = 1_024;
/** Below these bits a secret deserves a warning: two words, what the promise of 1 in 2.1 million rests on. */
const ENOUGH_BITS = 22;
const WORD_BITS = 11;

const NAMEPLATE = new RegExp(`^[a-z0-9]{1,${MAX_NAMEPLATE}}$`);
const SEPARATORS = /[\p{White_Space}\u002d\u2010-\u2015\u2212]+/gu;
const UNUSABLE = /[\p{Cc}\p{Cs}]/u;
const KNOWN_WORDS: ReadonlySet<string> = new Set(WORDS);

/**
 * One spelling for all ways to type the same code: NFKC, lower case, NFKC, each run of white space and dashes
 * (U+002D, U+2010 to U+2015, U+2212) to one `-`, none at either end. Idempotent.
 */
export function normalise(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(SEPARATORS, '-').replace(/^-|-$/g, '');
}

/** Reads a code in any spelling. Throws `bad-code`, with a detail that says what is wrong and never holds the text. */
export function parseCode(text: string): Code {
  if (text.length > MAX_INPUT) throw new AparteError('bad-code', { key: 'code-too-long' });
  if (looksLikeInvite(text)) throw new AparteError('bad-code', { key: 'link-not-code' });
  const canonical = normalise(text);
  const dash = canonical.indexOf('-');
  if (dash < 0) throw new AparteError('bad-code', { key: 'code-without-dash' });
  const nameplate = canonical.slice(0, dash);
  const secret = canonical.slice(dash + 1);
  if (!NAMEPLATE.test(nameplate)) {
    throw new AparteError('bad-code', { key: 'bad-nameplate', max: MAX_NAMEPLATE });
  }
  if (UNUSABLE.test(secret)) throw new AparteError('bad-code', { key: 'control-character' });
  if ([...secret].length > MAX_SECRET) {
    throw new AparteError('bad-code', { key: 'secret-too-long', max: MAX_SECRET });
  }
  return { nameplate, secret, text: canonical };
}

/** Whether a text is meant as an invite rather than as a code. */
export function looksLikeInvite(text: string): boolean {
  return /^\s*https?:/i.test(text);
}

/**
 * Reads a code or an invite; `server` is the origin the invite names, null for a bare code. Throws `bad-code`, also
 * for a link with anything but a host, a port and a fragment: what else it says would be lost in silence.
 */
export function parseCodeOrInvite(text: string): { readonly code: Code; readonly server: string | null } {
  if (!looksLikeInvite(text)) return { code: parseCode(text), server: null };
  let url: URL;
  let fragment: string;
  try {
    url = new URL(text);
    fragment = decodeURIComponent(url.hash.slice(1));
  } catch {
    throw new AparteError('bad-code', { key: 'bad-invite-link' });
  }
  if (url.pathname !== '/' || url.search !== '' || url.username !== '' || url.password !== '') {
    throw new AparteError('bad-code', { key: 'bad-invite-link' });
  }
  return { code: parseCode(fragment), server: url.origin };
}

/**
 * The invite for a code: `https://HOST[:PORT]/#CODE`, or `http:` where the server has no TLS. Throws `usage` where
 * `server` is not a URL of one of the two.
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
 * Whether the number in front seems to be missing, so that a part of the secret would go to the server: letters only
 * before the dash and a single word behind it (`ocean-violin`), or three words of our list (`ocean-violin-maple`).
 */
export function forgottenNameplate(code: Code): boolean {
  const { nameplate, secret, text } = code;
  if (/\d/.test(nameplate)) return false;
  const words = text.split('-');
  return /^\p{L}+$/u.test(secret) || (words.length === 3 && words.every((word) => KNOWN_WORDS.has(word)));
}

/**
 * The code that is meant where the dash behind the number seems to be missing, so that a word of the secret would go to
 * the server (`7ocean-violin`); else null.
 */
export function forgottenDash({ nameplate, secret }: Code): string | null {
  const [, number = '', word = ''] = /^(\d+)([a-z]+)$/.exec(nameplate) ?? [];
  return KNOWN_WORDS.has(word) ? `${number}-${word}-${secret}` : null;
}

/** Whether the end of a code seems to be missing: a number and a single word of our list (`7-ocean`). */
export function isCutShort({ nameplate, secret }: Code): boolean {
  return /^\d+$/.test(nameplate) && KNOWN_WORDS.has(secret);
}

/** Letters that may be wrong in a word for another to be suggested in its place. */
const MAX_SLIPS = 2;

/**
 * The words of a code of the form that the program makes (a number and two words) which are not of our list, each with
 * the one of the list that it is nearest to, null where none is near. None for a code of another form.
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

/** What everybody tries first; those of our own list count as its words. */
const FIRST_TRIED: ReadonlySet<string> = new Set(
  `abc abcd abc123 admin asdf asdfgh chat code hello hallo hi iloveyou letmein love pass password passwort qwerty qwertz
   qwertyuiop secret sesame test testing welcome word xyz yes`.split(/\s+/),
);

/** Bits of one part of a secret that is not of our list. */
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
 * An honest, modest estimate of a secret's strength in bits: how hard it is for someone who knows how people choose.
 * A word of our list counts 11, as if drawn by chance; other text 2 bits a letter and 1 past the eighth in a part
 * (after Shannon, "Prediction and Entropy of Printed English", 1951), a digit 3.3, a sign 4; runs like `aaa` and
 * `123`, years, repeated parts and what everybody tries first count next to nothing.
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
