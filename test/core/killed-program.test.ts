/** A program that is killed and started again with the same code: neither side can reach the other, and both are told. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Identity, ready, systemRandom } from '../../peer/crypto/index.ts';
import { World } from './fake-network.ts';

before(ready);

/** Two who are connected, and one of them is killed. */
function killed() {
  const world = new World();
  const identity = Identity.generate(systemRandom);
  const [human, bot] = [world.person('human'), world.person('bot', { identity })];
  for (const person of [human, bot]) person.start();
  world.settle();
  bot.vanish();
  return { world, human, identity };
}

test('tells the side that stays, once, that the other program may have ended, and goes on to reconnect', () => {
  const { world, human } = killed();
  world.pass(30_000);
  assert.deepEqual(human.errors, []);
  world.pass(30_000);
  assert.deepEqual(human.errors, ['not-back']);
  world.pass(3_600_000);
  assert.deepEqual(human.errors, ['not-back']);
  assert.equal(human.of('peer').at(-1)?.status, 'reconnecting');
});

test('tells the program that was started again that nobody is under the code, and lets it in nowhere', () => {
  const { world, human, identity } = killed();
  world.pass(10_000);
  const again = world.person('bot', { identity });
  again.start();
  world.pass(60_000);
  assert.deepEqual([human.errors, again.errors], [['not-back'], ['nobody-yet']]);
  assert.deepEqual(again.of('peer'), []);
});

test('says nothing while our own server is out of reach, which may be the cause', () => {
  const { world, human } = killed();
  world.unplug(human);
  world.pass(120_000);
  assert.deepEqual(human.errors, []);
  world.plug(human, false);
  world.pass(60_000);
  assert.deepEqual(human.errors, ['not-back']);
});

test('says nothing where the other side comes back in time', () => {
  const world = new World();
  const [alice, bob] = [world.person('alice'), world.person('bob')];
  for (const person of [alice, bob]) person.start();
  world.settle();
  world.unplug(bob);
  world.pass(20_000);
  world.plug(bob, false);
  world.pass(60_000);
  assert.deepEqual([alice.errors, bob.errors], [[], []]);
  assert.equal(alice.of('peer').at(-1)?.status, 'connected');
});

test('tells only those who were given the code that nobody is under it', () => {
  const world = new World();
  const code = { nameplate: null, secret: 'ocean-violin' };
  const [maker, guest] = [world.person('maker', { code }), world.person('guest')];
  const local = world.person('local', { isServerLocal: true, code: { nameplate: '8', secret: 'ocean-violin' } });
  for (const person of [maker, guest, local]) person.start();
  world.pass(120_000);
  assert.deepEqual([maker.errors, guest.errors, local.errors], [[], ['nobody-yet'], ['nobody-yet']]);
  assert.deepEqual(
    [guest, local].map((person) => person.of('error')[0]?.error.detail),
    [null, { key: 'this-computer-only' }],
  );
});
