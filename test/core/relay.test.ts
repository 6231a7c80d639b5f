/** A relay that either side refuses carries no conversation, and the refusal is reported before anybody is connected. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ownClaims, relayRefusal } from '../../peer/core/claims.ts';
import { Identity, ready, systemRandom } from '../../peer/crypto/index.ts';
import type { RelayPolicy } from '../../shared/ice-servers.ts';
import { FakeNetwork } from './fake-network.ts';

before(ready);

/** Two programs that meet over a link with this path. */
function meet(ann: RelayPolicy, ben: RelayPolicy, path: 'direct' | 'relay') {
  const network = new FakeNetwork();
  network.path = path;
  const programs = [network.program('ann', { relay: ann }), network.program('ben', { relay: ben })] as const;
  for (const program of programs) {
    program.start();
    network.settle();
  }
  return { network, programs };
}

for (const [ann, ben] of [
  ['never', 'never'],
  ['never', 'allow'],
  ['allow', 'never'],
  ['only', 'never'],
] as const) {
  test(`connects nobody over a relay if one side refuses it: ${ann}, ${ben}`, () => {
    const { programs } = meet(ann, ben, 'relay');
    for (const program of programs) {
      assert.deepEqual(
        program.of('peer').map(({ status }) => status),
        ['connecting', 'lost'],
      );
      assert.equal(program.of('error').at(-1)?.error.code, 'no-direct-path');
      assert.equal(program.end?.exit, 5);
    }
    assert.equal(programs[0].of('error').at(-1)?.error.detail?.key, 'relay-not-allowed');
  });

  test(`connects over a direct path whatever the relay policies: ${ann}, ${ben}`, () => {
    for (const program of meet(ann, ben, 'direct').programs) assert.equal(program.of('peer').at(-1)?.path, 'direct');
  });
}

test('uses a relay that both allow, and shows it', () => {
  for (const program of meet('allow', 'only', 'relay').programs) {
    const { status, path, protocol, rtt } = program.of('peer').at(-1) ?? assert.fail();
    assert.deepEqual({ status, path, protocol, rtt }, { status: 'connected', path: 'relay', protocol: 'udp', rtt: 1 });
  }
});

test('reports a change of the path, and ends the session but not the conversation at a refused relay', () => {
  const { network, programs } = meet('allow', 'allow', 'direct');
  network.changePath('relay');
  for (const program of programs)
    assert.deepEqual(
      program.of('peer').map(({ path }) => path),
      [null, 'direct', 'relay'],
    );

  const refusing = meet('allow', 'never', 'direct');
  refusing.network.changePath('relay');
  for (const program of refusing.programs) {
    assert.deepEqual(
      program
        .of('peer')
        .map(({ status, path }) => `${status} ${path}`)
        .slice(0, 3),
      ['connecting null', 'connected direct', 'reconnecting null'],
    );
  }
  refusing.network.path = 'direct';
  refusing.programs[0].send('still there?');
  refusing.network.pass(5_000);
  for (const program of refusing.programs) assert.equal(program.of('peer').at(-1)?.path, 'direct');
  assert.deepEqual(refusing.programs[1].texts, ['still there?']);
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

test('tells a sender why there is no path, not only that nothing was delivered', () => {
  const network = new FakeNetwork();
  network.linksWork = false;
  const [ann, ben] = [network.program('ann'), network.program('ben')];
  for (const program of [ann, ben]) program.start();
  ann.send('text');
  ann.give({ type: 'inputEnded' });
  network.pass(60_000);
  assert.deepEqual([ann.end?.reason, ann.end?.exit, ben.end?.exit], ['no-direct-path', 5, 5]);
});
