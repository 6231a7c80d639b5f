/** Meeting with no server, on a machine of its own whose only network is the loopback device. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { freshCode, Sandbox } from './program.ts';

const skip = spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0 ? false : 'needs root and ip';

describe('the local network', { skip }, () => {
  let machine: ChildProcess;
  let sandbox: Sandbox;

  before(async () => {
    // Holds a network namespace in which the programs run.
    machine = spawn('unshare', ['-n', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], { stdio: 'pipe' });
    if (machine.stdout !== null) await once(machine.stdout, 'data');
    sandbox = new Sandbox(['nsenter', '-t', String(machine.pid), '-n']);
  });

  after(async () => {
    await sandbox.close();
    machine.stdin?.end();
  });

  const listening = () => spawnSync('nsenter', ['-t', String(machine.pid), '-n', 'ss', '-Hltun']).stdout.toString();

  test('a code is made, somebody joins with it, and then nothing listens any more', async () => {
    const anna = sandbox.run(['--lan', '--json', '--name', 'anna']);
    const { code, invite } = await anna.event('code');
    assert.match(String(code), /^[1-9]\d{0,2}-[a-z]+-[a-z]+$/);
    assert.equal(invite, null);
    assert.equal((await anna.event('ready'))['server'], null);
    assert.equal((await anna.event('error', { code: 'no-network' }))['fatal'], false);
    assert.match(listening(), /:5353 /);
    const bert = sandbox.run(['--lan', '--json', '--name', 'bert', String(code)]);
    await Promise.all([anna, bert].map((program) => program.event('signal', { status: 'left' })));
    bert.give({ type: 'send', text: 'hello' });
    await anna.event('message', { text: 'hello' });
    await anna.until('closed ports', () => (/:5353 |tcp/.test(listening()) ? null : true));
    for (const { events } of [anna, bert]) assert.equal(events.filter(({ type }) => type === 'code').length, 1);
    anna.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
  });

  test('two that start at the same instant meet once', async () => {
    const code = freshCode();
    const [receiver, sender] = [
      sandbox.run(['receive', '--lan', '--timeout', '20', code]),
      sandbox.run(['send', '--lan', '--timeout', '20', '--text', 'hello', code]),
    ];
    await Promise.all([receiver.exits(0), sender.exits(0)]);
    assert.equal(receiver.stdout, 'hello\n');
  });

  test('a wrong secret under the right nameplate is learnt by both', async () => {
    const code = freshCode();
    const [anna, bert] = [sandbox.run(['--lan', '--json', code]), sandbox.run(['--lan', '--json', `${code}s`])];
    await Promise.all([anna.exits(3), bert.exits(3)]);
  });
});
