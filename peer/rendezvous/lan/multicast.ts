/** Multicast DNS on one link: announces, asks and listens, by bonjour-service. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { Bonjour, type Browser, type Service } from 'bonjour-service';
import { SERVICE_TYPE, txtRecord } from './announcement.ts';
import { comesFrom, type LocalLink, plainAddress } from './interfaces.ts';
import type { Intake } from './multicast-budget.ts';

/** Groups of RFC 6762, section 3. */
const GROUPS = { 4: '224.0.0.251', 6: 'ff02::fb' } as const;
/** Services taken in between two searches. */
const MAX_SERVICES = 64;
/** How long (ms) saying goodbye may take. */
const GOODBYE_PATIENCE = 300;

/** What is announced. */
export interface Offer {
  readonly id: string;
  readonly room: string;
  readonly port: number;
}

/** What is told of a link. */
export interface MulticastEvents {
  /** A service of our type, as the library read it: nothing of it is checked. */
  heard(service: unknown): void;
  /** A service said goodbye, or somebody in its name did. */
  gone(name: unknown): void;
  /** Another machine uses multicast DNS here. */
  stranger(): void;
}

/** What the library has, but does not show in its types. */
interface Inside {
  readonly server: {
    readonly mdns: {
      on(event: 'error' | 'warning', listener: () => void): void;
      on(event: 'packet', listener: (packet: unknown, from: { readonly address: string }) => void): void;
      send(message: Message, ...more: unknown[]): void;
    };
    register(records: unknown): void;
  };
}

interface Message {
  answers?: readonly DnsRecord[];
  additionals?: readonly DnsRecord[];
}

interface DnsRecord {
  readonly type: string;
  readonly data: unknown;
}

/** Multicast DNS on one link. Whatever fails is tried again with the next search, and not told: others may work. */
export class Multicast {
  readonly #link: LocalLink;
  readonly #events: MulticastEvents;
  readonly #bonjour: Bonjour;
  readonly #services = new Map<string, Service>();
  #browser: Browser | null = null;

  constructor(link: LocalLink, intake: Intake, events: MulticastEvents) {
    this.#link = link;
    this.#events = events;
    // Without `bind` the library listens at the address alone, where no multicast arrives.
    const [address = ''] = link.addresses;
    const way =
      link.family === 4 ? { interface: address, bind: '0.0.0.0' } : { interface: `::%${link.zone}`, bind: '::' };
    const socket = checkedSocket(link, intake);
    const options = { type: `udp${link.family}`, ip: GROUPS[link.family], socket, ...way };
    this.#bonjour = new Bonjour(options, () => undefined);
    const { mdns } = this.#inside;
    mdns.on('error', () => undefined);
    mdns.on('warning', () => undefined);
    mdns.on('packet', (_packet, from) => {
      if (!link.addresses.includes(plainAddress(from.address))) events.stranger();
    });
    const send = mdns.send.bind(mdns);
    mdns.send = (message, ...more) => send(this.#ofThisLink(message), ...more);
  }

  get #inside(): Inside['server'] {
    return (this.#bonjour as unknown as Inside).server;
  }

  /** The library would tell the addresses of all links on each. */
  #ofThisLink(message: Message): Message {
    const isOurs = ({ type, data }: DnsRecord) =>
      !/^A(AAA)?$/.test(type) || this.#link.addresses.includes(String(data));
    const { answers, additionals } = message;
    return {
      ...message,
      ...(answers !== undefined && { answers: answers.filter(isOurs) }),
      ...(additionals !== undefined && { additionals: additionals.filter(isOurs) }),
    };
  }

  /** Announces something, now and to whoever asks. */
  announce({ id, room, port }: Offer): void {
    const service = this.#bonjour.publish({
      name: id,
      type: SERVICE_TYPE,
      port,
      // Else the name of this machine would be told.
      host: `${id}.local`,
      txt: txtRecord(room),
      // The name is random, and what the library does where it is taken is to write to standard output.
      probe: false,
    });
    this.#services.set(id, service);
  }

  /** Announces it no longer, and says so. */
  async withdraw(id: string): Promise<void> {
    const service = this.#services.get(id);
    if (service === undefined) return;
    this.#services.delete(id);
    await within(GOODBYE_PATIENCE, (done) => (service.stop as (done: () => void) => void)(done));
    // The library has forgotten all services of this type with the one.
    for (const other of this.#services.values()) this.#inside.register(other.records());
  }

  /** Asks who is there; whoever was heard of before is heard of again. */
  search(): void {
    this.#browser?.stop();
    let services = 0;
    const browser = this.#bonjour.find({ type: SERVICE_TYPE }, (service) => {
      services += 1;
      // It remembers all of them.
      if (services >= MAX_SERVICES) browser.stop();
      this.#events.heard(service);
    });
    browser.on('srv-update', (service) => this.#events.heard(service));
    browser.on('down', ({ name }) => this.#events.gone(name));
    this.#browser = browser;
  }

  /** Says goodbye for all that is announced, and closes. */
  async close(): Promise<void> {
    this.#browser?.stop();
    await Promise.all([...this.#services.keys()].map((id) => this.withdraw(id)));
    await within(GOODBYE_PATIENCE, (done) => this.#bonjour.destroy(done));
  }
}

/** Does something that calls back, but waits no longer than so many ms. */
async function within(ms: number, action: (done: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    action(() => resolve(clearTimeout(timer)));
  });
}

/** A socket that lets no message through which is not from the link, or would keep the library busy for long. */
function checkedSocket(link: LocalLink, intake: Intake): Socket {
  const socket = createSocket({ type: `udp${link.family}`, reuseAddr: true, ipv6Only: link.family === 6 });
  const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => boolean;
  return Object.assign(socket, {
    emit: (event: string, ...args: unknown[]) => {
      if (event !== 'message') return emit(event, ...args);
      const [message, from] = args as [Buffer, RemoteInfo];
      // A socket hears what comes over other links, too: that counts once, there.
      return comesFrom(from.address, link) && intake.takes(message, performance.now()) && emit(event, ...args);
    },
  });
}
