/**
 * Meeting on the local network. Everybody has a server of his own and announces it; {@link Choice} says who goes to
 * whom, and over there one meets as with any server. Whoever is alone is at home.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { AparteError } from '../../../shared/errors.ts';
import type { Member } from '../../../shared/signal-wire.ts';
import type { OpenRendezvous, Rendezvous, RendezvousEvents, RoomRequest } from '../rendezvous.ts';
import { type SocketIoDeps, socketIoRendezvous } from '../socketio.ts';
import { AddressListAgent, urlOf } from './address-list-agent.ts';
import { type Announcement, roomMark } from './announcement.ts';
import { loopbackAddress } from './interfaces.ts';
import { AnnouncedServer, type Listener, type StartLanServer } from './lan-server.ts';
import { ServerChoice } from './which-server.ts';

/** How long (ms) is listened before a nameplate is made, so that it is none that is in use. */
const LISTEN_FIRST = 400;
/** How many are drawn of each length before a longer one is taken: 1 to 3 digits. */
const DRAWS = 8;
/** How long (ms) nobody may be found until the user is told why that may be. */
const FOUND_WITHIN = 10_000;

/** Where we are, or try to be: at home, or with somebody. */
interface Stay {
  /** Whose server it is; null for ours. */
  readonly host: Announcement | null;
  rendezvous: Rendezvous;
  members: Set<string>;
  /** Whether the connection is lost just now. */
  isLost: boolean;
}

/** Meets on the local network. `start` starts our own server, which is shared by all places that are open at a time. */
export function lanRendezvous(start: StartLanServer, clock: Pick<SocketIoDeps, 'now'>): OpenRendezvous {
  const server = new AnnouncedServer(start);
  return (request, events) => new LanRendezvous(server, clock, request, events);
}

class LanRendezvous implements Rendezvous, Listener {
  readonly #server: AnnouncedServer;
  readonly #clock: Pick<SocketIoDeps, 'now'>;
  readonly #request: RoomRequest;
  readonly #events: RendezvousEvents;
  readonly #id = randomBytes(16).toString('hex');
  readonly #choice = new ServerChoice(this.#id);
  #port = 0;
  /** Null until it is made. */
  #nameplate: string | null;
  /** Announcements that came while there was no nameplate. */
  #early: Announcement[] = [];
  /** Where the core thinks we are. */
  #here: Stay | null = null;
  /** Where we are about to be. */
  #next: Stay | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #foundTimer: ReturnType<typeof setTimeout> | undefined;
  /** Why somebody who was found could not be met, and whether the user was told. */
  #hindrance: AparteError | null = null;
  #notedHost = false;
  #leaving: Promise<void> | null = null;
  #over = false;

  constructor(
    server: AnnouncedServer,
    clock: Pick<SocketIoDeps, 'now'>,
    request: RoomRequest,
    events: RendezvousEvents,
  ) {
    this.#server = server;
    this.#clock = clock;
    this.#request = request;
    this.#events = events;
    this.#nameplate = request.nameplate;
    void this.#start();
  }

  send(to: string, bytes: Uint8Array): void {
    this.#here?.rendezvous.send(to, bytes);
  }

  free(member: string): void {
    const here = this.#here;
    if (here === null) return;
    // With a host who is silent there is nothing to wait for.
    if (here.host === null) here.rendezvous.free(member);
    else this.#goHome(here);
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#foundTimer);
    const withdrawn = this.#server.withdraw(this.#id);
    await Promise.all([this.#here?.rendezvous.leave(), this.#next?.rendezvous.leave(), withdrawn]);
    await this.#server.leave(this);
  }

  async #start(): Promise<void> {
    try {
      this.#port = await this.#server.enter(this);
      this.#nameplate ??= await this.#freeNameplate();
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      this.#refuse(error);
    }
    if (this.#over) return;
    if (!this.#server.isOnNetwork) this.#events.noted(new AparteError('no-network'));
    else this.#foundTimer = setTimeout(() => this.#nobodyFound(), FOUND_WITHIN);
    this.#enterHome();
    for (const announcement of this.#early.splice(0)) this.heard(announcement);
  }

  async #freeNameplate(): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, LISTEN_FIRST));
    const isTaken = (nameplate: string) => this.#early.some(({ id, room }) => room === roomMark(id, nameplate));
    const draws = [10, 100, 1_000].flatMap((end) => Array.from({ length: DRAWS }, () => randomInt(end / 10, end)));
    return draws.map(String).find((nameplate) => !isTaken(nameplate)) ?? String(randomInt(100, 1_000));
  }

  /** Somebody announces a room, perhaps ours. */
  heard(announcement: Announcement): void {
    if (this.#over) return;
    if (this.#nameplate === null) {
      if (this.#early.length < 64) this.#early.push(announcement);
    } else if (announcement.room === roomMark(announcement.id, this.#nameplate)) {
      this.#choice.heard(announcement, this.#clock.now());
      this.#consider();
    }
  }

  gone(id: string): void {
    this.#choice.gone(id);
  }

  #nobodyFound(): void {
    if (this.#here?.members.size !== 0 || this.#notedHost) return;
    this.#notedHost = this.#hindrance !== null;
    const silence = new AparteError('nobody-found', { key: 'lan-silence', cause: this.#server.silence });
    this.#events.noted(this.#hindrance ?? silence);
  }

  /** Goes to whom it is best to go to, if we are alone. */
  #consider(): void {
    clearTimeout(this.#timer);
    const { size = 1 } = this.#here?.members ?? {};
    if (this.#over || this.#next !== null || size > 0) return;
    const now = this.#clock.now();
    const { visit, askAgainAt } = this.#choice.advice(now);
    if (visit !== null) this.#visit(visit);
    else if (askAgainAt !== null) this.#timer = setTimeout(() => this.#consider(), askAgainAt - now);
  }

  #enterHome(): void {
    // We may have been left by what was told just before.
    if (this.#over) return;
    this.#next = this.#enter(null, socketIoRendezvous(urlOf(loopbackAddress(), this.#port), this.#clock));
  }

  #visit(host: Announcement): void {
    const [address = ''] = host.addresses;
    const way = socketIoRendezvous(urlOf(address, host.port), {
      ...this.#clock,
      agent: new AddressListAgent(host.addresses),
    });
    this.#next = this.#enter(host, way);
  }

  #enter(host: Announcement | null, open: OpenRendezvous): Stay {
    // What is told by one we have left is of no interest.
    const ifCurrent = (action: () => void) => {
      if (!this.#over && (stay === this.#here || stay === this.#next)) action();
    };
    const events: RendezvousEvents = {
      joined: (_nameplate, members) => ifCurrent(() => this.#joined(stay, members)),
      came: (member) => ifCurrent(() => this.#came(stay, member)),
      left: (member) => ifCurrent(() => this.#left(stay, member)),
      frame: (from, bytes) => ifCurrent(() => this.#events.frame(from, bytes)),
      lost: (cause, retryAt) => ifCurrent(() => this.#lost(stay, cause, retryAt)),
      // What the server of somebody here offers is not asked for: nothing leaves the network.
      resumed: () => ifCurrent(() => this.#resumed(stay)),
      noted: (cause) => ifCurrent(() => this.#events.noted(cause)),
      refused: (cause) => ifCurrent(() => this.#refused(stay, cause)),
    };
    const request = { ...this.#request, nameplate: this.#nameplate };
    const stay: Stay = { host, rendezvous: open(request, events), members: new Set(), isLost: false };
    return stay;
  }

  #joined(stay: Stay, members: readonly Member[]): void {
    const { host } = stay;
    if (host !== null && members.length === 0) {
      // He is not at home, or has gone.
      if (stay === this.#here) this.#goHome(stay);
      else this.#giveUp(stay, host);
      return;
    }
    if (stay === this.#next) {
      this.#next = null;
      void this.#here?.rendezvous.leave();
      this.#here = stay;
    }
    stay.isLost = false;
    stay.members = new Set(members.map(({ id }) => id));
    this.#events.joined(this.#nameplate ?? '', members, []);
    if (host !== null || this.#over) return;
    const nameplate = this.#nameplate ?? '';
    this.#server.announce({ id: this.#id, room: roomMark(this.#id, nameplate), port: this.#port });
    this.#consider();
  }

  #came(stay: Stay, member: Member): void {
    stay.members.add(member.id);
    // Somebody has come to us: there is no need to go out.
    const next = this.#next;
    if (next !== null) {
      this.#next = null;
      void next.rendezvous.leave();
    }
    this.#events.came(member);
  }

  #left(stay: Stay, member: string): void {
    stay.members.delete(member);
    this.#events.left(member);
    if (stay.members.size > 0) return;
    if (stay.host === null) this.#consider();
    else this.#goHome(stay);
  }

  #lost(stay: Stay, cause: AparteError, retryAt: number): void {
    const { host } = stay;
    if (host !== null && stay === this.#next) {
      this.#giveUp(
        stay,
        host,
        new AparteError('nobody-found', { key: 'lan-host-silent', address: host.addresses[0] ?? '' }),
      );
    } else if (host !== null && stay.isLost) {
      this.#goHome(stay);
    } else {
      stay.isLost = true;
      this.#events.lost(cause, retryAt);
    }
  }

  #resumed(stay: Stay): void {
    stay.isLost = false;
    this.#events.resumed([]);
  }

  #refused(stay: Stay, cause: AparteError): void {
    const { host } = stay;
    if (host === null) this.#refuse(cause);
    else if (stay === this.#next) this.#giveUp(stay, host, cause);
    else this.#goHome(stay, cause);
  }

  #refuse(cause: AparteError): void {
    if (this.#over) return;
    void this.leave();
    this.#events.refused(cause);
  }

  /** A visit came to nothing, for `cause`. We have been at home all the while. */
  #giveUp(stay: Stay, host: Announcement, cause?: AparteError): void {
    this.#next = null;
    void stay.rendezvous.leave();
    this.#failed(host, cause);
    this.#consider();
  }

  /** A visit is over, for `cause` where the host is to blame. */
  #goHome(stay: Stay, cause?: AparteError): void {
    this.#here = null;
    void stay.rendezvous.leave();
    if (stay.host !== null) this.#failed(stay.host, cause);
    this.#enterHome();
  }

  /** Puts off the next visit. What was the cause is told once, the second time, or when nobody else was found. */
  #failed(host: Announcement, cause?: AparteError): void {
    this.#hindrance = cause ?? this.#hindrance;
    const failures = this.#choice.failed(host.id, this.#clock.now());
    if (cause === undefined || failures <= 1 || this.#notedHost) return;
    this.#notedHost = true;
    this.#events.noted(cause);
  }
}
