/** The identity lies in one place, whatever the current folder is. */
import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { homeFolder } from '../../peer/main/home-folder.ts';
import { APARTE } from '../process.ts';
import { Sandbox } from './program.ts';

test('a home folder that is empty or relative gives way to that of the account', () => {
  const account = () => '/home/ann';
  assert.equal(homeFolder('/elsewhere', account), '/elsewhere');
  for (const named of ['', '.', 'home', './home']) assert.equal(homeFolder(named, account), '/home/ann', named);
  assert.equal(homeFolder(''), userInfo().homedir);
  for (const none of [() => '', () => assert.fail('no such account')]) {
    assert.throws(() => homeFolder('', none), { code: 'data-folder' });
  }
});

test('XDG_DATA_HOME counts where it is absolute, also without a home folder', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const sandbox = new Sandbox();
  t.after(() => sandbox.close());
  const env = { HOME: '', APARTE_HOME: '', XDG_DATA_HOME: sandbox.folder };
  const first = await sandbox.run(['id'], { env }).exits(0);
  const script = `mkdir below && cd below && ${process.execPath} ${APARTE} id && ls -A >&2`;
  const again = await sandbox.start(['sh', '-c', `cd ${sandbox.folder} && ${script}`], { env }).exits(0);
  assert.deepEqual([again.stdout, again.stderr], [first.stdout, '']);
});
