/** Manual pairing of the real program with no server, and through NATs while people take their time. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { missing } from '../lab/network.ts';
import type { RecordedProgram } from '../lab/recorded-program.ts';
import { delivered, HEALED, noticed, pause, talk } from '../lab/scene-tests.ts';
import { Scene, SERVER, type Setting } from '../lab/server-scene.ts';

const reason = missing();
const chat = ['--manual'];

/** Longer than WebRTC checks silent addresses, and than NATs remember UDP without traffic, in ms. */
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

/** Pairs two programs by texts in files. The answer is taken `late` ms after it was made. */
async function pair(
  scene: Scene,
  late: number,
  ...args: readonly string[]
): Promise<{ ann: RecordedProgram; ben: RecordedProgram }> {
  const file = join(tmpdir(), `aparte-lab-blob-${process.pid}`);
  const carry = async (from: RecordedProgram, type: 'invite' | 'answer') => {
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
  play('connects two hosts by two files, and asks nobody else', {}, async (scene) => {
    const { ann, ben } = await pair(scene, 0);
    await talk(ann, ben);
    assert.equal((await ann.event('ready'))['server'], null);
    ann.give({ type: 'quit' });
    await Promise.all([ann.exits(0), ben.exits(0)]);
  });

  play('heals as soon as a cable is back after 8 s', {}, async (scene) => {
    const { ann, ben } = await pair(scene, 0);
    const marks: [RecordedProgram, number][] = [ann, ben].map((who) => [who, who.events.length]);
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

  play('reconnects over the local network after a new address, and asks nobody else', {}, async (scene) => {
    const { ann, ben } = await pair(scene, 0);
    const marks: [RecordedProgram, number][] = [ann, ben].map((who) => [who, who.events.length]);
    scene.hosts.ben.move('203.0.113.33');
    await noticed(performance.now(), marks);
    ann.say('still there?');
    await delivered(ann, ben, ['still there?']);
    assert.ok(!ann.events.some(({ code }) => code === 'pair-again'));
  });

  play('goes on where the connection ended after a second manual pairing', {}, async (scene) => {
    const { ann, ben } = await pair(scene, 0);
    await talk(ann, ben);
    const marks: [RecordedProgram, number][] = [ann, ben].map((who) => [who, who.events.length]);
    const [fromAnn, fromBen] = marks.map(([, mark]) => mark) as [number, number];
    for (const host of [scene.hosts.ann, scene.hosts.ben]) {
      host.run('nft', 'add table inet silence; add chain inet silence in { type filter hook input priority 0; }');
      host.run('nft', 'add rule inet silence in meta pkttype { broadcast, multicast } meta l4proto udp drop');
    }
    scene.hosts.ben.move('203.0.113.33');
    ann.say('kept by Ann');
    ben.say('kept by Ben');
    await noticed(performance.now(), marks);
    await ben.event('error', { code: 'pair-again', fatal: false }, fromBen);
    const seen = String((await ann.event('invite', {}, fromAnn))['blob']);
    const stranger = scene.alone('ben', ...chat, seen);
    ann.give({ type: 'answer', blob: String((await stranger.event('answer'))['blob']) });
    await ann.event('error', { code: 'identity-changed', fatal: false }, fromAnn);
    const invite = await ann.until('another invite', () => {
      const blobs = ann.events.filter(({ type }) => type === 'invite').map(({ blob }) => String(blob));
      return blobs.length > 2 ? blobs[2] : null;
    });
    ben.give({ type: 'answer', blob: 'not yet' });
    await ben.event('error', { code: 'not-a-blob', fatal: false }, fromBen);
    ben.give({ type: 'answer', blob: invite });
    ann.give({ type: 'answer', blob: String((await ben.event('answer', {}, fromBen))['blob']) });
    await delivered(ann, ben, ['hello', 'kept by Ann']);
    await delivered(ben, ann, ['hi', 'kept by Ben']);
    const safety = async (who: RecordedProgram, from: number) =>
      (await who.event('peer', { status: 'connected' }, from))['safety'];
    assert.equal(await safety(ann, fromAnn), await safety(ann, 0));
    ann.give({ type: 'quit' });
    await Promise.all([ann.exits(0), ben.exits(0)]);
  });

  const homes: Setting = {
    hosts: (network) => ({
      server: network.host('server', SERVER),
      ann: network.home('ann', '203.0.113.1', 'cone'),
      ben: network.home('ben', '203.0.113.2', 'cone'),
    }),
  };
  play('connects behind two NATs with STUN, though the answer is taken late', homes, async (scene) => {
    await scene.startServer();
    const { ann, ben } = await pair(scene, TAKEN_LATE, '--stun', `stun:${SERVER}:3478`);
    await talk(ann, ben);
  });
});
