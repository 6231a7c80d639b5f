/** Names that look the same count as the same, and others do not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAlike, mimics } from '../../shared/name-comparison.ts';

test('takes names for the same that differ in case, blanks, invisible characters or letters that look alike', () => {
  for (const [one, other] of [
    ['ben', 'BEN'],
    ['ben', 'b\u0435n'],
    ['ben', 'ｂen'],
    ['mary ann', ' Mary\u00a0\u200b Ann'],
    ['alice', 'aIice'],
    ['bob', '\u0412\u043e\u044a'.replace('\u044a', 'b')],
  ] as const) {
    assert.equal(isAlike(one, other), true, `${one} ${other}`);
  }
});

test('keeps names apart that people can tell apart, in any script', () => {
  for (const [one, other] of [
    ['ben', 'benn'],
    ['mary ann', 'maryann'],
    ['rene', 'ren\u00e9'],
    ['राम', 'रमा'],
    ['Анна', 'Инна'],
    ['', 'ben'],
  ] as const) {
    assert.equal(isAlike(one, other), false, `${one} ${other}`);
  }
});

test('finds a name among the words of another', () => {
  for (const name of ['ann', 'a n n', 'ann (you)', 'the \u0430nn']) assert.equal(mimics(name, 'ann'), true, name);
  for (const name of ['anna', 'joann', 'bert', '']) assert.equal(mimics(name, 'ann'), false, name);
  assert.equal(mimics('mary ann smith', 'Mary Ann'), true);
  assert.equal(mimics('anybody', ''), false);
  assert.equal(mimics('anybody', '🙂'), false);
  assert.equal(mimics('!', '🙂'), false);
});
