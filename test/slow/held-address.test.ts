/** A process that listens at the default address and never answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Machine, NO_MACHINE } from '../cli/own-namespace.ts';
import { freshCode } from '../cli/program.ts';

test('names a silent process at the default address, and what it may be', {
  skip: NO_MACHINE,
}, async (t) => {
  const machine = await Machine.start();
  t.after(() => machine.close());
  const { sandbox } = machine;
  const listen = "require('node:net').createServer(() => {}).listen(7470, '127.0.0.1', () => console.log('up'))";
  const silent = sandbox.start([process.execPath, '-e', listen]);
  await silent.until('listening', () => /up/.exec(silent.stdout));
  const [receiver, doctor] = [sandbox.run(['receive', freshCode()]), sandbox.run(['doctor'])];
  await Promise.all([receiver.exits(4), doctor.exits(4)]);
  for (const said of [receiver.stderr, doctor.stdout]) {
    assert.match(said, /a program holds port 7470 and does not answer/);
  }
  silent.kill('SIGTERM');
  await silent.end();
});
