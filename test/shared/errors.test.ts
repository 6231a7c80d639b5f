import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { AparteError, EXIT, errorKind } from '../../shared/errors.ts';

test('an error says what happened and what to do, and carries its exit code', () => {
  const error = new AparteError('wrong-code');
  assert.equal(error.name, 'AparteError');
  assert.equal(error.exit, EXIT.authentication);
  assert.equal(error.message, errorKind('wrong-code').what);
  assert.equal(error.hint, errorKind('wrong-code').hint);
  assert.match(error.hint, /new code/);
  assert.match(inspect(error), /wrong-code/);
  assert.equal(new AparteError('timeout', 'after 5 s').message, `${errorKind('timeout').what} (after 5 s)`);
});

test('every word of the command line contract keeps its exit code', () => {
  const contract = {
    'wrong-code': 3,
    'server-unreachable': 4,
    'room-full': 4,
    'no-direct-path': 5,
    timeout: 6,
    lost: 7,
    'peer-left': 7,
    'bad-code': 2,
    'bad-command': 2,
    'message-too-long': 2,
    interrupted: 130,
    bug: 1,
  } as const;
  for (const [word, exit] of Object.entries(contract)) {
    const kind = errorKind(word as keyof typeof contract);
    assert.equal(kind.exit, exit, word);
    for (const sentence of [kind.what, kind.hint]) assert.match(sentence, /^[A-Z].*\.$/, word);
  }
});

test('every word is in the README or the protocol', () => {
  const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  const words = Array.from(text('shared/errors.ts').matchAll(/^ {2}'?([a-z-]+)'?: \{/gm), ([, word]) => word);
  const told = text('README.md') + text('docs/PROTOCOL.md');
  assert.ok(words.length > 50, `only ${words.length} words`);
  assert.deepEqual(
    words.filter((word) => !told.includes(`\`${word}\``)),
    [],
  );
});
