/** A network with a server and two people. */
import { join } from 'node:path';
import { APARTE, Stage } from '../process.ts';
import { type Host, Network } from './network.ts';
import { RecordedProgram, type Told } from './recorded-program.ts';

const PORT = 7470;
/** Port of coturn: 3478 and 3479 belong to the server's own STUN. */
const TURN_PORT = 3490;
const TURN_SECRET = 'known to coturn and the server';

/** Addresses that the relay refuses to send to, as in docs/OPERATIONS.md. It has no route to them. */
const PRIVATE_PEERS = ['10.0.0.0-10.255.255.255', '172.16.0.0-172.31.255.255', '192.168.0.0-192.168.255.255'];

/** Address of the server. */
export const SERVER = '203.0.113.10';

/** Options of a scene. */
export interface Setting {
  /** Makes the three hosts. Left out: all are on the open network. */
  readonly hosts?: (network: Network) => { server: Host; ann: Host; ben: Host };
  /** Whether the server offers a TURN relay over UDP and TCP: coturn, on the same host. */
  readonly relay?: boolean;
  /** Paths of the programs that run in place of the one that was built last. */
  readonly programs?: Partial<Readonly<Record<'server' | 'ann' | 'ben', string>>>;
  /** Arguments of both chats. */
  readonly chat?: readonly string[];
  /** Environment variables of both chats. */
  readonly env?: Readonly<Record<string, string>>;
}

const everybodyOpen = (network: Network) => ({
  server: network.host('server', SERVER),
  ann: network.host('ann', '203.0.113.21'),
  ben: network.host('ben', '203.0.113.22'),
});

/** A server and two people. */
export class Scene extends Stage {
  readonly network = new Network();
  readonly hosts: { server: Host; ann: Host; ben: Host };
  /** All servers that were started, in order. */
  readonly servers: RecordedProgram[] = [];
  readonly #setting: Setting;

  constructor(setting: Setting = {}) {
    super('lab');
    this.#setting = setting;
    this.hosts = (setting.hosts ?? everybodyOpen)(this.network);
  }

  get #url(): string {
    const { address } = this.hosts.server;
    return `http://${address.includes(':') ? `[${address}]` : address}:${PORT}`;
  }

  /** Runs a program on a host. It ends with the scene. */
  run(host: Host, command: readonly string[], env: Readonly<Record<string, string>> = {}): RecordedProgram {
    return this.keep(new RecordedProgram([...host.prefix, ...command], this.home(), env));
  }

  /** Starts the server and its relay, if any, and waits until the server listens. */
  async startServer(): Promise<RecordedProgram> {
    const { server } = this.hosts;
    const hasRelay = this.#setting.relay === true;
    if (hasRelay) await this.#startRelay(server);
    const urls = ['udp', 'tcp'].map((protocol) => `turn:${server.address}:${TURN_PORT}?transport=${protocol}`);
    const offer = hasRelay ? urls.flatMap((url) => ['--turn-url', url]) : [];
    const command = [...this.#program('server'), 'signal', '--host', server.address, '--port', String(PORT), ...offer];
    const talker = this.run(server, command, hasRelay ? { APARTE_TURN_SECRET: TURN_SECRET } : {});
    this.servers.push(talker);
    await talker.event('line');
    return talker;
  }

  async #startRelay(host: Host): Promise<void> {
    const options = {
      'listening-ip': host.address,
      'listening-port': String(TURN_PORT),
      'static-auth-secret': TURN_SECRET,
      realm: 'lab',
      'log-file': 'stdout',
      pidfile: join(this.folder, 'coturn.pid'),
      userdb: join(this.folder, 'coturn.db'),
    };
    const flags = ['-n', '--use-auth-secret', '--no-tls', '--no-dtls', '--no-cli'];
    const pairs = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    const denied = PRIVATE_PEERS.map((range) => `--denied-peer-ip=${range}`);
    const coturn = this.run(host, ['turnserver', ...flags, ...pairs, ...denied]);
    const listens = (event: Told) => String(event['line']).includes('Total General servers');
    await coturn.until('listening relay', () => coturn.events.find(listens));
  }

  /** Starts a chat. */
  chat(name: 'ann' | 'ben', ...args: readonly string[]): RecordedProgram {
    const { chat = [], env } = this.#setting;
    const fixed = ['chat', '--json', 'lab-ocean-violin', '--server', this.#url, '--name', name];
    return this.run(this.hosts[name], [...this.#program(name), ...fixed, ...chat, ...args], env);
  }

  /** Starts a `receive`. */
  receive(name: 'ann' | 'ben', ...args: readonly string[]): RecordedProgram {
    const fixed = ['receive', 'lab-ocean-violin', '--server', this.#url];
    return this.run(this.hosts[name], [...this.#program(name), ...fixed, ...args]);
  }

  /** Starts a chat that uses no server. */
  alone(name: 'ann' | 'ben', ...args: readonly string[]): RecordedProgram {
    return this.run(this.hosts[name], [...this.#program(name), 'chat', '--json', '--name', name, ...args]);
  }

  #program(of: 'server' | 'ann' | 'ben'): readonly string[] {
    return [process.execPath, this.#setting.programs?.[of] ?? APARTE];
  }

  /** Starts two chats and waits until they are connected. */
  async pair(...args: readonly string[]): Promise<{ ann: RecordedProgram; ben: RecordedProgram }> {
    const ann = this.chat('ann', ...args);
    await ann.event('code');
    const ben = this.chat('ben', ...args);
    await Promise.all([ann, ben].map((talker) => talker.event('peer', { status: 'connected' })));
    return { ann, ben };
  }

  /** Ends all programs and removes everything. */
  override async close(): Promise<void> {
    await super.close();
    this.network.close();
  }
}
