/** Real programs that name several servers: one in common, one dead, one hostile, one that dies during the pairing. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { FLIGHT } from '../../peer/crypto/index.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { EvilServer } from './evil-server.ts';
import { Program } from './program.ts';

const CODE = 'team-ocean-violin';
/** Nothing listens at the discard port. */
const DEAD = 'http://127.0.0.1:9';

async function server(t: TestContext): Promise<string> {
  const started = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS });
  t.after(() => started.close());
  return started.url;
}

/** Both send a text, which arrives. */
async function talk(alice: Program, bob: Program): Promise<void> {
  alice.say('hello');
  bob.say('back');
  const [one, other] = await Promise.all([bob.event('message'), alice.event('message')]);
  assert.deepEqual([one.text, other.text], ['hello', 'back']);
}

describe('several servers', { concurrency: true }, () => {
  test('connects over one server in common, draws the nameplate, invites to a server that answered, and names the dead one', async (t) => {
    const [one, other] = [await server(t), await server(t)];
    const alice = new Program(t, { server: `${DEAD},${one}, ${other}` });
    const { code, invite } = await alice.event('code');
    assert.match(code, /^[1-9]\d{4}-[a-z]+-[a-z]+$/);
    const bob = new Program(t, { server: other, code });
    await talk(alice, bob);
    assert.ok([one, other].includes((invite ?? '').split('/#')[0] ?? ''), invite ?? '');
    assert.deepEqual([alice.errors, bob.errors], [['server-unreachable'], []]);
    assert.match(alice.stdout, /127\.0\.0\.1:9: nothing listens there/);
    const ready = await alice.event('ready');
    assert.equal(ready.server, DEAD);
  });

  for (const [what, swallows] of [
    ['every frame', () => true],
    ['every REPLY', (type: number | undefined) => type === FLIGHT.reply],
  ] as const) {
    test(`is only delayed by a server that shows the cards and swallows ${what}`, async (t) => {
      const pass = ({ bytes }: { bytes: Uint8Array }) => (swallows(bytes[0]) ? [] : [bytes]);
      const [evil, good] = [await EvilServer.start(t, { pass }), await server(t)];
      const alice = new Program(t, { server: `${evil.url},${good}`, code: CODE });
      await alice.event('code');
      const bob = new Program(t, { server: `${evil.url},${good}`, code: CODE });
      await talk(alice, bob);
      assert.ok(![...alice.errors, ...bob.errors].includes('wrong-code'));
    });
  }

  for (const [name, flight] of Object.entries({ HELLO: FLIGHT.hello, REPLY: FLIGHT.reply, PROOF_A: FLIGHT.proofA })) {
    test(`connects although a server dies with ${name} in its hands`, async (t) => {
      const good = await server(t);
      const evil = await EvilServer.start(t, {
        pass: ({ from, to, bytes }) => {
          if (bytes[0] !== flight) return [bytes];
          for (const guest of [from, to]) guest.cut();
          return [];
        },
      });
      const servers = `${evil.url},${good}`;
      const alice = new Program(t, { server: servers, code: CODE });
      await alice.event('code');
      const bob = new Program(t, { server: servers, code: CODE });
      await talk(alice, bob);
      assert.ok(![...alice.errors, ...bob.errors].includes('wrong-code'));
    });
  }
});
