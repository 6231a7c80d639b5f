import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { EXIT_OF } from '../../shared/error-codes.ts';
import { AparteError, EXIT, sameError } from '../../shared/errors.ts';

test('an error carries its code, its exit code and what else is known', () => {
  const error = new AparteError('server-unreachable', { key: 'http-status', status: 502 });
  assert.equal(error.name, 'AparteError');
  assert.equal(error.exit, EXIT.server);
  assert.deepEqual(error.detail, { key: 'http-status', status: 502 });
  assert.match(inspect(error), /server-unreachable.*http-status.*502/);
  assert.equal(new AparteError('timeout').detail, null);
});

test('errors are the same when code, key and parameters are equal', () => {
  const answer = (status: number) => new AparteError('server-unreachable', { key: 'http-status', status });
  assert.ok(sameError(answer(502), answer(502)));
  assert.ok(!sameError(answer(502), answer(404)));
  assert.ok(!sameError(answer(502), new AparteError('server-unreachable')));
  assert.ok(!sameError(new AparteError('lost'), new AparteError('timeout')));
  assert.ok(sameError(null, null));
  assert.ok(!sameError(null, new AparteError('lost')));
});

test('every code of the command line contract keeps its exit code', () => {
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
  for (const [code, exit] of Object.entries(contract)) {
    assert.equal(EXIT_OF[code as keyof typeof contract], exit, code);
  }
});

test('docs/JSON.md lists every error code with its exit code', () => {
  const text = readFileSync(new URL('../../docs/JSON.md', import.meta.url), 'utf8');
  const rows = Array.from(text.matchAll(/^\| `([a-z-]+)` \| (\d+) \| \S.*\|$/gm), ([, code, exit]) => [
    code,
    Number(exit),
  ]);
  for (const [code, exit] of Object.entries(EXIT_OF)) {
    assert.ok(
      rows.some(([word, value]) => word === code && value === exit),
      code,
    );
  }
});
