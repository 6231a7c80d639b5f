/** More wrong servers, and a receiver that is killed. The tests run at once because they mostly wait. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshCode, Sandbox } from '../cli/program.ts';
import { closeServers, givesUp } from '../cli/wrong-servers.ts';

const sandbox = new Sandbox();
before(() => sandbox.startServer());
after(async () => {
  await sandbox.close();
  closeServers();
});

describe('outages', { concurrency: true }, () => {
  for (const what of ['no web server', 'no TLS', 'another Socket.IO server', 'no such host'] as const) {
    test(`send gives up and names the cause: ${what}`, () => givesUp(sandbox, what));
  }

  test('send exits with 7 after --reconnect when its receiver is killed in the middle of a text', async () => {
    const code = freshCode();
    const receiver = sandbox.run(['receive', '--server', sandbox.server, '--name', 'anna', code]);
    receiver.holdOutput();
    const args = ['send', '--server', sandbox.server, '--reconnect', '1', code];
    const sender = sandbox.run(args, { input: 'x'.repeat(1_000_000) });
    await sender.said(/anna is here/);
    receiver.kill('SIGKILL');
    await sender.exits(7);
    assert.match(sender.stderr, /connection to anna is lost/);
    assert.match(sender.stderr, /aparte: The connection was lost and did not come back\.\n.*\n$/);
  });
});
