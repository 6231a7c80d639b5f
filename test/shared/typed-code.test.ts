/** Codes as people really give them: out of a sentence, out of Markdown, with invisible characters, with a command. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  codeInside,
  inviteFor,
  isWeak,
  normalise,
  parseCode,
  parseCodeOrInvite,
  readAgreedSecret,
} from '../../shared/code.ts';
import { WORDS } from '../../shared/code-words.ts';

const CODE = '7-garden-otter';

/** Each text, and what is left out of it. */
const AROUND: readonly (readonly [text: string, dropped: string])[] = [
  ['7-garden-otter.', '.'],
  ['7-garden-otter,', ','],
  ['(7-garden-otter)', '()'],
  ['7-garden-otter!', '!'],
  ['7-garden-otter?!', '?!'],
  ['"7-garden-otter"', '"'],
  ["'7-garden-otter'.", "'."],
  ['\u201c7-garden-otter\u201d', '\u201c\u201d'],
  ['\u201e7-garden-otter\u201c', '\u201e\u201c'],
  ['\u2018 7-garden-otter \u2019', '\u2018\u2019'],
  ['\u00ab\u00a07-garden-otter\u00a0\u00bb', '\u00ab\u00bb'],
  ['`7-garden-otter`', '`'],
  ['**7-garden-otter**', '*'],
  ['**7**-**garden otter**', '*'],
  ['__7 garden otter__', '_'],
  ['~~7-garden-otter~~', '~'],
  ['<7-garden-otter>', '<>'],
  ['\u2022 7-garden-otter', '\u2022'],
  ['- 7-garden-otter', ''],
  ['7-garden-otter\u3002', '\u3002'],
  ['7-"garden otter"', '"'],
  ['\ufeff7-garden-otter', '\ufeff'],
  ['\u200e7-garden-otter\u200f', '\u200e\u200f'],
  ['\u2068\u20667-garden-otter\u2069', '\u2068\u2066\u2069'],
  ['7-gar\u00adden-ot\u00adter', '\u00ad'],
  ['7-garden\u200b-otter', '\u200b'],
  ['7\u2060-garden-otter', '\u2060'],
  ['7-garden-otter\u{e0041}', '\u{e0041}'],
];

test('punctuation around a code and invisible characters in it are left out, and reported', () => {
  for (const [text, dropped] of AROUND) {
    const given = parseCodeOrInvite(text);
    assert.equal(given.code.text, CODE, JSON.stringify(text));
    assert.deepEqual([...given.dropped].sort(), [...dropped].sort(), JSON.stringify(text));
    assert.deepEqual(parseCode(text), given.code);
  }
});

test('an invite is found in the same surroundings', () => {
  const link = `https://meet.example:8443/#${CODE}`;
  for (const [text, dropped] of [
    [`${link}.`, '.'],
    [`<${link}>`, '<>'],
    [`(${link}),`, '(),'],
    [`"${link}"`, '"'],
    [`\ufeff${link}`, '\ufeff'],
    [`** ${link} **`, '*'],
    [`https://meet.\u200bexample:8443/#${CODE}`, '\u200b'],
    [`${link}!`, '!'],
  ] as const) {
    const given = parseCodeOrInvite(text);
    assert.deepEqual([given.code.text, given.server], [CODE, 'https://meet.example:8443'], text);
    assert.deepEqual([...given.dropped].sort(), [...dropped].sort(), text);
  }
});

test('a code that needs no repair reports nothing', () => {
  for (const text of [
    CODE,
    ' 7 Garden OTTER\n',
    '7\u2014garden--otter',
    'team-correct-horse',
    `http://localhost/#${CODE}`,
  ]) {
    assert.deepEqual(parseCodeOrInvite(text).dropped, [], text);
  }
});

test('signs inside a secret, and a secret of signs alone, are kept', () => {
  for (const [text, secret] of [
    ["7-it's", "it's"],
    ['7-a.b', 'a.b'],
    ['7-user@host', 'user@host'],
    ['7-!!!', '!!!'],
    ['7-...', '...'],
    ['7-c++', 'c++'],
    ['7-100€', '100€'],
  ] as const) {
    const { code, dropped } = parseCodeOrInvite(text);
    assert.deepEqual([code.secret, dropped], [secret, []], text);
  }
});

test('any code of this program survives any mixture of marks around it and invisible characters in it', () => {
  const marks = fc.string({
    unit: fc.constantFrom(
      '.',
      ',',
      '!',
      '?',
      '"',
      "'",
      '(',
      ')',
      '*',
      '_',
      '`',
      '«',
      '»',
      '“',
      '”',
      '‘',
      '’',
      ' ',
      '-',
      '\n',
    ),
    maxLength: 5,
  });
  const invisible = fc.constantFrom('\u200b', '\u00ad', '\ufeff', '\u200e', '\u2060', '\u{e0020}');
  const word = fc.constantFrom(...WORDS);
  const number = fc.integer({ min: 1, max: 9_999 });
  fc.assert(
    fc.property(
      fc.tuple(number, word, word),
      marks,
      marks,
      fc.array(fc.tuple(fc.nat(60), invisible), { maxLength: 6 }),
      (parts, before, behind, hidden) => {
        const code = parts.join('-');
        let text = before + code + behind;
        for (const [at, character] of hidden) text = text.slice(0, at) + character + text.slice(at);
        const given = parseCodeOrInvite(text);
        assert.equal(given.code.text, code);
        const left = new Set([...before, ...behind, ...hidden.map(([, character]) => character)]);
        for (const separator of [' ', '-', '\n']) left.delete(separator);
        assert.deepEqual([...given.dropped].sort(), [...left].sort());
        const link = inviteFor('https://meet.example', given.code);
        assert.equal(parseCodeOrInvite(`${link}${behind.replaceAll(/\s/g, '')}`).code.text, code);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a code that was read once is read the same again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      let code: ReturnType<typeof parseCode>;
      try {
        code = parseCode(`7-${text}`);
      } catch {
        return;
      }
      assert.deepEqual(parseCodeOrInvite(code.text), { code, server: null, dropped: [] });
      assert.equal(normalise(code.text), code.text);
    }),
    { numRuns: 2_000 },
  );
});

test('a whole command line that holds a code or an invite is understood', () => {
  for (const line of [
    `aparte receive ${CODE}`,
    `aparte ${CODE}`,
    `  $ aparte chat ${CODE}\n`,
    `> aparte send ${CODE}`,
    `\`aparte receive ${CODE}\``,
    `npx aparte receive ${CODE}`,
    `npm run chat -- ${CODE}`,
    `Aparte Receive "${CODE}"`,
  ]) {
    assert.equal(parseCodeOrInvite(line).code.text, CODE, line);
  }
  const given = parseCodeOrInvite(`aparte receive https://meet.example/#${CODE}`);
  assert.deepEqual([given.code.text, given.server], [CODE, 'https://meet.example']);
});

test('a command line with options is refused by name, and a code that begins like one is a code', () => {
  for (const line of [`aparte receive --lan ${CODE}`, `aparte ${CODE} --server https://meet.example`, 'aparte -V']) {
    assert.throws(() => parseCodeOrInvite(line), { code: 'bad-code', detail: { key: 'command-with-options' } }, line);
  }
  assert.equal(parseCodeOrInvite('aparte-receive-garden').code.nameplate, 'aparte');
});

test('a code with other text around it is seen, and one with more words is not', () => {
  const inside = (text: string) => codeInside(parseCode(text));
  for (const text of [
    'the-code-is-7-garden-otter',
    'code: 7-garden-otter',
    '7-garden-otter. thanks',
    '7-garden-otter (for ann)',
    '7-garden.otter',
    '7-garden,otter',
    '7-garden**-otter',
    '7-"garden"-otter-x',
    'x-7/garden/otter',
  ]) {
    assert.equal(inside(text), CODE, text);
  }
  for (const text of [
    CODE,
    '7-garden-otter-violin',
    'team-correct-horse-battery',
    '7-gardens-otter',
    "7-it's",
    '7-garden',
    'room7-garden-otter',
  ]) {
    assert.equal(inside(text), null, text);
  }
});

test('an agreed secret is read in any spelling, without what surrounds it', () => {
  assert.deepEqual(readAgreedSecret(' “Ocean Violin”. '), { secret: 'ocean-violin', dropped: ['“', '”', '.'] });
  assert.deepEqual(readAgreedSecret('ocean\u200b violin'), { secret: 'ocean-violin', dropped: ['\u200b'] });
  assert.equal(readAgreedSecret('!!!').secret, '!!!');
  for (const none of ['', ' - ', '\u200b', 'x'.repeat(129), 'x'.repeat(100_000), 'a\u0007b', '\ud800']) {
    assert.equal(readAgreedSecret(none).secret, '', JSON.stringify(none.slice(0, 20)));
  }
  assert.ok(isWeak(readAgreedSecret('«7»').secret));
});
