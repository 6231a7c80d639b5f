/**
 * Meets on the local network. Each program runs a rendezvous server and announces it. {@link ServerChoice} decides who
 * visits whom, and on that server the two meet as on any other. A program that is alone is in a room of its own server.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { AparteError } from '../../../shared/errors.ts';
import type { Member } from '../../../shared/signal-wire.ts';
import type { OpenRendezvous, Rendezvous, RendezvousEvents, RoomRequest } from '../rendezvous.ts';
import { socketIoRendezvous } from '../socketio.ts';
import { AddressListAgent, urlOf } from './address-list-agent.ts';
import { type Announcement, roomMark } from './announcement.ts';
import { localInterfaces } from './interfaces.ts';
import { AnnouncedServer, type Listener, type StartLanServer } from './lan-server.ts';
import { ServerChoice } from './which-server.ts';

/** Time to listen before a nameplate is drawn, in ms: it must not be one that is in use. */
const LISTEN_FIRST = 400;
/** Nameplates drawn of each length, 1 to 3 digits, before a longer one is drawn. */
const DRAWS = 8;
/** Time to find somebody before the user reads why nobody may be found, in ms. */
const FOUND_WITHIN = 10_000;

/** A room on our own server or on the server of another program. */
interface HostedRoom {
  /** The program whose server it is; null: ours. */
  readonly host: Announcement | null;
  rendezvous: Rendezvous;
  members: Set<string>;
  /** Whether the connection is lost at present. */
  isLost: boolean;
}

/**
 * Meets on the local network. `start` starts our own server, which all rooms of the program share. `now` returns ms on a
 * clock that never jumps.
 */
export function lanRendezvous(start: StartLanServer, now: () => number): OpenRendezvous {
  const server = new AnnouncedServer(start);
  return (request, events) => new LanRendezvous(server, now, request, events);
}

class LanRendezvous implements Rendezvous, Listener {
  readonly #server: AnnouncedServer;
  readonly #now: () => number;
  readonly #request: RoomRequest;
  readonly #events: RendezvousEvents;
  readonly #id = randomBytes(16).toString('hex');
  readonly #choice = new ServerChoice(this.#id);
  #port = 0;
  /** Null until it is drawn. */
  #nameplate: string | null;
  /** Announcements that came before there was a nameplate. */
  #early: Announcement[] = [];
  /** The room that was reported as joined. */
  #current: HostedRoom | null = null;
  /** The room that is being entered. */
  #next: HostedRoom | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #foundTimer: ReturnType<typeof setTimeout> | undefined;
  /** Why a host that was found could not be reached. */
  #hostFault: AparteError | null = null;
  #isHostFaultNoted = false;
  #leaving: Promise<void> | null = null;
  #over = false;

  constructor(server: AnnouncedServer, now: () => number, request: RoomRequest, events: RendezvousEvents) {
    this.#server = server;
    this.#now = now;
    this.#request = request;
    this.#events = events;
    this.#nameplate = request.nameplate;
    void this.#start();
  }

  send(to: string, bytes: Uint8Array): void {
    this.#current?.rendezvous.send(to, bytes);
  }

  free(member: string): void {
    const room = this.#current;
    // A visitor of a silent host gains nothing by waiting.
    if (room?.host === null) room.rendezvous.free(member);
    else if (room !== null) this.#returnToOwnRoom(room);
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
    await Promise.all([this.#current?.rendezvous.leave(), this.#next?.rendezvous.leave(), withdrawn]);
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
    const interfaces = localInterfaces();
    if (interfaces.length === 0) this.#events.noted(new AparteError('no-network', { key: 'no-ipv4-loopback' }));
    else if (interfaces.every(({ isLoopback }) => isLoopback)) this.#events.noted(new AparteError('no-network'));
    else this.#foundTimer = setTimeout(() => this.#nobodyFound(), FOUND_WITHIN);
    this.#enterOwnRoom();
    for (const announcement of this.#early.splice(0)) this.heard(announcement);
  }

  async #freeNameplate(): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, LISTEN_FIRST));
    const isTaken = (nameplate: string) => this.#early.some(({ id, room }) => room === roomMark(id, nameplate));
    const draws = [10, 100, 1_000].flatMap((end) => Array.from({ length: DRAWS }, () => randomInt(end / 10, end)));
    return draws.map(String).find((nameplate) => !isTaken(nameplate)) ?? String(randomInt(100, 1_000));
  }

  /** Takes an announcement, perhaps of our room. */
  heard(announcement: Announcement): void {
    if (this.#over) return;
    if (this.#nameplate === null) {
      if (this.#early.length < 64) this.#early.push(announcement);
    } else if (announcement.room === roomMark(announcement.id, this.#nameplate)) {
      this.#choice.heard(announcement, this.#now());
      this.#consider();
    }
  }

  gone(id: string): void {
    this.#choice.gone(id);
  }

  #nobodyFound(): void {
    if (this.#current?.members.size !== 0 || this.#isHostFaultNoted) return;
    this.#isHostFaultNoted = this.#hostFault !== null;
    const silence = new AparteError('nobody-found', { key: 'lan-silence', cause: this.#server.silence });
    this.#events.noted(this.#hostFault ?? silence);
  }

  /** Visits the best host, if we are alone. */
  #consider(): void {
    clearTimeout(this.#timer);
    const { size = 1 } = this.#current?.members ?? {};
    if (this.#over || this.#next !== null || size > 0) return;
    const now = this.#now();
    const { visit, askAgainAt } = this.#choice.advice(now);
    if (visit !== null) this.#visit(visit);
    else if (askAgainAt !== null) this.#timer = setTimeout(() => this.#consider(), askAgainAt - now);
  }

  #enterOwnRoom(): void {
    // The reader of the event before may have left.
    if (this.#over) return;
    this.#next = this.#enter(null, this.#serverAt(['127.0.0.1', '::1'], this.#port));
  }

  #visit(host: Announcement): void {
    this.#next = this.#enter(host, this.#serverAt(host.addresses, host.port));
  }

  #serverAt(addresses: readonly string[], port: number): OpenRendezvous {
    const agent = new AddressListAgent(addresses);
    return socketIoRendezvous(urlOf(addresses[0] ?? '', port), { now: this.#now, agent });
  }

  #enter(host: Announcement | null, open: OpenRendezvous): HostedRoom {
    // Ignores events of a room that was left.
    const ifCurrent = (action: () => void) => {
      if (!this.#over && (room === this.#current || room === this.#next)) action();
    };
    const events: RendezvousEvents = {
      joined: (_nameplate, members) => ifCurrent(() => this.#joined(room, members)),
      came: (member) => ifCurrent(() => this.#came(room, member)),
      left: (member) => ifCurrent(() => this.#left(room, member)),
      frame: (from, bytes) => ifCurrent(() => this.#events.frame(from, bytes)),
      lost: (cause, retryAt) => ifCurrent(() => this.#lost(room, cause, retryAt)),
      // ICE servers that a host offers are not used: nothing leaves the network.
      resumed: () => ifCurrent(() => this.#resumed(room)),
      noted: (cause) => ifCurrent(() => this.#events.noted(cause)),
      refused: (cause) => ifCurrent(() => this.#refused(room, cause)),
    };
    const request = { ...this.#request, nameplate: this.#nameplate };
    const room: HostedRoom = { host, rendezvous: open(request, events), members: new Set(), isLost: false };
    return room;
  }

  #joined(room: HostedRoom, members: readonly Member[]): void {
    const { host } = room;
    if (host !== null && members.length === 0) {
      // The host itself has left the room.
      if (room === this.#current) this.#returnToOwnRoom(room);
      else this.#giveUp(room, host);
      return;
    }
    if (room === this.#next) {
      this.#next = null;
      void this.#current?.rendezvous.leave();
      this.#current = room;
    }
    room.isLost = false;
    room.members = new Set(members.map(({ id }) => id));
    this.#events.joined(this.#nameplate ?? '', members, []);
    if (host !== null || this.#over) return;
    const nameplate = this.#nameplate ?? '';
    this.#server.announce({ id: this.#id, room: roomMark(this.#id, nameplate), port: this.#port });
    this.#consider();
  }

  #came(room: HostedRoom, member: Member): void {
    room.members.add(member.id);
    // Somebody has come to us, so the visit is not needed.
    const next = this.#next;
    if (next !== null) {
      this.#next = null;
      void next.rendezvous.leave();
    }
    this.#events.came(member);
  }

  #left(room: HostedRoom, member: string): void {
    room.members.delete(member);
    this.#events.left(member);
    if (room.members.size > 0) return;
    if (room.host === null) this.#consider();
    else this.#returnToOwnRoom(room);
  }

  #lost(room: HostedRoom, cause: AparteError, retryAt: number): void {
    const { host } = room;
    if (host !== null && room === this.#next) {
      const detail = { key: 'lan-host-silent', address: host.addresses[0] ?? '' } as const;
      this.#giveUp(room, host, new AparteError('nobody-found', detail));
    } else if (host !== null && room.isLost) {
      this.#returnToOwnRoom(room);
    } else {
      room.isLost = true;
      this.#events.lost(cause, retryAt);
    }
  }

  #resumed(room: HostedRoom): void {
    room.isLost = false;
    this.#events.resumed([]);
  }

  #refused(room: HostedRoom, cause: AparteError): void {
    const { host } = room;
    if (host === null) this.#refuse(cause);
    else if (room === this.#next) this.#giveUp(room, host, cause);
    else this.#returnToOwnRoom(room, cause);
  }

  #refuse(cause: AparteError): void {
    if (this.#over) return;
    void this.leave();
    this.#events.refused(cause);
  }

  /** Ends a visit that failed before it was entered, for `cause`. We are still in our own room. */
  #giveUp(room: HostedRoom, host: Announcement, cause?: AparteError): void {
    this.#next = null;
    void room.rendezvous.leave();
    this.#failed(host, cause);
    this.#consider();
  }

  /** Ends a visit and enters our own room again. `cause` is given if the host is to blame. */
  #returnToOwnRoom(room: HostedRoom, cause?: AparteError): void {
    this.#current = null;
    void room.rendezvous.leave();
    if (room.host !== null) this.#failed(room.host, cause);
    this.#enterOwnRoom();
  }

  /** Puts off the next visit. The user reads the cause once: at the second failure, or if nobody else is found. */
  #failed(host: Announcement, cause?: AparteError): void {
    this.#hostFault = cause ?? this.#hostFault;
    const failures = this.#choice.failed(host.id, this.#now());
    if (cause === undefined || failures <= 1 || this.#isHostFaultNoted) return;
    this.#isHostFaultNoted = true;
    this.#events.noted(cause);
  }
}
