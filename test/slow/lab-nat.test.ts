/** Real NATs, with only our own server: which pairs connect directly, which by a relay, and which are told why they cannot. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Nat } from '../lab/network.ts';
import { delivered, NOTICED, noticed, play, talk } from '../lab/scene-tests.ts';
import { type Scene, SERVER, type Setting } from '../lab/server-scene.ts';

/** Time limit (ms) for reporting that no path exists. */
const GIVEN_UP = 30_000;

/** Both hosts behind home routers. */
function homes(ann: Nat, ben: Nat): Pick<Setting, 'hosts'> {
  return {
    hosts: (network) => ({
      server: network.host('server', SERVER),
      ann: network.home('ann', '203.0.113.1', ann),
      ben: network.home('ben', '203.0.113.2', ben),
    }),
  };
}

/** Asserts that both end soon with `no-direct-path`, and that each names the cause it knows. */
async function noPath(scene: Scene, causes: { ann: RegExp; ben: RegExp }): Promise<void> {
  const started = performance.now();
  const [ann, ben] = [scene.chat('ann'), scene.chat('ben')];
  for (const [talker, cause] of [
    [ann, causes.ann],
    [ben, causes.ben],
  ] as const) {
    await talker.exits(5);
    const error = await talker.event('error', { code: 'no-direct-path', fatal: true });
    assert.match(String(error['message']), cause);
    assert.ok(error.came - started < GIVEN_UP);
  }
}

describe('fault lab: NATs', { concurrency: 1 }, () => {
  play('two cone NATs connect directly, with the STUN of our server', homes('cone', 'cone'), async (scene) => {
    const { ann, ben } = await scene.pair();
    await talk(ann, ben);
    for (const talker of [ann, ben]) {
      const { path, protocol } = await talker.event('peer', { status: 'connected' });
      assert.deepEqual([path, protocol], ['direct', 'udp']);
    }
  });

  play('two symmetric NATs are told the cause', homes('symmetric', 'symmetric'), async (scene) => {
    const both = /both sides are behind NATs that use another port for each destination/;
    await noPath(scene, { ann: both, ben: both });
  });

  play('a symmetric and a cone NAT are told which side is symmetric', homes('symmetric', 'cone'), async (scene) => {
    await noPath(scene, { ann: /the NAT here uses another port/, ben: /the NAT of the other side uses another port/ });
  });

  play('a host without UDP is told the cause', homes('no-udp', 'cone'), async (scene) => {
    await noPath(scene, { ann: /UDP seems to be blocked here/, ben: /UDP may be blocked there/ });
  });

  const allowed = { relay: true, chat: ['--relay', 'allow'] };
  play(
    'two symmetric NATs connect over an allowed relay, also after an outage',
    { ...homes('symmetric', 'symmetric'), ...allowed },
    async (scene) => {
      const { ann, ben } = await scene.pair();
      assert.equal((await ann.event('peer', { status: 'connected' }))['path'], 'relay');
      await talk(ann, ben);
      scene.hosts.ann.unplug();
      ann.say('into nothing');
      assert.ok(
        (await noticed(performance.now(), [
          [ann, 0],
          [ben, 0],
        ])) < NOTICED,
      );
      scene.hosts.ann.plug();
      await delivered(ann, ben, ['hello', 'into nothing']);
    },
  );

  play(
    'a host without UDP connects over an allowed relay by TCP',
    { ...homes('no-udp', 'cone'), ...allowed },
    async (scene) => {
      const { ann, ben } = await scene.pair();
      const { path, protocol } = await ann.event('peer', { status: 'connected' });
      assert.deepEqual([path, protocol], ['relay', 'tcp']);
      await talk(ann, ben);
    },
  );

  play(
    'hosts without UDP connect over an allowed relay by TCP',
    { ...homes('no-udp', 'no-udp'), ...allowed },
    async (scene) => {
      const pair = Object.values(await scene.pair());
      for (const talker of pair) {
        const { path, protocol } = await talker.event('peer', { status: 'connected' });
        assert.deepEqual([path, protocol], ['relay', 'tcp']);
      }
    },
  );

  play(
    'connects directly when an allowed relay is not needed',
    { ...homes('cone', 'cone'), ...allowed },
    async (scene) => {
      const { ann, ben } = await scene.pair();
      await talk(ann, ben);
      // Sometimes the path over the relay is found first.
      for (const talker of [ann, ben]) await talker.event('peer', { status: 'connected', path: 'direct' });
    },
  );

  play(
    // node-datachannel does so for two seconds only: it nominates one path and then checks no other.
    'moves from a relay to a direct path that wrtc finds later, and tells both',
    { ...homes('cone', 'cone'), ...allowed, env: { APARTE_WEBRTC: 'wrtc' } },
    async (scene) => {
      scene.hosts.ann.bar('203.0.113.2');
      const pair = await scene.pair();
      await talk(pair.ann, pair.ben);
      for (const talker of Object.values(pair)) await talker.event('peer', { status: 'connected', path: 'relay' });
      scene.hosts.ann.admit();
      for (const talker of Object.values(pair)) await talker.event('peer', { status: 'connected', path: 'direct' });
    },
  );
});
