import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WORDS } from '../../shared/code-words.ts';

/** Words that must stay out of the list: they sound like another common word, are unpleasant, or are numbers. */
const UNWANTED = `
  sea see flour flower pair pear pare right write knight night son sun blue blew red read two too to four for eight
  ate one won hear here their there its main mane male mail meat meet plain plane sail sale tail tale waist waste
  week weak wood would peace piece role roll root route stair stare steel steal bear bare board bored brake break
  cell sell cent scent cereal serial dear deer fair fare hair hare heal heel hole whole knot not made maid night pain
  pane rain reign rose rows sight site cite soul sole suite sweet weather whether which witch wait weight
  one two three four five six seven eight nine ten eleven twelve twenty fifty zero hundred thousand million dash minus
  ass arse anal anus bitch blood bomb butt cock coon corpse crap cum cunt damn dead death devil dick die dyke fag fart
  fat fuck gay gun hell hate hitler homo jew kill knife lesbian murder nazi negro nigger nude penis piss poison poo
  porn prick pussy queer rape retard sex shit slave slut spic stab suicide tit tits torture ugly vagina war whore
`
  .trim()
  .split(/\s+/);

/** The patterns of all words that one typing mistake makes of a word: a letter removed, changed or added, or two swapped. */
function slips(word: string): Set<string> {
  const made = new Set<string>();
  for (let at = 0; at <= word.length; at++) {
    const [before, after] = [word.slice(0, at), word.slice(at)];
    made.add(`${before}*${after}`);
    if (after === '') continue;
    made.add(before + after.slice(1));
    made.add(`${before}*${after.slice(1)}`);
    if (after.length > 1) made.add(before + after.charAt(1) + after.charAt(0) + after.slice(2));
  }
  return made;
}

test('there are 2,048 distinct words of 3 to 8 letters in alphabetical order', () => {
  assert.equal(WORDS.length, 2_048);
  assert.equal(new Set(WORDS).size, 2_048);
  assert.deepEqual(WORDS, [...WORDS].sort());
  for (const word of WORDS) assert.match(word, /^[a-z]{3,8}$/);
});

test('no word is one typing mistake away from another, and none is the beginning of another', () => {
  const words = new Set(WORDS);
  const seen = new Map<string, string>();
  const clashes: string[] = [];
  for (const word of WORDS) {
    for (const slip of slips(word)) {
      const other = seen.get(slip) ?? (words.has(slip) ? slip : word);
      if (other !== word) clashes.push(`${word} ${other}`);
      if (slip.includes('*')) seen.set(slip, word);
    }
    for (let length = 3; length < word.length; length++) {
      if (words.has(word.slice(0, length))) clashes.push(`${word} ${word.slice(0, length)}`);
    }
  }
  assert.deepEqual(clashes, []);
});

test('no word sounds like another common word, is a number or is unpleasant', () => {
  assert.deepEqual(
    WORDS.filter((word) => UNWANTED.includes(word)),
    [],
  );
});
