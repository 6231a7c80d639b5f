/** Two machines on one local network, with no server. */
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { APARTE, Stage } from '../process.ts';
import { type Host, missing, Network } from './network.ts';
import { RecordedProgram } from './recorded-program.ts';

const RADIO = fileURLToPath(new URL('multicast-sender.ts', import.meta.url));

/** IP versions of the machines. `both`: IPv4, and link-local IPv6 addresses. */
export type Versions = 4 | 6 | 'both';

const FOUR = ['192.168.7.21', '192.168.7.22'] as const;
const ADDRESSES = { 4: FOUR, 6: ['fd00::21', 'fd00::22'], both: FOUR } as const;

const reason = missing();

/** Two machines, and the programs on them. */
export class LanScene extends Stage {
  readonly network = new Network();
  readonly ann: Host;
  readonly ben: Host;

  /** `containers`: networks of containers on each machine, as {@link Network.host} makes them. */
  constructor(ip: Versions, containers = 0) {
    super('lan');
    const [ann, ben] = ADDRESSES[ip];
    this.ann = this.network.host('ann', ann, containers);
    this.ben = this.network.host('ben', ben, containers);
    if (ip === 4)
      for (const host of [this.ann, this.ben]) host.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
  }

  /** Starts a chat on one of the machines. */
  chat(where: 'ann' | 'ben', code = 'lab-ocean-violin'): RecordedProgram {
    return this.run(where, [APARTE, 'chat', '--json', '--lan', '--name', where, code]);
  }

  /** Starts a program on one of the machines that reports and sends packets of multicast DNS. */
  async radio(where: 'ann' | 'ben'): Promise<RecordedProgram> {
    const radio = this.run(where, ['--import', 'tsx', RADIO, this[where].address]);
    await radio.event('ready');
    return radio;
  }

  /** Runs Node with these arguments on one of the machines. */
  run(where: 'ann' | 'ben', args: readonly string[]): RecordedProgram {
    const command = [...this[where].prefix, process.execPath, ...args];
    return this.keep(new RecordedProgram(command, this.home(), { APARTE_DEBUG: '1' }));
  }

  /** Starts two chats and waits until they are connected. `first`: the chat to start first; null: both at once. */
  async pair(first: 'ann' | 'ben' | null, code?: string): Promise<{ ann: RecordedProgram; ben: RecordedProgram }> {
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
export async function connected(...talkers: readonly RecordedProgram[]): Promise<void> {
  await Promise.all(talkers.map((talker) => talker.event('peer', { status: 'connected' })));
}

/** Runs a test in a scene, and removes the scene in any case. */
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
