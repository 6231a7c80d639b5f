/** Every limit can be moved by a flag and by the environment, within bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServerFlags } from '../../signaling/flags.ts';
import type { Limits } from '../../signaling/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';

const output = { stdout: { write: () => {} }, stderr: { write: () => {} } };
const limitsOf = (argv: readonly string[], env: Record<string, string> = {}) =>
  parseServerFlags(argv, env, output).limits;

/** What each flag moves, and to what when it says 100. */
const MOVED: Readonly<Record<string, (limits: Limits) => readonly number[]>> = {
  'max-connections-per-address': ({ perAddress }) => [perAddress?.connections ?? 0, 100],
  'max-connects-per-second': ({ perAddress }) => [perAddress?.connects.perSecond ?? 0, 100],
  'max-joins-per-second': ({ perAddress }) => [perAddress?.joins.perSecond ?? 0, 100],
  'max-guesses-per-minute': ({ perAddress }) => [perAddress?.guesses.burst ?? 0, 100],
  'max-connections': ({ connections }) => [connections, 100],
  'max-rooms': ({ rooms }) => [rooms, 100],
  'max-packets-per-second': ({ packets }) => [packets.perSecond, 100],
  'max-unread-packets': ({ backlog }) => [backlog, 100],
  'max-handshake-seconds': ({ joinWithin }) => [joinWithin, 100_000],
  'max-silence-seconds': ({ silence }) => [silence, 100_000],
  'max-idle-seconds': ({ roomIdle }) => [roomIdle, 100_000],
};
/** Flags that cannot say 100. */
const LARGE: Readonly<Record<string, (limits: Limits) => number>> = {
  'max-bytes-per-second': ({ bytes }) => bytes.perSecond,
  'max-message-bytes': ({ messageBytes }) => messageBytes,
};

test('each flag sets its limit, and so does its variable, which the flag overrides', () => {
  for (const [name, look] of Object.entries(MOVED)) {
    const variable = `APARTE_${name.toUpperCase().replaceAll('-', '_')}`;
    const [given, wanted] = look(limitsOf([`--${name}`, '100'], { [variable]: '101' }));
    assert.equal(given, wanted, name);
    assert.equal(look(limitsOf([], { [variable]: '100' }))[0], wanted, variable);
    for (const bad of ['0', '-1', '1.5', '1e2', '', 'many', '99999999999'])
      assert.throws(() => limitsOf([`--${name}`, bad]), { code: 'commander.error' }, `${name} ${bad}`);
  }
  for (const [name, look] of Object.entries(LARGE)) assert.equal(look(limitsOf([`--${name}`, '40000'])), 40_000, name);
  assert.equal(limitsOf(['--max-members', '3']).members, 3);
  assert.throws(() => limitsOf(['--max-members', '51']), { code: 'commander.error' });
  assert.equal(limitsOf(['--max-header-bytes', '2048']).headerBytes, 2_048);
  assert.equal(limitsOf(['--max-url-bytes', '2048']).urlBytes, 2_048);
});

test('the limits have defaults; off switches off those per address and no others', () => {
  assert.deepEqual(limitsOf([]), LIMITS);
  assert.deepEqual(limitsOf(['--limits', 'off', '--max-guesses-per-minute', '5']), { ...LIMITS, perAddress: null });
  assert.equal(limitsOf(['--limits', 'off', '--max-rooms', '5']).rooms, 5);
});
