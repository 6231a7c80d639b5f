/** Names that look the same to people although they are written with other characters. */
import { foldedName } from '../../shared/name-comparison.ts';

// What people take for a letter of the Latin alphabet, out of the confusables of Unicode (UTS #39): Cyrillic, Greek,
// Armenian, small capitals, digits. Capitals stand here where they look like another letter than their small ones.
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

/** What is left of a name for an eye that takes one letter for another and looks at letters and digits only. */
function skeleton(name: string): string {
  const seen = Array.from(name.normalize('NFKD')).filter((char) => /[\p{L}\p{N}|]/u.test(char));
  const read = (char: string) => LATIN.get(char) ?? LATIN.get(char.toLowerCase()) ?? char.toLowerCase();
  return seen.map(read).join('');
}

/** Whether two names may be taken for the same. */
export function looksLike(name: string, other: string): boolean {
  if (foldedName(name) === foldedName(other)) return true;
  const seen = skeleton(name);
  return seen !== '' && seen === skeleton(other);
}
