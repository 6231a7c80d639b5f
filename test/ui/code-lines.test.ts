/** What somebody who has made a code is told to do next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeLines } from '../../peer/ui/event-text.ts';

const PLAIN = { colour: false, unicode: true };
const CODE = '7-ocean-violin';
const told = (invite: string | null, verb: 'chat' | 'receive' = 'chat') =>
  codeLines({ code: CODE, invite }, verb, PLAIN).map((line) => line.slice(2));

test('with the usual server the other side types the code, on the same computer', () => {
  const lines = told(`http://localhost:7470/#${CODE}`);
  assert.equal(lines[0], `The code is  ${CODE}`);
  assert.ok(lines.includes(`  aparte ${CODE}`));
  assert.ok(lines.includes(`(from a clone: npm run chat -- ${CODE})`));
  assert.match(lines.at(-1) ?? '', /on this computer.*--lan or --manual/);
});

test('with another server they type the invite, from wherever they are', () => {
  const invite = `https://meet.example.org/#${CODE}`;
  const lines = told(invite);
  assert.ok(lines.includes(`  aparte ${invite}`));
  assert.ok(lines.includes(`(from a clone: npm run chat -- ${invite})`));
  assert.doesNotMatch(lines.join(), /this computer/);
  assert.match(told(`http://127.0.0.1:8000/#${CODE}`).join(), /aparte http.*this computer/);
});

test('without a server they look on the local network, and who is sent something receives it', () => {
  assert.ok(told(null).includes(`  aparte --lan ${CODE}`));
  assert.ok(told(`http://localhost:7470/#${CODE}`, 'receive').includes(`  aparte receive ${CODE}`));
  assert.ok(told(null, 'receive').includes(`(from a clone: node dist/main.js receive --lan ${CODE})`));
  assert.doesNotMatch(told(null, 'receive').join(), /npm run chat/);
});

test('no line is wider than a usual terminal', () => {
  for (const invite of [null, `http://localhost:7470/#${CODE}`]) {
    for (const line of codeLines({ code: CODE, invite }, 'chat', PLAIN)) assert.ok(line.length <= 80, line);
  }
});
