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

/** A text with each character replaced by the Latin letter it looks like. */
function asLatin(text: string): string {
  return Array.from(text, (char) => LATIN.get(char) ?? LATIN.get(char.toLowerCase()) ?? char.toLowerCase()).join('');
}

/** Whether two names are the same when folded, or differ only in letters that look alike. */
export function isAlike(one: string, other: string): boolean {
  // A capital I is an i in another case, and looks like an l.
  const written = (name: string) => asLatin(tidyName(name.normalize('NFKC').replace(INVISIBLE, '')));
  const folded = (name: string) => asLatin(foldedName(name));
  return foldedName(one) === foldedName(other) || folded(one) === folded(other) || written(one) === written(other);
}

/** The letters and digits of a text, as Latin ones. */
function letters(text: string): string {
  return asLatin(text.normalize('NFKD').replace(/[^\p{L}\p{N}|]/gu, ''));
}

/**
 * Whether people may take a name for `other`: their letters look alike, or `other` is among the words of the name, as in
 * `ann (you)`. False where `other` has no letters.
 */
export function mimics(name: string, other: string): boolean {
  const words = (text: string) =>
    text
      .split(/[^\p{L}\p{M}\p{N}|]+/u)
      .map(letters)
      .filter((word) => word !== '')
      .join(' ');
  if (letters(other) === '') return false;
  return letters(name) === letters(other) || ` ${words(name)} `.includes(` ${words(other)} `);
}
