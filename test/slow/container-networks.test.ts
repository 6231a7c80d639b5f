/** Machines with many networks of containers, and machines between which no UDP passes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missing } from '../lab/network.ts';
import { play, talk } from '../lab/scene-tests.ts';
import { Scene, SERVER, type Setting } from '../lab/server-scene.ts';

/** Both machines have so many networks of containers, which they list before their network card. */
function crowded(containers: number): Pick<Setting, 'hosts'> {
  return {
    hosts: (network) => ({
      server: network.host('server', SERVER),
      ann: network.host('ann', '203.0.113.21', containers),
      ben: network.host('ben', '203.0.113.22', containers),
    }),
  };
}

describe('networks of containers', { concurrency: 1 }, () => {
  for (const containers of [12, 40]) {
    play(`connects two machines with ${containers} networks of containers each`, crowded(containers), async (scene) => {
      const { ann, ben } = await scene.pair();
      assert.equal((await ann.event('peer', { status: 'connected' }))['path'], 'direct');
      await talk(ann, ben);
    });
  }

  test('pairs two machines with 12 networks of containers each manually', { skip: missing() ?? false }, async () => {
    const scene = new Scene(crowded(12));
    try {
      const ann = scene.alone('ann', '--manual');
      const { blob: invite } = await ann.event('invite');
      const ben = scene.alone('ben', '--manual', String(invite));
      const { blob: answer } = await ben.event('answer');
      ann.give({ type: 'answer', blob: answer });
      await Promise.all([ann, ben].map((program) => program.event('peer', { status: 'connected' })));
      await talk(ann, ben);
    } finally {
      await scene.close();
    }
  });

  play('names a missing path, not a missing text, where the time ends in between', {}, async (scene) => {
    const { ann, ben } = scene.hosts;
    ann.bar(ben.address);
    ben.bar(ann.address);
    const [sender, receiver] = [scene.chat('ben'), scene.receive('ann', '--timeout', '10')];
    await receiver.exits(5);
    assert.match(receiver.stderr, /No direct connection could be made/);
    sender.kill('SIGTERM');
  });
});
