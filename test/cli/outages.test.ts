/** Servers that are missing, foreign or die, and peers who vanish. All tests run at once, because all of them wait. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../ports.ts';
import { freshCode, Sandbox } from './program.ts';
import { closeServers, givesUp } from './wrong-servers.ts';

const sandbox = new Sandbox();
before(() => sandbox.startServer());
after(async () => {
  await sandbox.close();
  closeServers();
});

describe('outages', { concurrency: true }, () => {
  for (const what of ['nothing listens', 'a web server', 'a server that never answers'] as const) {
    test(`send gives up and names the cause: ${what}`, () => givesUp(sandbox, what));
  }

  test('receive and a chat with --json give up as well', async () => {
    const server = `http://127.0.0.1:${await freePort()}`;
    const receiver = sandbox.run(['receive', '--server', server, freshCode()]);
    const chat = sandbox.run(['chat', '--json', '--server', server]);
    await Promise.all([receiver.exits(4), chat.exits(4)]);
    assert.match(receiver.stderr, /ECONNREFUSED/);
    const told = chat.events.map(({ type, code, fatal, exit }) => [type, code ?? exit, fatal]);
    assert.deepEqual(told, [
      ['ready', undefined, undefined],
      ['error', 'server-unreachable', false],
      ['error', 'server-unreachable', true],
      ['end', 4, undefined],
    ]);
  });

  test('a chat tries again, says when, and meets once there is a server', async () => {
    const port = await freePort();
    const plain = sandbox.run(['chat', '--plain', '--server', `http://127.0.0.1:${port}`, freshCode()]);
    await plain.until('cause', () =>
      /Cannot reach the server: nothing listens there \(ECONNREFUSED\)\./.exec(plain.stdout),
    );
    await plain.until(
      'two countdowns',
      () => plain.stdout.match(/server unreachable for \d+ s, next try in \d+ s/g)?.[1],
    );
    const late = new Sandbox();
    try {
      await late.startServer(String(port));
      await plain.until('waiting', () => /waiting for the other side/.exec(plain.stdout));
      plain.closeInput();
      await plain.exits(0);
    } finally {
      await late.close();
    }
  });

  test('two whose server dies before they meet wait for the server, and meet', async () => {
    const own = new Sandbox();
    try {
      const first = await own.startServer();
      const anna = own.chat('anna');
      const { code } = await anna.event('code');
      const sender = own.run(['send', '--text', 'from both sides of the crash', '--server', own.server, freshCode()]);
      first.kill('SIGKILL');
      await first.end();
      await anna.event('signal', { status: 'lost' });
      await anna.event('error', { code: 'server-unreachable', fatal: false });
      const second = await own.startServer(new URL(own.server).port);
      const bert = own.chat('bert', [String(code)]);
      await Promise.all([anna, bert].map((program) => program.event('peer', { status: 'connected' })));
      anna.give({ type: 'quit' });
      await Promise.all([anna.exits(0), bert.exits(0)]);
      const signals = anna.events.filter(({ type }) => type === 'signal').map(({ status }) => status);
      assert.deepEqual(signals, ['connected', 'lost', 'connected', 'left']);
      sender.kill('SIGTERM');
      await sender.exits(130);
      second.kill('SIGTERM');
      await second.exits(0);
    } finally {
      await own.close();
    }
  });

  test('a chat that waits says that its server is gone, and once that it is back', async () => {
    const own = new Sandbox();
    try {
      const first = await own.startServer();
      const anna = own.run(['chat', '--plain', '--server', own.server, freshCode()]);
      await anna.until('waiting for the other side', () => /waiting for the other side/.test(anna.stdout));
      first.kill('SIGTERM');
      await first.exits(0);
      await anna.until('loss of the server', () => /Cannot reach the server/.test(anna.stdout));
      assert.doesNotMatch(anna.stdout, /can be reached again/);
      const second = await own.startServer(new URL(own.server).port);
      await anna.until('return of the server', () => /The server can be reached again\./.test(anna.stdout));
      anna.write('/quit\n');
      await anna.exits(0);
      assert.equal(anna.stdout.match(/can be reached again/g)?.length, 1);
      second.kill('SIGTERM');
      await second.exits(0);
    } finally {
      await own.close();
    }
  });

  test('two who are connected do not notice when the server dies', async () => {
    const own = new Sandbox();
    try {
      const server = await own.startServer();
      const code = freshCode();
      const [anna, bert] = [own.chat('anna', [code]), own.chat('bert', [code])];
      await Promise.all([anna, bert].map((program) => program.event('signal', { status: 'left' })));
      server.kill('SIGKILL');
      await server.end();
      anna.give({ type: 'send', text: 'hello' });
      await anna.event('delivered');
      anna.give({ type: 'quit' });
      await Promise.all([anna.exits(0), bert.exits(0)]);
      for (const { events } of [anna, bert]) assert.ok(!events.some(({ type }) => type === 'error'));
    } finally {
      await own.close();
    }
  });

  test('a peer who is killed is waited for, and given up after --reconnect', async () => {
    const code = freshCode();
    const anna = sandbox.chat('anna', ['--reconnect', '1', code]);
    const bert = sandbox.chat('bert', [code]);
    await Promise.all([anna, bert].map((program) => program.event('peer', { status: 'connected' })));
    bert.kill('SIGKILL');
    await bert.end();
    anna.give({ type: 'send', text: 'are you there?' });
    await anna.exits(7);
    const peers = anna.events.filter(({ type }) => type === 'peer');
    assert.deepEqual(
      peers.map(({ status, path }) => [status, path]),
      [
        ['connecting', null],
        ['connected', 'direct'],
        ['reconnecting', null],
        ['lost', null],
      ],
    );
    const [error, end] = anna.events.slice(-2);
    assert.deepEqual([error?.['code'], error?.['fatal']], ['lost', true]);
    assert.deepEqual(end, { type: 'end', reason: 'lost', exit: 7 });
  });

  test('a second signal ends a program at once that waits for a frozen peer, with an end event', async () => {
    const code = freshCode();
    const [anna, bert] = [sandbox.chat('anna', [code]), sandbox.chat('bert', [code])];
    await Promise.all([anna, bert].map((program) => program.event('peer', { status: 'connected' })));
    bert.kill('SIGSTOP');
    anna.give({ type: 'send', text: 'never shown' });
    await anna.event('sent');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) anna.kill(signal);
    await anna.exits(130);
    assert.deepEqual(anna.events.at(-1), { type: 'end', reason: 'interrupted', exit: 130 });
    bert.kill('SIGKILL');
  });
});
