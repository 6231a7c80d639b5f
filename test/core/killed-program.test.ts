/** A program that is killed and started again with the same code: neither side can reach the other, and both are told. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Identity, ready, systemRandom } from '../../peer/crypto/index.ts';
import { FakeNetwork } from './fake-network.ts';

before(ready);

/** Two who are connected, and one of them is killed. */
function killed() {
  const network = new FakeNetwork();
  const identity = Identity.generate(systemRandom);
  const [human, bot] = [network.program('human'), network.program('bot', { identity })];
  for (const program of [human, bot]) program.start();
  network.settle();
  bot.vanish();
  return { network, human, identity };
}

test('tells the side that stays, once, that the other program may have ended, and goes on to reconnect', () => {
  const { network, human } = killed();
  network.pass(30_000);
  assert.deepEqual(human.errors, []);
  network.pass(30_000);
  assert.deepEqual(human.errors, ['not-back']);
  network.pass(3_600_000);
  assert.deepEqual(human.errors, ['not-back']);
  assert.equal(human.of('peer').at(-1)?.status, 'reconnecting');
});

test('tells the program that was started again that nobody is under the code, and lets it in nowhere', () => {
  const { network, human, identity } = killed();
  network.pass(10_000);
  const again = network.program('bot', { identity });
  again.start();
  network.pass(60_000);
  assert.deepEqual([human.errors, again.errors], [['not-back'], ['nobody-yet']]);
  assert.deepEqual(again.of('peer'), []);
});

test('says nothing while our own server is out of reach, which may be the cause', () => {
  const { network, human } = killed();
  network.unplug(human);
  network.pass(120_000);
  assert.deepEqual(human.errors, []);
  network.plug(human, false);
  network.pass(60_000);
  assert.deepEqual(human.errors, ['not-back']);
});

test('says nothing where the other side comes back in time', () => {
  const network = new FakeNetwork();
  const [alice, bob] = [network.program('alice'), network.program('bob')];
  for (const program of [alice, bob]) program.start();
  network.settle();
  network.unplug(bob);
  network.pass(20_000);
  network.plug(bob, false);
  network.pass(60_000);
  assert.deepEqual([alice.errors, bob.errors], [[], []]);
  assert.equal(alice.of('peer').at(-1)?.status, 'connected');
});

test('tells only those who were given the code that nobody is under it', () => {
  const network = new FakeNetwork();
  const code = { nameplate: null, secret: 'ocean-violin' };
  const [maker, guest] = [network.program('maker', { code }), network.program('guest')];
  const local = network.program('local', { isServerLocal: true, code: { nameplate: '8', secret: 'ocean-violin' } });
  for (const program of [maker, guest, local]) program.start();
  network.pass(120_000);
  assert.deepEqual([maker.errors, guest.errors, local.errors], [[], ['nobody-yet'], ['nobody-yet']]);
  assert.deepEqual(
    [guest, local].map((program) => program.of('error')[0]?.error.detail),
    [null, { key: 'this-computer-only' }],
  );
});
