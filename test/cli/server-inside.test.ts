/** The server inside a program, on a machine where nothing else listens. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Findings } from '../../peer/doctor/findings.ts';
import { Machine, NO_MACHINE } from './own-namespace.ts';
import { freshCode, type Sandbox } from './program.ts';

const SERVER = 'http://localhost:7470';

describe('the server inside', { skip: NO_MACHINE }, () => {
  let machine: Machine;
  let sandbox: Sandbox;

  before(async () => {
    machine = await Machine.start();
    sandbox = machine.sandbox;
  });

  after(() => machine.close());

  const chat = (name: string, ...args: string[]) => sandbox.run(['--json', '--name', name, ...args]);

  test('is started by the first program, found by the second, and not needed once they are connected', async () => {
    const anna = chat('anna');
    const { code, invite } = await anna.event('code');
    assert.equal(invite, `${SERVER}/#${String(code)}`);
    const bert = chat('bert', String(code));
    await Promise.all([anna, bert].map((program) => program.event('signal', { status: 'left' })));
    assert.equal(bert.events[0]?.['server'], SERVER);
    bert.give({ type: 'send', text: 'hello' });
    await bert.event('delivered');
    anna.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
  });

  test('connects two programs of one account that share a data folder', async () => {
    const home = sandbox.home();
    const chats = (...args: string[]) => sandbox.run(['--json', ...args], { home });
    const one = chats();
    const { code } = await one.event('code');
    const other = chats(String(code));
    for (const program of [one, other]) await program.event('peer', { status: 'connected', trust: 'known', own: true });
    other.give({ type: 'send', text: 'hello myself' });
    await one.event('message', { text: 'hello myself' });
    other.give({ type: 'quit' });
    await Promise.all([one.exits(0), other.exits(0)]);
  });

  test('is started as well for a user who names the default address, by option or invite', async () => {
    const code = freshCode();
    const anna = chat('anna', '--server', SERVER, code);
    await anna.event('code');
    const bert = chat('bert', `${SERVER}/#${code}`);
    await bert.event('peer', { status: 'connected' });
    bert.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
    const cara = chat('cara', `${SERVER}/#${freshCode()}`);
    await cara.event('code');
    cara.give({ type: 'quit' });
    await cara.exits(0);
  });

  test('is taken over by a program that waits when the first one leaves', async () => {
    const host = chat('host');
    await host.event('code');
    const code = freshCode();
    const anna = chat('anna', code);
    await anna.event('code');
    host.kill('SIGKILL');
    await host.end();
    const reached = () => anna.events.filter(({ type, status }) => type === 'signal' && status === 'connected');
    await anna.until('server taken over', () => reached()[1]);
    const bert = chat('bert', code);
    await Promise.all([anna, bert].map((program) => program.event('peer', { status: 'connected' })));
    anna.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
  });

  test('leaves the default address free for a server that restarts', async () => {
    const args = ['signal', '--port', '7470', '--stun-port', '3478'];
    const server = sandbox.run(args);
    await server.listening();
    const code = freshCode();
    const anna = chat('anna', code);
    await anna.event('code');
    server.kill('SIGKILL');
    await server.end();
    await anna.event('signal', { status: 'lost' });
    const again = sandbox.run(args);
    await again.listening();
    const bert = chat('bert', code);
    await Promise.all([anna, bert].map((program) => program.event('peer', { status: 'connected' })));
    anna.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
    again.kill('SIGTERM');
    await again.exits(0);
  });

  test('is announced at once to a user who joins with a code: nobody else can be there yet', async () => {
    const told = /^aparte: No server was running on this computer, so this program started one\./;
    const code = freshCode();
    const commands = [
      ['receive', code],
      ['send', '--text', 'x', code],
      ['chat', '--plain', `${SERVER}/#${code}`],
      ['chat', '--json', '--server', SERVER, code],
    ];
    for (const args of commands) {
      const program = sandbox.run(args);
      await program.said(told);
      program.kill('SIGKILL');
      await program.end();
    }
    const host = sandbox.run(['--json']);
    await host.event('code');
    assert.equal(host.stderr, '', 'who makes a code waits for somebody to come');
    const guest = chat('guest', freshCode());
    await guest.event('code');
    assert.equal(guest.stderr, '', 'a server was running');
    for (const program of [host, guest]) program.give({ type: 'quit' });
    await Promise.all([host.exits(0), guest.exits(0)]);
  });

  test('is not missed by two who are connected when its program ends', async () => {
    const host = chat('host');
    await host.event('code');
    const code = freshCode();
    const [anna, bert] = [chat('anna', code), chat('bert', code)];
    await Promise.all([anna, bert].map((program) => program.event('signal', { status: 'left' })));
    host.give({ type: 'quit' });
    await host.exits(0);
    anna.give({ type: 'send', text: 'hello' });
    await anna.event('delivered');
    anna.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
  });

  test('runs once for two programs that start at the same instant', async () => {
    for (let round = 0; round < 3; round += 1) {
      const code = freshCode();
      const [receiver, sender] = [
        sandbox.run(['receive', '--timeout', '20', code]),
        sandbox.run(['send', '--timeout', '20', '--text', 'hello', code]),
      ];
      await Promise.all([receiver.exits(0), sender.exits(0)]);
      assert.equal(receiver.stdout, 'hello\n');
    }
  });

  test('is expected by the doctor: a machine without a server is healthy', async () => {
    for (const args of [['doctor'], ['doctor', '--server', SERVER]]) {
      const { stdout } = await sandbox.run(args).exits(0);
      assert.match(stdout, /^server {2}none runs at http:\/\/localhost:7470; a chat would start its own\n/);
      assert.match(stdout, /\n\nNo server runs here, and none is needed: a chat would start its own/);
      assert.doesNotMatch(stdout, /Cannot reach/);
    }
    const json = await sandbox.run(['doctor', '--json']).exits(0);
    const { server, expect } = JSON.parse(json.stdout) as Findings & { expect: unknown };
    assert.deepEqual([server.reached, server.inside, expect], [false, true, null]);
    await sandbox.run(['doctor', '--server', 'http://localhost:7471']).exits(4);
  });

  test('is not expected by the doctor when something else holds the default address', async () => {
    const silent = "require('node:net').createServer(() => {}).listen(7470, '127.0.0.1', () => console.log('up'))";
    const other = sandbox.start([process.execPath, '-e', silent]);
    await other.until('listening', () => /up/.exec(other.stdout));
    const { stdout } = await sandbox.run(['doctor']).exits(4);
    assert.match(stdout, /a program holds port 7470 and does not answer\.\n[\s\S]*suspended aparte/);
    other.kill('SIGTERM');
    await other.end();
  });

  test('is not started when a foreign program answers at the default address, which is named', async () => {
    const args = [
      '-e',
      "require('node:http').createServer((_, a) => a.writeHead(404).end()).listen(7470, '127.0.0.1', () => console.log('up'))",
    ];
    const other = sandbox.start([process.execPath, ...args]);
    await other.until('listening', () => /up/.exec(other.stdout));
    const plain = sandbox.run(['--plain']);
    await plain.until('cause', () => /HTTP 404/.exec(plain.stdout));
    plain.kill('SIGTERM');
    await plain.exits(130);
    other.kill('SIGTERM');
    await other.end();
  });
});
