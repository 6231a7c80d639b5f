import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  estimateBits,
  forgottenDash,
  forgottenNameplate,
  inviteFor,
  isCutShort,
  isWeak,
  looksLikeInvite,
  makeSecret,
  mistypedWords,
  normalise,
  parseCode,
  parseCodeOrInvite,
} from '../../shared/code.ts';
import { WORDS } from '../../shared/code-words.ts';
import type { ErrorDetailKey } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';

const isBadCode = (error: unknown) =>
  error instanceof AparteError && error.code === 'bad-code' && error.exit === 2 && error.detail !== null;
const bad = (key: ErrorDetailKey) => (error: unknown) => isBadCode(error) && (error as AparteError).detail?.key === key;

test('all spellings of a code give the same code', () => {
  const same = [
    '7-ocean-violin',
    ' 7-Ocean-VIOLIN\n',
    '7 ocean violin',
    '7--ocean - violin-',
    '7\u2010ocean\u2011violin',
    '7\u2012ocean\u2013violin',
    '7\u2014ocean\u2015violin',
    '7\u2212ocean\u00a0violin',
    '７－ｏｃｅａｎ　ｖｉｏｌｉｎ',
    '7\u0085ocean\u2028violin',
  ];
  for (const text of same) {
    assert.deepEqual(parseCode(text), { nameplate: '7', secret: 'ocean-violin', text: '7-ocean-violin' }, text);
  }
});

test('normalising keeps secrets different that differ, and unifies spellings', () => {
  assert.equal(normalise('a-\u00c4\u0308'), normalise('a-\u0041\u0308\u0308'));
  assert.equal(normalise('a-ΣΟΦΟΣ'), 'a-σοφος');
  assert.equal(normalise('a-ﬁn'), 'a-fin');
  assert.notEqual(normalise('a-b'), normalise('a-b.'));
  assert.notEqual(normalise('a_b'), normalise('a-b'));
});

test('normalising twice changes nothing', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
  fc.assert(
    fc.property(anything, (text) => {
      const once = normalise(text);
      assert.equal(normalise(once), once);
    }),
    { numRuns: 2_000 },
  );
});

test('a text that is no code is refused with a reason that does not quote it', () => {
  const cases: readonly [string, ErrorDetailKey][] = [
    ['', 'code-without-dash'],
    ['ocean', 'code-without-dash'],
    ['7-', 'code-without-dash'],
    ['-ocean', 'code-without-dash'],
    [' - ', 'code-without-dash'],
    ['größe-ocean', 'bad-nameplate'],
    ['a.b-ocean', 'bad-nameplate'],
    [`${'a'.repeat(33)}-ocean`, 'bad-nameplate'],
    ['7-oce\u0000an', 'control-character'],
    ['7-oce\u001ban', 'control-character'],
    ['7-\ud800', 'control-character'],
    [`7-${'x'.repeat(129)}`, 'secret-too-long'],
    [`7-${'x'.repeat(100_000)}`, 'code-too-long'],
    ['https://example.org/#7-ocean', 'link-not-code'],
  ];
  for (const [text, reason] of cases) assert.throws(() => parseCode(text), bad(reason), text.slice(0, 40));
  assert.throws(
    () => parseCode('größe-trompete'),
    (error: Error) => !error.message.includes('trompete'),
  );
});

test('a nameplate has up to 32 characters and a secret up to 128', () => {
  assert.equal(parseCode(`${'a'.repeat(32)}-b`).nameplate.length, 32);
  assert.equal(parseCode(`7-${'x'.repeat(128)}`).secret.length, 128);
  assert.equal([...parseCode(`7-${'🎻'.repeat(128)}`).secret].length, 128);
});

test('any text either gives a canonical code or is refused with a reason', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.tuple(fc.stringMatching(/^[a-zA-Z0-9]{0,34}$/), fc.string({ unit: 'grapheme' })).map((parts) => parts.join('-')),
    fc.string().map((rest) => `https://h/${rest}`),
  );
  fc.assert(
    fc.property(text, (input) => {
      try {
        const { code, server } = parseCodeOrInvite(input);
        assert.deepEqual(parseCode(code.text), code);
        assert.equal(code.text, `${code.nameplate}-${code.secret}`);
        assert.equal(server === null, !looksLikeInvite(input));
      } catch (error) {
        assert.ok(isBadCode(error), String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a text of punctuation and dashes, as long as can be, does not hold the program up', () => {
  // A pattern with two ways to match a dash would try 2^400 of them.
  const text = `7-a${'!-'.repeat(400)}x`;
  assert.throws(() => parseCode(text), { code: 'bad-code' });
  assert.equal(parseCode(`7-a${'!-'.repeat(60)}x`).secret, `a${'!-'.repeat(60)}x`);
  assert.equal(parseCode(`"7-!-!-a${'!-'.repeat(60)}"`).secret, 'a');
});

test('an invite names the server and carries any code', () => {
  assert.equal(inviteFor('https://chat.example', parseCode('7-ocean-violin')), 'https://chat.example/#7-ocean-violin');
  assert.equal(inviteFor('http://localhost:7470/', parseCode('7-a')), 'http://localhost:7470/#7-a');
  assert.deepEqual(parseCodeOrInvite(' HTTPS://Chat.Example:443/#7-Ocean%20Violin\n'), {
    code: parseCode('7-ocean-violin'),
    server: 'https://chat.example',
    dropped: [],
  });
  assert.equal(parseCodeOrInvite('7-ocean-violin').server, null);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (secret) => {
      fc.pre(normalise(secret) !== '' && !/[\p{Cc}\p{Cs}]/u.test(normalise(secret)));
      const code = parseCode(`7-${secret}`);
      const link = inviteFor('http://[::1]:7470', code);
      assert.match(link, /^[\x21-\x7e]+$/);
      assert.deepEqual(parseCodeOrInvite(link), { code, server: 'http://[::1]:7470', dropped: [] });
    }),
  );
});

test('a link that is not an invite is refused', () => {
  const links = [
    'https://',
    'https://example.org',
    'https://example.org/',
    'https://example.org/#',
    'https://example.org/#ocean',
    'https://example.org/#7-%ff',
    'https://example.org/room#7-ocean',
    'https://example.org/?room=7#7-ocean',
    'https://user:word@example.org/#7-ocean',
  ];
  for (const link of links) assert.throws(() => parseCodeOrInvite(link), isBadCode, link);
  for (const server of ['localhost:7470', 'ws://localhost', '', 'https://']) {
    assert.throws(() => inviteFor(server, parseCode('7-a')), { code: 'usage' }, server);
  }
});

test('a made secret takes each word equally often and uses all its random bytes', () => {
  const counts = new Map<string, number>();
  for (let value = 0; value < 65_536; value++) {
    const secret = makeSecret(() => Uint8Array.of(value >> 8, value & 255), 1);
    counts.set(secret, (counts.get(secret) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), WORDS);
  assert.deepEqual(new Set(counts.values()), new Set([32]));
  const asked: number[] = [];
  const secret = makeSecret((length) => {
    asked.push(length);
    return Uint8Array.from({ length }, (_, index) => index);
  }, 3);
  assert.deepEqual(asked, [6]);
  assert.equal(secret, [WORDS[1], WORDS[(2 * 256 + 3) % 2_048], WORDS[(4 * 256 + 5) % 2_048]].join('-'));
  assert.throws(() => makeSecret(() => new Uint8Array(3)), RangeError);
});

test('a missing nameplate is noticed', () => {
  for (const text of ['ocean-violin', 'Ocean Violin', 'bob-hello', 'ocean-violin-apple', 'abc-größe']) {
    assert.ok(forgottenNameplate(parseCode(text)), text);
  }
  const fine = ['7-ocean-violin', '7-ocean', 'x7-ocean', 'team-correct-horse-battery', 'team-x7k2q9', 'ocean-xyzzy-no'];
  for (const text of fine) assert.ok(!forgottenNameplate(parseCode(text)), text);
});

test('a missing dash is noticed, and the code that is meant is found', () => {
  const meant = (text: string) => forgottenDash(parseCode(text));
  assert.equal(meant('7ocean-violin'), '7-ocean-violin');
  assert.equal(meant('12Ocean violin maple'), '12-ocean-violin-maple');
  for (const fine of [
    '7-ocean-violin',
    'ocean-violin',
    '7xyzzyqwv-violin',
    'ocean7-violin',
    '7ocean7-violin',
    '7-7ocean',
  ])
    assert.equal(meant(fine), null, fine);
});

test('a code that is cut short is noticed', () => {
  for (const text of ['7-ocean', '12 Violin', '6-unlock-']) assert.ok(isCutShort(parseCode(text)), text);
  for (const fine of ['7-ocean-violin', '7-xyzzyqwv', 'team-ocean', '7-4711']) {
    assert.ok(!isCutShort(parseCode(fine)), fine);
  }
});

test('a mistyped word of a made code is found, with the nearest word of the list', () => {
  const words = (text: string) => mistypedWords(parseCode(text));
  assert.deepEqual(words('7-ocen-violin'), [{ word: 'ocen', near: 'ocean' }]);
  assert.deepEqual(words('12 Ocean violim'), [{ word: 'violim', near: 'violin' }]);
  assert.deepEqual(words('7-ocean-xyzzyqwv'), [{ word: 'xyzzyqwv', near: null }]);
  for (const fine of ['7-ocean-violin', 'team-ocen-violin', '7-ocen', '7-ocen-violin-maple', '7-ocen-4711']) {
    assert.deepEqual(words(fine), [], fine);
  }
});

test('the strength of a secret is estimated modestly', () => {
  assert.equal(estimateBits('ocean'), 11);
  assert.equal(estimateBits('ocean-violin'), 22);
  assert.equal(estimateBits('Ocean  Violin'), 22);
  assert.equal(estimateBits('ocean-ocean-ocean'), 13);
  assert.equal(estimateBits('1234'), 7);
  assert.equal(estimateBits('4711'), 13);
  assert.equal(estimateBits('1987'), 7);
  assert.equal(estimateBits('password'), 4);
  assert.equal(estimateBits(''), 0);
  for (const weak of ['x', 'ocean', 'hello', 'aaaaaaaaaaaaaaaaaaaa', '123456789012', 'wonderfully', '123-456']) {
    assert.ok(isWeak(weak), weak);
  }
  for (const strong of ['ocean-violin', 'correct-horse-battery', 'x7k2q9vw3m', '93857204', 'correcthorsebattery']) {
    assert.ok(!isWeak(strong), strong);
  }
});

test('a new word never makes a secret count as weaker', () => {
  const secret = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(
    fc.property(secret, fc.constantFrom(...WORDS), (start, word) => {
      fc.pre(!normalise(start).split('-').includes(word));
      assert.ok(estimateBits(`${start}-${word}`) >= estimateBits(start));
    }),
  );
});
