/**
 * Our rendezvous server on the local network, announced by multicast DNS on every interface. All rooms of a program
 * share it. It runs only while there is a room.
 */
import type { LanSilence } from '../../../shared/error-details.ts';
import { type Announcement, readAnnouncement } from './announcement.ts';
import { type LocalInterface, limitedInterfaces } from './interfaces.ts';
import { MulticastBudget } from './multicast-budget.ts';
import { type AnnouncedRoom, MulticastDns } from './multicast-dns.ts';

/** A rendezvous server that listens on all interfaces. */
export interface LanServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a server. Throws `cannot-listen`. */
export type StartLanServer = () => Promise<LanServer>;

/** Takes what is heard. */
export interface Listener {
  heard(announcement: Announcement): void;
  gone(id: string): void;
}

/**
 * Interfaces that are used. Each takes up to two sockets, and every packet reaches the sockets of all. With 64 of them a
 * program that waits takes 3 % of a core, and 7 % with IPv6 as well (measured on Linux).
 */
const MAX_INTERFACES = 64;
/** Pause between two looks at the interfaces, in ms: a network that comes back is searched at once. */
const LOOK_PAUSE = 1_000;
/** Pause between two searches, in ms. It doubles with each search, up to the longest. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 5_000;

/** The server and its announcements. */
export class AnnouncedServer {
  readonly #start: StartLanServer;
  readonly #listeners = new Set<Listener>();
  #server: Promise<LanServer> | null = null;
  /** By interface, version of IP and addresses. */
  readonly #multicast = new Map<string, MulticastDns>();
  readonly #rooms = new Map<string, AnnouncedRoom>();
  readonly #budget = new MulticastBudget();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = FIRST_PAUSE;
  /** When the next search is due, in ms. */
  #searchAt = 0;
  #heard: Extract<LanSilence, 'no-multicast' | 'other-programs' | 'other-rooms'> = 'no-multicast';
  #isPortHeld = false;
  #leftOut = 0;

  constructor(start: StartLanServer) {
    this.#start = start;
  }

  /** Starts the server if it does not run, and listens. Returns the port of the server. Throws `cannot-listen`. */
  async enter(listener: Listener): Promise<number> {
    this.#listeners.add(listener);
    this.#server ??= this.#start();
    this.#searchSoon();
    try {
      return (await this.#server).port;
    } catch (error) {
      await this.leave(listener);
      throw error;
    }
  }

  /** Stops listening. The last listener that leaves closes the server. Resolves within a few seconds. */
  async leave(listener: Listener): Promise<void> {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    clearTimeout(this.#timer);
    const server = this.#server;
    const multicast = [...this.#multicast.values()];
    this.#server = null;
    this.#multicast.clear();
    this.#rooms.clear();
    this.#heard = 'no-multicast';
    // A server that could not be started needs no closing.
    const closed = server?.then((one) => one.close()).catch(() => undefined);
    await Promise.all([closed, ...multicast.map((one) => one.close())]);
  }

  /** Announces a room on every interface there is or will be. */
  announce(room: AnnouncedRoom): void {
    this.#rooms.set(room.id, room);
    for (const one of this.#multicast.values()) one.announce(room);
  }

  /** Ends an announcement. */
  async withdraw(id: string): Promise<void> {
    if (this.#rooms.delete(id)) await Promise.all([...this.#multicast.values()].map((one) => one.withdraw(id)));
  }

  /** Why nobody was found so far. */
  get silence(): LanSilence {
    if (this.#heard !== 'no-multicast') return this.#heard;
    if (this.#isPortHeld) return 'port-held';
    return this.#leftOut > 0 ? 'interfaces-left-out' : this.#heard;
  }

  /** Searches at once, and from then on often again. Calls of one turn of the event loop share a search. */
  #searchSoon(): void {
    clearTimeout(this.#timer);
    this.#searchAt = 0;
    this.#pause = FIRST_PAUSE;
    this.#timer = setTimeout(() => void this.#look(), 0);
  }

  async #look(): Promise<void> {
    const timer = this.#timer;
    const { used, leftOut } = await limitedInterfaces(MAX_INTERFACES);
    // Left, or searching anew, meanwhile.
    if (timer !== this.#timer || this.#listeners.size === 0) return;
    this.#leftOut = leftOut;
    const hasChanged = this.#follow(used);
    if (hasChanged) this.#pause = FIRST_PAUSE;
    if (hasChanged || performance.now() >= this.#searchAt) this.#search();
    this.#timer = setTimeout(() => void this.#look(), LOOK_PAUSE);
  }

  #search(): void {
    this.#isPortHeld = false;
    for (const one of this.#multicast.values()) one.search();
    this.#searchAt = performance.now() + this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE, 2 * this.#pause);
  }

  /** Opens interfaces that have come and closes those that went, such as after a change of address. */
  #follow(used: readonly LocalInterface[]): boolean {
    const now = new Map(used.map((local) => [[local.name, local.family, ...local.addresses].join(' '), local]));
    let changed = false;
    for (const [key, multicast] of this.#multicast) {
      if (now.has(key)) continue;
      changed = true;
      this.#multicast.delete(key);
      void multicast.close();
    }
    for (const [key, local] of now) {
      if (this.#multicast.has(key)) continue;
      changed = true;
      this.#multicast.set(key, this.#open(local));
    }
    return changed;
  }

  #open(local: LocalInterface): MulticastDns {
    const multicast = new MulticastDns(local, this.#budget, {
      heard: (service) => {
        const announcement = readAnnouncement(service, local);
        if (announcement === null || this.#rooms.has(announcement.id)) return;
        this.#heard = 'other-rooms';
        for (const listener of this.#listeners) listener.heard(announcement);
      },
      gone: (name) => {
        for (const listener of this.#listeners) listener.gone(String(name));
      },
      stranger: () => {
        if (this.#heard === 'no-multicast') this.#heard = 'other-programs';
      },
      portHeld: () => {
        this.#isPortHeld = true;
      },
    });
    for (const room of this.#rooms.values()) multicast.announce(room);
    return multicast;
  }
}
