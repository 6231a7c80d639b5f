import assert from 'node:assert/strict';
import { test } from 'node:test';
import { droppedCharacters } from '../../peer/words/english/code-warnings.ts';

test('what was left out of a code is named, invisible characters by their number', () => {
  assert.equal(droppedCharacters(['.']), 'note: left out of the code: .');
  assert.equal(
    droppedCharacters(['“', '\u200b', '\ufeff', '\u{e0041}']),
    'note: left out of the code: “ and an invisible character (U+200B) and an invisible character (U+FEFF) and an invisible character (U+E0041)',
  );
});
