/** Pairing by hand on networks of their own: no server at all, and through NATs while people take their time. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { missing } from '../lab/network.ts';
import { delivered, HEALED, noticed, pause, talk } from '../lab/play.ts';
import { Scene, SERVER, type Setting } from '../lab/scene.ts';
import type { Talker } from '../lab/talker.ts';

const reason = missing();
const chat = ['--manual'];

/** Longer than any implementation checks addresses that do not answer, and than NATs remember UDP without traffic. */
const TAKEN_LATE = 45_000;

function play(name: string, setting: Setting, action: (scene: Scene) => Promise<void>): void {
  test(name, { skip: reason ?? false }, async () => {
    const scene = new Scene(setting);
    try {
      await action(scene);
    } finally {
      await scene.close();
    }
  });
}

/** Both texts go through files, the second one `late` ms after it was made. */
async function pair(scene: Scene, late: number, ...args: readonly string[]): Promise<{ ann: Talker; ben: Talker }> {
  const file = join(tmpdir(), `aparte-lab-blob-${process.pid}`);
  const carry = async (from: Talker, type: 'invite' | 'answer') => {
    writeFileSync(file, `${String((await from.event(type))['blob'])}\n`);
    return readFileSync(file, 'utf8');
  };
  const ann = scene.alone('ann', ...chat, ...args);
  const ben = scene.alone('ben', ...chat, ...args, (await carry(ann, 'invite')).trim());
  const answer = await carry(ben, 'answer');
  await pause(late);
  ann.give({ type: 'answer', blob: answer });
  await Promise.all([ann, ben].map((talker) => talker.event('peer', { status: 'connected', path: 'direct' })));
  return { ann, ben };
}

describe('fault lab: no server at all', { concurrency: 1 }, () => {
  play('two files connect two hosts, and nobody else is asked anything', {}, async (scene) => {
    const { ann, ben } = await pair(scene, 0);
    await talk(ann, ben);
    assert.equal((await ann.event('ready'))['server'], null);
    ann.give({ type: 'quit' });
    await Promise.all([ann.exits(0), ben.exits(0)]);
  });

  play('the cable is out for 8 s: the path is used again when it is back', {}, async (scene) => {
    const { ann, ben } = await pair(scene, 0);
    const marks: [Talker, number][] = [ann, ben].map((who) => [who, who.events.length]);
    const cut = performance.now();
    scene.hosts.ben.unplug();
    ann.say('during');
    await noticed(cut, marks);
    await pause(8_000 - (performance.now() - cut));
    scene.hosts.ben.plug();
    const back = performance.now();
    await delivered(ann, ben, ['during']);
    assert.ok(performance.now() - back < HEALED);
  });

  const homes: Setting = {
    hosts: (network) => ({
      server: network.host('server', SERVER),
      ann: network.home('ann', '203.0.113.1', 'cone'),
      ben: network.home('ben', '203.0.113.2', 'cone'),
    }),
  };
  play('behind two NATs, with STUN, and an answer that is taken late', homes, async (scene) => {
    await scene.startServer();
    const { ann, ben } = await pair(scene, TAKEN_LATE, '--stun', `stun:${SERVER}:3478`);
    await talk(ann, ben);
  });
});
