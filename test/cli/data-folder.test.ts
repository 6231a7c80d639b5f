/** Where the program keeps its data, whatever the current folder and the account are. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { APARTE } from '../process.ts';
import { Sandbox } from './program.ts';

const sandbox = new Sandbox();
after(() => sandbox.close());

const skip = process.platform !== 'linux' && 'needs Linux';
/** The program and Node may be in folders that only root can read. */
const READS_ALL = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
/** Starts a program as a user without an entry in any list of this machine. */
const AS_NOBODY_KNOWN = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups', ...READS_ALL, '--'];
const canSwitch = spawnSync('setpriv', [...AS_NOBODY_KNOWN.slice(1), 'true']).status === 0;

test('uses an absolute XDG_DATA_HOME, even without a home folder', { skip }, async () => {
  const env = { HOME: '', APARTE_HOME: '', XDG_DATA_HOME: sandbox.folder };
  const first = await sandbox.run(['id'], { env }).exits(0);
  const script = `mkdir below && cd below && ${process.execPath} ${APARTE} id && ls -A >&2`;
  const again = await sandbox.start(['sh', '-c', `cd ${sandbox.folder} && ${script}`], { env }).exits(0);
  assert.deepEqual([again.stdout, again.stderr], [first.stdout, '']);
});

test('names what is missing for an account without an entry and without HOME, whatever the command', {
  skip: !canSwitch && 'needs root and setpriv',
}, async () => {
  const bare = [...AS_NOBODY_KNOWN, 'env', '-u', 'HOME', '-u', 'APARTE_HOME', process.execPath, APARTE];
  for (const args of [['id'], ['peers'], ['receive', '7-ocean-violin'], ['chat', '--plain']]) {
    const { stderr } = await sandbox.start([...bare, ...args], { input: '' }).exits(1);
    assert.match(
      stderr,
      /there is no home folder\.\naparte: Name a folder with --data or APARTE_HOME\.\n/,
      args.join(' '),
    );
  }
  const elsewhere = ['env', `XDG_DATA_HOME=${sandbox.folder}/nobody`];
  mkdirSync(`${sandbox.folder}/nobody`);
  chownSync(`${sandbox.folder}/nobody`, 54_321, 54_321);
  chmodSync(sandbox.folder, 0o755);
  const [file = '', ...rest] = bare;
  await sandbox.start([...elsewhere, file, ...rest, 'id']).exits(0);
});
