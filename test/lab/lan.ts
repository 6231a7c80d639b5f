/** Two machines on one network, with no server: what the scenarios of the local network begin with. */
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { APARTE, Stage } from '../process.ts';
import { type Host, missing, Network } from './network.ts';
import { Talker } from './talker.ts';

const RADIO = fileURLToPath(new URL('wifi.ts', import.meta.url));

/** Which versions of IP the machines speak. IPv4 with `both` has link-local addresses of IPv6 beside it. */
export type Versions = 4 | 6 | 'both';

const FOUR = ['192.168.7.21', '192.168.7.22'] as const;
const ADDRESSES = { 4: FOUR, 6: ['fd00::21', 'fd00::22'], both: FOUR } as const;

const reason = missing();

/** Two machines, and the programs on them. */
export class LanScene extends Stage {
  readonly network = new Network();
  readonly ann: Host;
  readonly ben: Host;

  /** `containers`: see {@link Network.host}. */
  constructor(ip: Versions, containers = 0) {
    super('lan');
    const [ann, ben] = ADDRESSES[ip];
    this.ann = this.network.host('ann', ann, containers);
    this.ben = this.network.host('ben', ben, containers);
    if (ip === 4)
      for (const host of [this.ann, this.ben]) host.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
  }

  /** Starts a chat on one of the machines. */
  chat(where: 'ann' | 'ben', code = 'lab-ocean-violin'): Talker {
    return this.run(where, [APARTE, 'chat', '--json', '--lan', '--name', where, code]);
  }

  /** Listens to, and takes part in, multicast DNS from one of the machines. */
  async radio(where: 'ann' | 'ben'): Promise<Talker> {
    const radio = this.run(where, ['--import', 'tsx', RADIO, this[where].address]);
    await radio.event('ready');
    return radio;
  }

  /** Runs Node with these arguments on one of the machines. */
  run(where: 'ann' | 'ben', args: readonly string[]): Talker {
    const command = [...this[where].prefix, process.execPath, ...args];
    return this.keep(new Talker(command, this.home(), { APARTE_DEBUG: '1' }));
  }

  /** Starts two chats, one of them first if so said, and waits until they are connected. */
  async pair(first: 'ann' | 'ben' | null, code?: string): Promise<{ ann: Talker; ben: Talker }> {
    const begun = first === null ? null : this.chat(first, code);
    await begun?.event('code');
    const ann = first === 'ann' && begun !== null ? begun : this.chat('ann', code);
    const ben = first === 'ben' && begun !== null ? begun : this.chat('ben', code);
    await connected(ann, ben);
    return { ann, ben };
  }

  /** Ends all programs and removes everything. */
  override async close(): Promise<void> {
    await super.close();
    this.network.close();
  }
}

/** Waits until both are connected. */
export async function connected(...talkers: readonly Talker[]): Promise<void> {
  await Promise.all(talkers.map((talker) => talker.event('peer', { status: 'connected' })));
}

/** Sets a scene, plays it, and clears it away whatever happens. */
export function playLan(
  name: string,
  ip: Versions,
  action: (scene: LanScene) => Promise<void>,
  { containers = 0 } = {},
): void {
  test(name, { skip: reason ?? false }, async () => {
    const scene = new LanScene(ip, containers);
    try {
      await action(scene);
    } finally {
      await scene.close();
    }
  });
}
