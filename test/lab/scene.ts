/** A server and two people in a network: what every scenario begins with, and how it is cleared away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, Network } from './network.ts';
import { Talker } from './talker.ts';

const PORT = 7470;

/** Address of the server. */
export const SERVER = '203.0.113.10';

/** How a scene is set. */
export interface Setting {
  /** Makes the three hosts; all on the open network unless said otherwise. */
  readonly hosts?: (network: Network) => { server: Host; ann: Host; ben: Host };
  /** Arguments of the server besides its address. */
  readonly server?: readonly string[];
  /** Arguments of both chats. */
  readonly chat?: readonly string[];
}

const everybodyOpen = (network: Network) => ({
  server: network.host('server', SERVER),
  ann: network.host('ann', '203.0.113.21'),
  ben: network.host('ben', '203.0.113.22'),
});

/** A server and two people. */
export class Scene {
  readonly network = new Network();
  readonly hosts: { server: Host; ann: Host; ben: Host };
  /** The servers that were started, in order. */
  readonly servers: Talker[] = [];
  readonly #setting: Setting;
  readonly #folder = mkdtempSync(join(tmpdir(), 'aparte-lab-'));
  readonly #talkers: Talker[] = [];
  readonly #kill = () => {
    for (const talker of this.#talkers) if (talker.ended === null) talker.kill('SIGKILL');
  };

  constructor(setting: Setting = {}) {
    process.on('exit', this.#kill);
    this.#setting = setting;
    this.hosts = (setting.hosts ?? everybodyOpen)(this.network);
  }

  get #url(): string {
    const { address } = this.hosts.server;
    return `http://${address.includes(':') ? `[${address}]` : address}:${PORT}`;
  }

  /** Runs the program on a host. */
  run(host: Host, args: readonly string[], env: NodeJS.ProcessEnv = {}): Talker {
    const home = join(this.#folder, `home-${this.#talkers.length}`);
    const talker = new Talker(host.prefix, args, home, env);
    this.#talkers.push(talker);
    return talker;
  }

  /** Starts the server and waits until it listens. */
  async startServer(): Promise<Talker> {
    const { server } = this.hosts;
    const { server: args = [] } = this.#setting;
    const talker = this.run(server, ['signal', '--host', server.address, '--port', String(PORT), ...args]);
    this.servers.push(talker);
    await talker.event('line');
    return talker;
  }

  /** Starts a chat. */
  chat(name: 'ann' | 'ben', ...args: readonly string[]): Talker {
    const { chat = [] } = this.#setting;
    const fixed = ['chat', '--json', 'lab-ocean-violin', '--server', this.#url, '--name', name];
    return this.run(this.hosts[name], [...fixed, ...chat, ...args]);
  }

  /** Starts two chats and waits until they are connected. */
  async pair(...args: readonly string[]): Promise<{ ann: Talker; ben: Talker }> {
    const ann = this.chat('ann', ...args);
    await ann.event('code');
    const ben = this.chat('ben', ...args);
    await Promise.all([ann, ben].map((talker) => talker.event('peer', { status: 'connected' })));
    return { ann, ben };
  }

  /** Ends all programs and removes everything. */
  async close(): Promise<void> {
    this.#kill();
    await Promise.all(this.#talkers.map((talker) => talker.until('end', () => talker.ended)));
    this.network.close();
    rmSync(this.#folder, { recursive: true, force: true });
    process.off('exit', this.#kill);
  }
}
