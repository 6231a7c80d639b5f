/** Outages on real networks: the real program on its own hosts, which lose the cable, the address, the server or the peer. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { RecordedProgram } from '../lab/recorded-program.ts';
import { delivered, HEALED, LONG, NOTICED, noticed, pause, play, talk } from '../lab/scene-tests.ts';
import type { Scene } from '../lab/server-scene.ts';

describe('fault lab', { concurrency: 1 }, () => {
  play('connects directly on an open network', {}, async (scene) => {
    const { ann, ben } = await scene.pair();
    await talk(ann, ben);
    const connected = await ben.event('peer', { status: 'connected' });
    assert.equal(connected['path'], 'direct');
    ann.give({ type: 'quit' });
    await Promise.all([ann.exits(0), ben.exits(0)]);
  });

  const six = (network: Scene['network']) => ({
    server: network.host('server', '2001:db8::10'),
    ann: network.host('ann', '2001:db8::21'),
    ben: network.host('ben', '2001:db8::22'),
  });
  play('connects directly over IPv6 alone', { hosts: six }, async (scene) => {
    const { ann, ben } = await scene.pair();
    await talk(ann, ben);
    const connected = await ben.event('peer', { status: 'connected' });
    assert.equal(connected['path'], 'direct');
  });

  play('delivers everything while a tenth of all packets is lost', {}, async (scene) => {
    const hosts = Object.values(scene.hosts);
    for (const host of hosts) host.lose(10);
    const { ann, ben } = await scene.pair();
    const texts = Array.from({ length: 100 }, (_, index) => `${index}`);
    for (const text of texts) {
      ann.say(text);
      ben.say(text);
    }
    await Promise.all([delivered(ann, ben, texts), delivered(ben, ann, texts)]);
    assert.ok(hosts.every((host) => host.lost > 0));
  });

  play('notices a cable that is unplugged for 12 s, and recovers when it is plugged in', {}, async (scene) => {
    const { ann, ben } = await scene.pair();
    ann.say('before');
    ann.say(LONG);
    ben.say('before');
    const marks: [RecordedProgram, number][] = [ann, ben].map((who) => [who, who.events.length]);
    scene.hosts.ben.unplug();
    const cut = performance.now();
    ann.say('during');
    ben.say(LONG);
    assert.ok((await noticed(cut, marks)) < NOTICED);
    await pause(12_000 - (performance.now() - cut));
    scene.hosts.ben.plug();
    const back = performance.now();
    ann.say('after');
    ben.say('after');
    await Promise.all([
      delivered(ann, ben, ['before', LONG, 'during', 'after']),
      delivered(ben, ann, ['before', LONG, 'after']),
    ]);
    const [first, second] = await Promise.all(
      [ann, ben].map((who) => who.event('message', { text: who === ann ? LONG : 'during' })),
    );
    for (const message of [first, second]) assert.ok(Number(message?.came) - back < HEALED);
  });

  play('delivers everything once through outages in a row, some of them during a reconnect', {}, async (scene) => {
    const { ann, ben } = await scene.pair();
    const texts: string[] = [];
    const say = (text: string) => {
      texts.push(text);
      ann.say(text);
      ben.say(text);
    };
    for (const [round, [out, up]] of [
      [5_000, 100],
      [4_500, 400],
      [6_000, 700],
      [4_000, 1_000],
      [9_000, 1_500],
    ].entries()) {
      say(`before ${round}`);
      say(`${round} ${LONG}`);
      const who = scene.hosts[round % 2 === 0 ? 'ann' : 'ben'];
      who.unplug();
      say(`during ${round}`);
      await pause(out ?? 0);
      who.plug();
      await pause(up ?? 0);
    }
    say('after');
    await Promise.all([delivered(ann, ben, texts), delivered(ben, ann, texts)]);
  });

  play('survives a change of address of one host, and then of both at once', {}, async (scene) => {
    const { ann, ben } = await scene.pair();
    const texts: string[] = [];
    for (const movers of [['ben'], ['ann', 'ben']] as const) {
      const marks: [RecordedProgram, number][] = [ann, ben].map((who) => [who, who.events.length]);
      const moved = performance.now();
      for (const [index, name] of movers.entries())
        scene.hosts[name].move(`203.0.113.${100 + 10 * texts.length + index}`);
      texts.push(`from ${movers.length} new addresses`);
      ann.say(texts.at(-1) ?? '');
      ben.say(texts.at(-1) ?? '');
      assert.ok((await noticed(moved, marks)) < NOTICED);
      await Promise.all([delivered(ann, ben, texts), delivered(ben, ann, texts)]);
    }
  });

  play(
    'a connected pair does not notice that the server is killed, and can reconnect after its restart',
    {},
    async (scene) => {
      const { ann, ben } = await scene.pair();
      const [server] = scene.servers;
      server?.kill('SIGKILL');
      await talk(ann, ben);
      assert.equal(ann.events.filter(({ type }) => type === 'peer' || type === 'error').length, 2);
      scene.hosts.ann.move('203.0.113.99');
      await noticed(performance.now(), [
        [ann, 0],
        [ben, 0],
      ]);
      ann.say('into nothing');
      await scene.startServer();
      await delivered(ann, ben, ['hello', 'into nothing']);
    },
  );

  play('continues after one program was frozen for 40 s', {}, async (scene) => {
    const { ann, ben } = await scene.pair();
    const marks: [RecordedProgram, number][] = [[ann, ann.events.length]];
    ben.kill('SIGSTOP');
    const frozen = performance.now();
    ann.say('asleep?');
    assert.ok((await noticed(frozen, marks)) < NOTICED);
    await pause(40_000 - (performance.now() - frozen));
    ben.kill('SIGCONT');
    ben.say('awake');
    await Promise.all([delivered(ann, ben, ['asleep?']), delivered(ben, ann, ['awake'])]);
  });

  play('notices a killed program and gives up after --reconnect', { chat: ['--reconnect', '6'] }, async (scene) => {
    const { ann, ben } = await scene.pair();
    const marks: [RecordedProgram, number][] = [[ann, ann.events.length]];
    ben.kill('SIGKILL');
    const killed = performance.now();
    ann.say('are you there?');
    assert.ok((await noticed(killed, marks)) < NOTICED);
    await ann.exits(7);
    assert.equal(ann.status, 'lost');
    assert.equal(ann.delivered, 0);
  });
});
