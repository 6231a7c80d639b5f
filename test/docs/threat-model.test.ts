/** Every claim of docs/THREAT-MODEL.md names tests, and every test that it names exists. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { testTitles } from './test-titles.ts';

const root = new URL('../../', import.meta.url);
const TEXT = readFileSync(new URL('docs/THREAT-MODEL.md', root), 'utf8');

/** A test file in backticks, and the titles in quotes behind it. */
const NAMED = /`(test\/[^`]+\.test\.ts)`((?:,? "[^"]+")*)/g;
/** A row of a table of claims. */
const CLAIM = /^\| (?<claim>.+) \| (?<tests>.*\S) \|$/;

/** The rows of all tables with the head `claim | test`. */
function claims(): { claim: string; tests: string }[] {
  const tables = TEXT.split('\n\n').filter((block) => block.startsWith('| claim | test |'));
  const rows = tables.flatMap((table) =>
    table
      .split('\n')
      .slice(2)
      .filter((line) => line !== ''),
  );
  return rows.map((row) => {
    const { claim = '', tests = '' } = CLAIM.exec(row)?.groups ?? assert.fail(`not a claim: ${row}`);
    return { claim, tests };
  });
}

test('every claim names a test', () => {
  const all = claims();
  assert.ok(all.length > 100, `only ${all.length} claims`);
  assert.deepEqual(
    all.filter(({ tests }) => !/`test\/.*` ".*"/.test(tests)).map(({ claim }) => claim),
    [],
  );
});

test('every test that is named exists, by file and title', () => {
  const missing: string[] = [];
  const mentions = TEXT.match(/test\/[\w/-]+\.test\.ts/g) ?? [];
  const named = Array.from(TEXT.matchAll(NAMED));
  assert.equal(named.length, mentions.length, 'every test file is in backticks');
  for (const [, file = '', quoted = ''] of named) {
    const path = fileURLToPath(new URL(file, root));
    if (!existsSync(path)) {
      missing.push(file);
      continue;
    }
    const titles = Array.from(quoted.matchAll(/"([^"]+)"/g), ([, title = '']) => title);
    if (titles.length === 0) missing.push(`${file}: no title`);
    const there = testTitles(path);
    for (const title of titles) if (!there.has(title)) missing.push(`${file} "${title}"`);
  }
  assert.deepEqual(missing, []);
});

test('finds a title with a value in it by an ellipsis, and no title in a comment', () => {
  const titles = testTitles(
    fileURLToPath(import.meta.url),
    'test(`a ${b} c`, f); // test("d");\ntest("e \\"f\\"", g);',
  );
  assert.deepEqual([...titles], ['a … c', 'e "f"']);
});
