/** Multicast DNS on one interface, by bonjour-service: announces, asks and listens. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { Bonjour, type Browser, type Service } from 'bonjour-service';
import { SERVICE_TYPE, txtRecord } from './announcement.ts';
import { comesFrom, type LocalInterface, plainAddress } from './interfaces.ts';
import type { MulticastBudget } from './multicast-budget.ts';

/** Multicast groups (RFC 6762, section 3). */
const GROUPS = { 4: '224.0.0.251', 6: 'ff02::fb' } as const;
/** Services read between two searches. */
const MAX_SERVICES = 64;
/** Time for sending goodbyes, in ms. */
const GOODBYE_PATIENCE = 300;

/** A room on our own server, to be announced. */
export interface AnnouncedRoom {
  readonly id: string;
  readonly room: string;
  readonly port: number;
}

/** What an interface reports. */
export interface MulticastEvents {
  /** A service of our type, as the library read it and unchecked. */
  heard(service: unknown): void;
  /** A service said goodbye, or somebody did in its name. */
  gone(name: unknown): void;
  /** Another machine uses multicast DNS here. */
  stranger(): void;
  /** The port of multicast DNS, UDP 5353, cannot be used: another program holds it alone. */
  portHeld(): void;
}

/** Members of the library that its types do not show. */
interface BonjourServer {
  readonly mdns: {
    on(event: 'error', listener: (error: { readonly code?: unknown }) => void): void;
    on(event: 'warning', listener: () => void): void;
    on(event: 'packet', listener: (packet: unknown, from: { readonly address: string }) => void): void;
    send(message: Message, ...more: unknown[]): void;
  };
  register(records: unknown): void;
}

interface Message {
  answers?: readonly DnsRecord[];
  additionals?: readonly DnsRecord[];
}

interface DnsRecord {
  readonly type: string;
  readonly data: unknown;
}

/** Multicast DNS on one interface. A failure is not reported but tried again with the next search: others may work. */
export class MulticastDns {
  readonly #local: LocalInterface;
  readonly #events: MulticastEvents;
  readonly #bonjour: Bonjour;
  readonly #services = new Map<string, Service>();
  #browser: Browser | null = null;

  constructor(local: LocalInterface, budget: MulticastBudget, events: MulticastEvents) {
    this.#local = local;
    this.#events = events;
    // Without `bind` the library listens at our own address only, where multicast does not arrive.
    const [address = ''] = local.addresses;
    const where =
      local.family === 4 ? { interface: address, bind: '0.0.0.0' } : { interface: `::%${local.name}`, bind: '::' };
    const socket = checkedSocket(local, budget);
    const options = { type: `udp${local.family}`, ip: GROUPS[local.family], socket, ...where };
    this.#bonjour = new Bonjour(options, () => undefined);
    const { mdns } = this.#server;
    mdns.on('error', ({ code }) => {
      if (code === 'EADDRINUSE') events.portHeld();
    });
    mdns.on('warning', () => undefined);
    mdns.on('packet', (_packet, from) => {
      if (!local.addresses.includes(plainAddress(from.address))) events.stranger();
    });
    const send = mdns.send.bind(mdns);
    mdns.send = (message, ...more) => send(this.#ofThisInterface(message), ...more);
  }

  get #server(): BonjourServer {
    return (this.#bonjour as unknown as { server: BonjourServer }).server;
  }

  /** Removes the addresses of other interfaces, which the library would announce on this one. */
  #ofThisInterface(message: Message): Message {
    const isOurs = ({ type, data }: DnsRecord) =>
      !/^A(AAA)?$/.test(type) || this.#local.addresses.includes(String(data));
    const { answers, additionals } = message;
    return {
      ...message,
      ...(answers !== undefined && { answers: answers.filter(isOurs) }),
      ...(additionals !== undefined && { additionals: additionals.filter(isOurs) }),
    };
  }

  /** Announces a room, now and to everybody who asks. */
  announce({ id, room, port }: AnnouncedRoom): void {
    const service = this.#bonjour.publish({
      name: id,
      type: SERVICE_TYPE,
      port,
      // Hides the name of this machine, which is the default.
      host: `${id}.local`,
      txt: txtRecord(room),
      // The name is random. If it is taken, a library that probes writes to standard output.
      probe: false,
    });
    this.#services.set(id, service);
  }

  /** Ends an announcement and says goodbye. */
  async withdraw(id: string): Promise<void> {
    const service = this.#services.get(id);
    if (service === undefined) return;
    this.#services.delete(id);
    await within(GOODBYE_PATIENCE, (done) => (service.stop as (done: () => void) => void)(done));
    // The library drops all services of this type together with the one that stops.
    for (const other of this.#services.values()) this.#server.register(other.records());
  }

  /** Asks who is there. Services that were heard before are heard again. */
  search(): void {
    this.#browser?.stop();
    let services = 0;
    const browser = this.#bonjour.find({ type: SERVICE_TYPE }, (service) => {
      services += 1;
      // The library remembers all of them.
      if (services >= MAX_SERVICES) browser.stop();
      this.#events.heard(service);
    });
    browser.on('srv-update', (service) => this.#events.heard(service));
    browser.on('down', ({ name }) => this.#events.gone(name));
    this.#browser = browser;
  }

  /** Says goodbye for everything that is announced, and closes. */
  async close(): Promise<void> {
    this.#browser?.stop();
    await Promise.all([...this.#services.keys()].map((id) => this.withdraw(id)));
    await within(GOODBYE_PATIENCE, (done) => this.#bonjour.destroy(done));
  }
}

/** Starts an action that calls back, and waits for it no longer than `ms`. */
async function within(ms: number, action: (done: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    action(() => resolve(clearTimeout(timer)));
  });
}

/** Makes a socket that drops messages from elsewhere and messages that would keep the library busy for long. */
function checkedSocket(local: LocalInterface, budget: MulticastBudget): Socket {
  const socket = createSocket({ type: `udp${local.family}`, reuseAddr: true, ipv6Only: local.family === 6 });
  const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => boolean;
  return Object.assign(socket, {
    emit: (event: string, ...args: unknown[]) => {
      if (event !== 'message') return emit(event, ...args);
      const [message, from] = args as [Buffer, RemoteInfo];
      // A socket receives packets from other interfaces as well. They count once, at the socket of their interface.
      return comesFrom(from.address, local) && budget.takes(message, performance.now()) && emit(event, ...args);
    },
  });
}
