/** Meeting without a server, on a machine whose only network is the loopback device. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Machine, NO_MACHINE } from './own-namespace.ts';
import { freshCode, type Sandbox } from './program.ts';

describe('the local network', { skip: NO_MACHINE }, () => {
  let machine: Machine;
  let sandbox: Sandbox;

  before(async () => {
    machine = await Machine.start();
    sandbox = machine.sandbox;
  });

  after(() => machine.close());

  /** Whether something listens for multicast DNS, and whether our server listens. WebRTC listens on single addresses. */
  const listening = () => {
    const sockets = machine.look('ss', '-Hltun');
    return [/:5353 /, /^tcp .* (\*|0\.0\.0\.0|\[::\]):\d+ /m].map((pattern) => pattern.test(sockets));
  };

  test('connects two who share a code, after which nothing listens any more', async () => {
    const anna = sandbox.run(['--lan', '--json', '--name', 'anna']);
    const { code, invite } = await anna.event('code');
    assert.match(String(code), /^[1-9]\d{0,2}-[a-z]+-[a-z]+$/);
    assert.equal(invite, null);
    assert.equal((await anna.event('ready'))['server'], null);
    assert.equal((await anna.event('error', { code: 'no-network' }))['fatal'], false);
    assert.deepEqual(listening(), [true, true]);
    const bert = sandbox.run(['--lan', '--json', '--name', 'bert', String(code)]);
    await Promise.all([anna, bert].map((program) => program.event('signal', { status: 'left' })));
    bert.give({ type: 'send', text: 'hello' });
    await anna.event('message', { text: 'hello' });
    // No event says when they are closed.
    for (let tries = 0; listening().includes(true) && tries < 100; tries += 1) await setTimeout(50);
    assert.deepEqual(listening(), [false, false]);
    for (const { events } of [anna, bert]) assert.equal(events.filter(({ type }) => type === 'code').length, 1);
    anna.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
  });

  test('connects two that start at the same instant, once', async () => {
    const code = freshCode();
    const [receiver, sender] = [
      sandbox.run(['receive', '--lan', '--timeout', '20', code]),
      sandbox.run(['send', '--lan', '--timeout', '20', '--text', 'hello', code]),
    ];
    await Promise.all([receiver.exits(0), sender.exits(0)]);
    assert.equal(receiver.stdout, 'hello\n');
  });

  test('tells both sides of a wrong secret under the right nameplate', async () => {
    const code = freshCode();
    const [anna, bert] = [sandbox.run(['--lan', '--json', code]), sandbox.run(['--lan', '--json', `${code}s`])];
    await Promise.all([anna.exits(3), bert.exits(3)]);
  });
});
