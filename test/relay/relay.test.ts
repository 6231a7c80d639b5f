/** A real TURN server carries the session only as the users allow, and they see it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshCode, type Program, Sandbox } from '../cli/program.ts';
import { type Coturn, NO_COTURN, SECRET, startCoturn } from './coturn.ts';

describe('with a relay', { skip: NO_COTURN }, () => {
  const sandbox = new Sandbox();
  let coturn: Coturn;
  after(async () => {
    await sandbox.close();
    await coturn?.close();
  });

  before(async () => {
    coturn = await startCoturn();
  });

  /** Starts a rendezvous server that offers the relay over this transport. Returns its URL. */
  async function offering(transport: 'udp' | 'tcp'): Promise<string> {
    const env = { APARTE_TURN_SECRET: SECRET };
    const url = `turn:127.0.0.1:${coturn.port}?transport=${transport}`;
    return sandbox.run(['signal', '--port', '0', '--stun-port', '0', '--turn-url', url], { env }).listening();
  }

  /** Starts two chats with these options. */
  async function meet(server: string, ann: readonly string[], ben: readonly string[]) {
    const code = freshCode();
    const chat = (name: string, args: readonly string[]): Program =>
      sandbox.run(['chat', '--json', '--server', server, '--name', name, code, ...args]);
    const first = chat('ann', ann);
    await first.event('code');
    return [first, chat('ben', ben)] as const;
  }

  for (const transport of ['udp', 'tcp'] as const) {
    test(`two programs that allow only a relay talk over it and show it: ${transport}`, async () => {
      const server = await offering(transport);
      const [ann, ben] = await meet(server, ['--relay', 'only'], ['--relay', 'only']);
      for (const program of [ann, ben]) {
        const peer = await program.event('peer', { status: 'connected' });
        assert.deepEqual([peer['path'], peer['protocol']], ['relay', transport]);
      }
      ann.give({ type: 'send', text: 'over the hill' });
      await ben.event('message', { text: 'over the hill' });
      ben.give({ type: 'quit' });
      await ben.exits(0);
      await ann.exits(0);
    });
  }

  test('a program that allows a relay uses a direct path if there is one', async () => {
    const [ann, ben] = await meet(await offering('udp'), ['--relay', 'allow'], ['--relay', 'allow']);
    for (const program of [ann, ben]) {
      assert.equal((await program.event('peer', { status: 'connected' }))['path'], 'direct');
      program.kill('SIGTERM');
    }
  });

  test('does not connect over a relay if one side refuses it, and tells both sides why', async () => {
    const server = await offering('udp');
    const own = ['--turn', `turn:ann:hush@127.0.0.1:${coturn.port}`];
    const [ann, ben] = await meet(server, ['--relay', 'only'], own);
    for (const program of [ann, ben]) {
      await program.exits(5);
      assert.ok(!program.events.some(({ type, status }) => type === 'peer' && status === 'connected'));
      assert.equal(program.events.find(({ type, fatal }) => type === 'error' && fatal)?.['code'], 'no-direct-path');
    }
    assert.match(ben.stderr, /^aparte: warning: --turn has no effect without --relay allow or --relay only\n$/);
    const said = ann.events.map(({ message }) => String(message)).join();
    assert.match(said, /only a relay connects the two sides, and the other side does not allow it/);
  });

  test('uses the relay that the user names in place of the one offered', async () => {
    const username = `${Math.floor(Date.now() / 1000) + 60}%3Aann`;
    const { createHmac } = await import('node:crypto');
    const password = createHmac('sha1', SECRET).update(decodeURIComponent(username)).digest('base64');
    const env = {
      APARTE_TURN: `turn:${username}:${encodeURIComponent(password)}@127.0.0.1:${coturn.port}?transport=tcp`,
    };
    const server = await offering('udp');
    const code = freshCode();
    const args = ['--json', '--server', server, code, '--relay', 'only'];
    const [ann, ben] = [sandbox.run(['chat', ...args], { env }), sandbox.run(['chat', ...args])];
    assert.equal((await ann.event('peer', { status: 'connected' }))['protocol'], 'tcp');
    assert.equal((await ben.event('peer', { status: 'connected' }))['protocol'], 'udp');
  });

  test('the doctor tells whether a relay works', async () => {
    const server = await offering('tcp');
    const works = await sandbox.run(['doctor', '--json', '--server', server, '--relay', 'only']).exits(0);
    const url = `turn:127.0.0.1:${coturn.port}?transport=tcp`;
    const found = JSON.parse(works.stdout) as { relays: unknown; expect: string };
    assert.deepEqual(found.relays, [{ url, works: true, cause: null }]);
    assert.equal(found.expect, 'relay');
    const never = await sandbox.run(['doctor', '--json', '--server', server]).exits(0);
    const { relays, untried } = JSON.parse(never.stdout) as { relays: unknown; untried: unknown };
    assert.deepEqual([relays, untried], [[], [url]], 'a relay of the server was asked without consent');
    const wrong = `turn:ann:wrong@127.0.0.1:${coturn.port}?transport=tcp`;
    const fails = sandbox.run(['doctor', '--server', server, '--relay', 'only', '--turn', wrong]);
    await fails.exits(5);
    assert.match(fails.stdout, /^relay {3}turn:127\.0\.0\.1:\d+\?transport=tcp: it refused the password$/m);
    assert.ok(!(fails.stdout + fails.stderr).includes('wrong'));
  });
});
