/** A relay that either side refuses carries no conversation, and the refusal is said before anybody is connected. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ownClaims, relayRefusal } from '../../peer/core/claims.ts';
import { Identity, ready, systemRandom } from '../../peer/crypto/index.ts';
import type { RelayPolicy } from '../../shared/ice-servers.ts';
import { World } from './fake-network.ts';

before(ready);

/** Two people who meet over a link that runs by `path`. */
function meet(ann: RelayPolicy, ben: RelayPolicy, path: 'direct' | 'relay') {
  const world = new World();
  world.path = path;
  const people = [world.person('ann', { relay: ann }), world.person('ben', { relay: ben })] as const;
  for (const person of people) {
    person.start();
    world.settle();
  }
  return { world, people };
}

for (const [ann, ben] of [
  ['never', 'never'],
  ['never', 'allow'],
  ['allow', 'never'],
  ['only', 'never'],
] as const) {
  test(`over a relay nobody is connected where one refuses: ${ann}, ${ben}`, () => {
    const { people } = meet(ann, ben, 'relay');
    for (const person of people) {
      assert.deepEqual(
        person.of('peer').map(({ status }) => status),
        ['connecting', 'lost'],
      );
      assert.equal(person.of('error').at(-1)?.error.code, 'no-direct-path');
      assert.equal(person.end?.exit, 5);
    }
    assert.equal(people[0].of('error').at(-1)?.error.detail?.key, 'relay-not-allowed');
  });

  test(`where the path is direct it makes no difference: ${ann}, ${ben}`, () => {
    for (const person of meet(ann, ben, 'direct').people) assert.equal(person.of('peer').at(-1)?.path, 'direct');
  });
}

test('where both allow it the relay is used, and shown', () => {
  for (const person of meet('allow', 'only', 'relay').people) {
    const { status, path, protocol, rtt } = person.of('peer').at(-1) ?? assert.fail();
    assert.deepEqual({ status, path, protocol, rtt }, { status: 'connected', path: 'relay', protocol: 'udp', rtt: 1 });
  }
});

test('a change of the path is told, and a relay that is refused ends the session, not the conversation', () => {
  const { world, people } = meet('allow', 'allow', 'direct');
  world.changePath('relay');
  for (const person of people)
    assert.deepEqual(
      person.of('peer').map(({ path }) => path),
      [null, 'direct', 'relay'],
    );

  const refusing = meet('allow', 'never', 'direct');
  refusing.world.changePath('relay');
  for (const person of refusing.people) {
    assert.deepEqual(
      person
        .of('peer')
        .map(({ status, path }) => `${status} ${path}`)
        .slice(0, 3),
      ['connecting null', 'connected direct', 'reconnecting null'],
    );
  }
  refusing.world.path = 'direct';
  refusing.people[0].say('still there?');
  refusing.world.pass(5_000);
  for (const person of refusing.people) assert.equal(person.of('peer').at(-1)?.path, 'direct');
  assert.deepEqual(refusing.people[1].texts, ['still there?']);
});

test('ignores capabilities of later releases', () => {
  const profile = { identity: Identity.generate(systemRandom), name: 'ann', cursor: 0, expected: null };
  const capabilitiesOf = (relay: RelayPolicy) => ownClaims({ ...profile, allowsOwn: false, relay }, '').capabilities;
  assert.deepEqual(capabilitiesOf('never'), Uint8Array.of(1));
  for (const relay of ['allow', 'only'] as const) {
    assert.deepEqual(capabilitiesOf(relay), new Uint8Array(0));
    assert.equal(relayRefusal(relay, Uint8Array.of(0, 2, 255)), null);
    assert.deepEqual(relayRefusal(relay, Uint8Array.of(7, 1)), { key: 'relay-not-allowed', by: 'them' });
  }
  assert.deepEqual(relayRefusal('never', new Uint8Array(0)), { key: 'relay-not-allowed', by: 'us' });
});

test('who waits to deliver is told why there is no path, not only that nothing was delivered', () => {
  const world = new World();
  world.linksWork = false;
  const [ann, ben] = [world.person('ann'), world.person('ben')];
  for (const person of [ann, ben]) person.start();
  ann.say('text');
  ann.give({ type: 'inputEnded' });
  world.pass(60_000);
  assert.deepEqual([ann.end?.reason, ann.end?.exit, ben.end?.exit], ['no-direct-path', 5, 5]);
});
