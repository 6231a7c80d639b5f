/**
 * This program on the local network: its rendezvous server and multicast DNS on every link, shared by all its meeting
 * places, and there only while it has one.
 */
import { type Announcement, readAnnouncement } from './announcement.ts';
import { type LocalLink, localLinks } from './interfaces.ts';
import { Multicast, type Offer } from './multicast.ts';
import { Intake } from './multicast-budget.ts';

/** A rendezvous server of our own, that listens on all our links. */
export interface LanServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts one. Throws `cannot-listen`. */
export type StartLanServer = () => Promise<LanServer>;

/** Is told what is heard. */
export interface Listener {
  heard(announcement: Announcement): void;
  gone(id: string): void;
}

/**
 * What was heard from other machines: nothing, multicast DNS of whatever programs, or programs like this one. Each
 * includes those before it.
 */
export type Heard = 'nothing' | 'multicast' | 'others';

/** Pauses (ms) between two searches: at first, then doubled each time up to the longest. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 5_000;

/** See the head of this file. */
export class Presence {
  readonly #start: StartLanServer;
  readonly #listeners = new Set<Listener>();
  #server: Promise<LanServer> | null = null;
  /** By interface, version of IP and addresses. */
  readonly #links = new Map<string, Multicast>();
  readonly #offers = new Map<string, Offer>();
  readonly #intake = new Intake();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = FIRST_PAUSE;
  #heard: Heard = 'nothing';

  constructor(start: StartLanServer) {
    this.#start = start;
  }

  /** Joins the network, if it is the first, and begins to listen. Returns the port of the server. Throws `cannot-listen`. */
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

  /** Listens no longer, and leaves the network, if it was the last. Resolves within a few seconds. */
  async leave(listener: Listener): Promise<void> {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    clearTimeout(this.#timer);
    const server = this.#server;
    const links = [...this.#links.values()];
    this.#server = null;
    this.#links.clear();
    this.#offers.clear();
    this.#heard = 'nothing';
    // What could not be started need not be closed.
    const closed = server?.then((one) => one.close()).catch(() => undefined);
    await Promise.all([closed, ...links.map((link) => link.close())]);
  }

  /** Announces a room on every link there is or will be. */
  announce(offer: Offer): void {
    this.#offers.set(offer.id, offer);
    for (const link of this.#links.values()) link.announce(offer);
  }

  /** Announces it no longer. */
  async withdraw(id: string): Promise<void> {
    if (this.#offers.delete(id)) await Promise.all([...this.#links.values()].map((link) => link.withdraw(id)));
  }

  /** What was heard from other machines so far. */
  get heard(): Heard {
    return this.#heard;
  }

  /** Whether there is any network besides the machine itself. */
  get isOnNetwork(): boolean {
    return localLinks().some(({ isLoopback }) => !isLoopback);
  }

  /** All who search again now, in one go. */
  #searchSoon(): void {
    clearTimeout(this.#timer);
    this.#pause = FIRST_PAUSE;
    this.#timer = setTimeout(() => this.#search(), 0);
  }

  #search(): void {
    if (this.#followLinks()) this.#pause = FIRST_PAUSE;
    for (const link of this.#links.values()) link.search();
    this.#timer = setTimeout(() => this.#search(), this.#pause);
    this.#pause = Math.min(LONGEST_PAUSE, 2 * this.#pause);
  }

  /** Takes up the links that have come and lets go of those that went, as behind a change of address. */
  #followLinks(): boolean {
    const now = new Map(localLinks().map((link) => [[link.zone, link.family, ...link.addresses].join(' '), link]));
    let changed = false;
    for (const [key, multicast] of this.#links) {
      if (now.has(key)) continue;
      changed = true;
      this.#links.delete(key);
      void multicast.close();
    }
    for (const [key, link] of now) {
      if (this.#links.has(key)) continue;
      changed = true;
      this.#links.set(key, this.#open(link));
    }
    return changed;
  }

  #open(link: LocalLink): Multicast {
    const multicast = new Multicast(link, this.#intake, {
      heard: (service) => {
        const announcement = readAnnouncement(service, link);
        if (announcement === null || this.#offers.has(announcement.id)) return;
        this.#heard = 'others';
        for (const listener of this.#listeners) listener.heard(announcement);
      },
      gone: (name) => {
        for (const listener of this.#listeners) listener.gone(String(name));
      },
      stranger: () => {
        if (this.#heard === 'nothing') this.#heard = 'multicast';
      },
    });
    for (const offer of this.#offers.values()) multicast.announce(offer);
    return multicast;
  }
}
