/** The real program on two machines that share a local network and nothing else. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe } from 'node:test';
import { roomMark } from '../../peer/rendezvous/lan/announcement.ts';
import { announcing, response, sameNames } from '../lab/dns-messages.ts';
import { connected, type LanScene, playLan } from '../lab/lan-scene.ts';
import type { Host } from '../lab/network.ts';
import type { RecordedProgram } from '../lab/recorded-program.ts';
import { delivered, HEALED, NOTICED, noticed, pause, talk } from '../lab/scene-tests.ts';

/** Drops packets that come to a host. Returns a function that ends it. */
function drop(host: Host, rule: string): () => void {
  host.run('nft', 'add table inet wall; add chain inet wall in { type filter hook input priority 0; }');
  host.run('nft', `add rule inet wall in ${rule} drop`);
  return () => host.run('nft', 'delete table inet wall');
}

const MULTICAST = 'udp dport 5353';
const NEW_TCP = 'iifname eth0 tcp flags & (syn | ack) == syn';

/** Returns an id that is smaller than almost any random one. */
const fakeId = (n: number) => n.toString(16).padStart(32, '0');

const errors = ({ events }: RecordedProgram) =>
  events.filter(({ type }) => type === 'error').map((event) => event['code']);

describe('local network', { concurrency: 1 }, () => {
  for (const ip of [4, 6] as const) {
    for (const first of ['ann', 'ben', null] as const) {
      const order = first === null ? 'both at once' : `${first} first`;
      playLan(`connects directly and with no server over IPv${ip} only, ${order}`, ip, async (scene) => {
        const { ann, ben } = await scene.pair(first);
        await talk(ann, ben);
        for (const who of [ann, ben]) {
          assert.equal((await who.event('ready'))['server'], null);
          assert.equal((await who.event('peer', { status: 'connected' }))['path'], 'direct');
          assert.deepEqual(errors(who), []);
        }
        ann.give({ type: 'quit' });
        await Promise.all([ann.exits(0), ben.exits(0)]);
      });
    }
  }

  playLan('names the cause where both machines have link-local IPv6 addresses only', 6, async (scene) => {
    for (const host of [scene.ann, scene.ben]) host.run('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
    const [ann, ben] = [scene.chat('ann'), scene.chat('ben')];
    for (const who of [ann, ben]) {
      const error = await who.event('error', { code: 'no-direct-path' });
      assert.equal(error['fatal'], true);
      assert.match(
        String(error['message']),
        /this machine has no address for a connection, as link-local IPv6 addresses do not count/,
      );
    }
    await Promise.all([ann.exits(5), ben.exits(5)]);
    for (const who of [ann, ben]) assert.deepEqual(errors(who), ['no-direct-path']);
  });

  playLan('connects two programs on one machine that is on a network', 'both', async (scene) => {
    const [one, other] = [scene.chat('ann'), scene.chat('ann')];
    await connected(one, other);
    await talk(one, other);
  });

  playLan('connects two rooms at once on the same two machines', 'both', async (scene) => {
    const codes = ['one-ocean-violin', 'two-maple-garden'];
    const pairs = await Promise.all(codes.map((code) => scene.pair(null, code)));
    await Promise.all(pairs.map(({ ann, ben }) => talk(ann, ben)));
  });

  playLan('connects over link-local IPv4 addresses, as on a cable between two machines', 4, async (scene) => {
    for (const [index, host] of [scene.ann, scene.ben].entries()) {
      host.run('ip', 'addr', 'flush', 'dev', 'eth0');
      host.run('ip', 'addr', 'add', `169.254.7.${index + 1}/16`, 'dev', 'eth0');
    }
    const { ann, ben } = await scene.pair(null);
    await talk(ann, ben);
  });

  playLan('names blocked multicast as the cause once, and connects when it is allowed again', 4, async (scene) => {
    const ends = [scene.ann, scene.ben].map((host) => drop(host, `iifname eth0 ${MULTICAST}`));
    const [ann, ben] = [scene.chat('ann'), scene.chat('ben')];
    for (const who of [ann, ben]) {
      const error = await who.event('error', { code: 'nobody-found' });
      assert.equal(error['fatal'], false);
      assert.match(String(error['message']), /no multicast comes from other machines/);
    }
    for (const end of ends) end();
    await connected(ann, ben);
    for (const who of [ann, ben]) assert.deepEqual(errors(who), ['nobody-found']);
  });

  for (const containers of [35, 80]) {
    playLan(
      `finds the other side on a network card that is listed after ${containers} networks of containers`,
      4,
      async (scene) => {
        for (const host of [scene.ann, scene.ben]) host.run('ip', 'route', 'add', 'default', 'dev', 'eth0');
        const { ann, ben } = await scene.pair(null);
        await talk(ann, ben);
      },
      { containers },
    );
  }

  playLan(
    'names the limit of interfaces where the network card is listed after 80 others and has no default route',
    4,
    async (scene) => {
      const [ann, ben] = [scene.chat('ann'), scene.chat('ben')];
      for (const who of [ann, ben]) {
        const error = await who.event('error', { code: 'nobody-found' });
        assert.match(String(error['message']), /this machine has more network interfaces than the program uses/);
      }
    },
    { containers: 80 },
  );

  playLan('names a program that holds UDP port 5353 alone', 4, async (scene) => {
    const holder = scene.run('ann', [
      '-e',
      "require('node:dgram').createSocket('udp4').bind(5353, () => console.log(JSON.stringify({ type: 'held' })))",
    ]);
    await holder.event('held');
    const [ann] = [scene.chat('ann'), scene.chat('ben')];
    const error = await ann.event('error', { code: 'nobody-found' });
    assert.match(String(error['message']), /another program on this machine holds UDP port 5353 for itself/);
    holder.kill('SIGKILL');
    await ann.event('peer', { status: 'connected' });
  });

  playLan('names another code as the cause', 4, async (scene) => {
    const [ann] = [scene.chat('ann', 'one-ocean-violin'), scene.chat('ben', 'two-ocean-violin')];
    assert.match(
      String((await ann.event('error'))['message']),
      /other people are searching here, but under another code/,
    );
  });

  for (const closed of ['ann', 'ben'] as const) {
    playLan(`connects though nobody can reach ${closed}, who visits the other`, 'both', async (scene) => {
      drop(scene[closed], NEW_TCP);
      const { ann, ben } = await scene.pair(null);
      await talk(ann, ben);
    });
  }

  playLan('names a firewall where neither can be reached, and connects when one is gone', 'both', async (scene) => {
    const ends = [scene.ann, scene.ben].map((host) => drop(host, NEW_TCP));
    const [ann, ben] = [scene.chat('ann'), scene.chat('ben')];
    const [error] = await Promise.all([ann, ben].map((who) => who.event('error', { code: 'nobody-found' })));
    assert.equal(error?.['fatal'], false);
    assert.match(
      String(error?.['message']),
      /: their machine (192\.168\.7\.2[12]|fe80\S+%eth0) was found but does not answer/,
    );
    // The advice does not name a server: there is none to start.
    assert.match(String(error?.['hint']), /A firewall on their machine may be in the way/);
    ends[0]?.();
    await connected(ann, ben);
  });

  playLan('connects two programs though another was killed in their room, or is frozen', 4, async (scene) => {
    const [killed, frozen] = [scene.chat('ann', 'a-ocean-violin'), scene.chat('ann', 'b-ocean-violin')];
    await Promise.all([killed.event('code'), frozen.event('code')]);
    killed.kill('SIGKILL');
    frozen.kill('SIGSTOP');
    const pairs = await Promise.all(['a-ocean-violin', 'b-ocean-violin'].map((code) => scene.pair('ben', code)));
    await Promise.all(pairs.map(({ ann, ben }) => talk(ann, ben)));
  });

  playLan('sends no code, no machine name and no address of another network to the network', 'both', async (scene) => {
    for (const command of ['link add far0 type veth peer name far1', 'addr add 10.99.99.1/24 dev far0'])
      scene.ann.run('ip', ...command.split(' '));
    for (const end of ['far0', 'far1']) scene.ann.run('ip', 'link', 'set', end, 'up');
    const radio = await scene.radio('ben');
    await scene.pair('ann', 'airplane-ocean-violin');
    const heard = radio.events.map(({ hex }) => (typeof hex === 'string' ? hex : '')).join('|');
    const hex = (text: string) => Buffer.from(text).toString('hex');
    for (const text of ['_aparte', 'room=']) assert.ok(heard.includes(hex(text)), text);
    assert.ok(heard.includes('c0a80715'), 'the address on this network');
    for (const text of ['airplane', 'ocean', 'violin', hostname()]) assert.ok(!heard.includes(hex(text)), text);
    assert.ok(!heard.includes('0a636301'), 'the address on another network');
  });

  playLan('connects through a flood of lies', 4, async (scene) => {
    const radio = await scene.radio('ben');
    const ann = scene.chat('ann');
    await ann.event('code');
    radio.give({ hex: 'ff'.repeat(8_000) });
    radio.give({ hex: response([], 65_535) });
    for (let n = 0; n < 100; n += 1) radio.give({ hex: response(sameNames(n % 2 === 0 ? 128 : 32)) });
    const many = Array.from({ length: 60 }, (_, n) => announcing(fakeId(n), fakeId(n), 9)).flat();
    radio.give({ hex: response(many) });
    for (let n = 0; n < 2_000; n += 1) {
      const id = fakeId(n);
      radio.give({ hex: response(announcing(id, roomMark(id, 'lab'), 9)) });
    }
    const ben = scene.chat('ben');
    await connected(ann, ben);
    await talk(ann, ben);
  });

  const afterOutage = async (scene: LanScene, outage: (ben: Host) => Promise<void>) => {
    const { ann, ben } = await scene.pair(null);
    ann.say('before');
    await delivered(ann, ben, ['before']);
    const marks: [RecordedProgram, number][] = [ann, ben].map((who) => [who, who.events.length]);
    const cut = performance.now();
    const over = outage(scene.ben);
    ann.say('during');
    ben.say('during');
    assert.ok((await noticed(cut, marks)) < NOTICED);
    await over;
    const back = performance.now();
    await Promise.all([delivered(ann, ben, ['before', 'during']), delivered(ben, ann, ['during'])]);
    return performance.now() - back;
  };

  playLan('reconnects as soon as a cable is back after 12 s', 4, async (scene) => {
    const took = await afterOutage(scene, async (ben) => {
      ben.unplug();
      await pause(12_000);
      ben.plug();
    });
    assert.ok(took < HEALED);
  });

  playLan('reconnects with no server after a new address', 'both', async (scene) => {
    await afterOutage(scene, (ben) => Promise.resolve(ben.move('192.168.7.122')));
  });

  playLan('reconnects after both get addresses of a new network', 4, async (scene) => {
    await afterOutage(scene, (ben) => {
      ben.move('192.168.8.22');
      scene.ann.move('192.168.8.21');
      return Promise.resolve();
    });
  });
});
