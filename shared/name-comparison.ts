/** Compares names that people give themselves. A name is a label: two names that look the same count as the same. */

// All white space of Unicode, and the Braille pattern without dots, which looks blank too.
const BLANKS = /[\s\u2800]+/gu;
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu;
const CONTROLS = /\p{Cc}+/gu;

// Characters that look like a Latin letter, from the confusables of Unicode (UTS #39): Cyrillic, Greek, Armenian, small
// capitals, digits. A capital is listed only where it looks like another letter than its small form does.
const LOOKALIKES: Readonly<Record<string, string>> = {
  a: 'аαɑᴀ',
  b: 'вΒВьʙ',
  c: 'сϲᴄ',
  d: 'ԁᴅ',
  e: 'еєεҽᴇ℮',
  g: 'ɡց',
  h: 'һհнʜΗ',
  i: 'іιıɩɪ',
  j: 'јϳ',
  k: 'кκᴋ',
  l: 'ӏɭʟ1I|ǀІΙ',
  m: 'мᴍΜ',
  n: 'ոռɴΝ',
  o: 'оοσօᴏ0ө',
  p: 'рρᴘ',
  q: 'ԛզ',
  r: 'гᴦʀ',
  s: 'ѕꜱ',
  t: 'тτᴛ',
  u: 'υսцᴜʋՍ',
  v: 'ѵνᴠ',
  w: 'ԝѡωաᴡ',
  x: 'хχ',
  y: 'уγүყʏΥҮ',
  z: 'ᴢΖ',
};
const LATIN = new Map(Object.entries(LOOKALIKES).flatMap(([letter, all]) => Array.from(all, (each) => [each, letter])));

/** The name on one line, without blanks at its ends and with single spaces inside. Empty where the name is blank. */
export function tidyName(name: string): string {
  return name.replace(BLANKS, ' ').trim();
}

/**
 * The form in which two equal names are equal strings: no invisible characters, blanks as single spaces, NFKC
 * (Unicode, UAX #15), lower case. For comparing only.
 */
export function foldedName(name: string): string {
  const seen = name.normalize('NFKC').replace(INVISIBLE, '').replace(BLANKS, ' ').replace(CONTROLS, '');
  return tidyName(seen.toLowerCase().normalize('NFKC'));
}

/** The letters and digits of a name, each replaced by the Latin letter it looks like. */
function skeleton(name: string): string {
  const seen = Array.from(name.normalize('NFKD')).filter((char) => /[\p{L}\p{N}|]/u.test(char));
  const read = (char: string) => LATIN.get(char) ?? LATIN.get(char.toLowerCase()) ?? char.toLowerCase();
  return seen.map(read).join('');
}

/** Whether people may take two names for the same: equal when folded, or written with letters that look alike. */
export function looksLike(name: string, other: string): boolean {
  if (foldedName(name) === foldedName(other)) return true;
  const seen = skeleton(name);
  return seen !== '' && seen === skeleton(other);
}

/** Whether some of a name's words look like `other`, as in `ann (you)`. False where `other` has no letters. */
export function containsAlike(name: string, other: string): boolean {
  const wordsOf = (text: string) =>
    ` ${text
      .split(/[^\p{L}\p{M}\p{N}|]+/u)
      .map(skeleton)
      .join(' ')} `;
  const wanted = wordsOf(other);
  return wanted.trim() !== '' && wordsOf(name).replace(/ +/g, ' ').includes(wanted.replace(/ +/g, ' '));
}
