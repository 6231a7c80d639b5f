/**
 * Enters one room on several servers at once, under one nameplate and with one card. Two programs meet if they share one
 * of the servers. A server that is down, slow, full or hostile does not stop the others (docs/PROTOCOL.md, Several
 * servers).
 */
import { equalBytes } from '../../shared/bytes.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import type { Member } from '../../shared/signal-wire.ts';
import type { OpenRendezvous, Rendezvous, RendezvousEvents, RoomRequest } from './rendezvous.ts';
import { offeredBy, type SeenMember, ServerState } from './server-state.ts';

/**
 * Smallest nameplate that is drawn here. It has more digits than the nameplates that a server allots, unless the server
 * has as many rooms.
 */
const FIRST_DRAWN = 10_000;
/** A nameplate that a server may have allotted. On another server it may belong to other people. */
const ALLOTTED = /^\d{1,4}$/;
/** Time for all servers to name the members of an allotted nameplate's room, in ms. */
const GATHER_TIME = 2_000;
/** Events of one server that are held back meanwhile. Later ones are dropped: the handshake repeats what was lost. */
const MAX_HELD = 256;

const ROOM_TAKEN = { key: 'room-taken' } as const;

/** A server and how to enter its rooms. */
export interface ServerToEnter {
  /** The server as the user knows it. */
  readonly name: string;
  readonly open: OpenRendezvous;
  /** Called when we are in a room there and stay. */
  readonly entered: () => void;
}

/** Meets on all of `servers`. `random` returns a number from 0 to less than 1. */
export function severalServers(servers: readonly ServerToEnter[], random = Math.random): OpenRendezvous {
  return (request, events) => new SeveralServers(servers, random, request, events);
}

class SeveralServers implements Rendezvous {
  readonly #events: RendezvousEvents;
  readonly #card: Uint8Array;
  readonly #nameplate: string;
  readonly #isDrawn: boolean;
  readonly #servers: ServerState[];
  /** `joined` was reported. */
  #hasJoined = false;
  /** `lost` was reported, and nothing better since. */
  #isLost = false;
  #over = false;
  /** Events that wait until it is known who is in which room; null afterwards. */
  #held: (() => void)[] | null;
  readonly #gathering: ReturnType<typeof setTimeout> | undefined;

  constructor(servers: readonly ServerToEnter[], random: () => number, request: RoomRequest, events: RendezvousEvents) {
    this.#events = events;
    this.#card = request.card;
    this.#isDrawn = request.nameplate === null;
    this.#nameplate = request.nameplate ?? String(FIRST_DRAWN + Math.floor(random() * 9 * FIRST_DRAWN));
    this.#held = this.#isDrawn || ALLOTTED.test(this.#nameplate) ? [] : null;
    this.#gathering = this.#held === null ? undefined : setTimeout(() => this.#gathered(), GATHER_TIME);
    this.#servers = servers.map((server, index) =>
      this.#enter(server, index, { ...request, nameplate: this.#nameplate }),
    );
  }

  send(to: string, bytes: Uint8Array): void {
    this.#route(to, (rendezvous, id) => rendezvous.send(id, bytes));
  }

  free(member: string): void {
    this.#route(member, (rendezvous, id) => rendezvous.free(id));
  }

  async leave(): Promise<void> {
    this.#end();
    await Promise.all(this.#servers.map(async ({ rendezvous }) => rendezvous?.leave()));
  }

  /** Reports an event, unless the room was left: the reader of the event before may have done so. */
  #emit(event: (events: RendezvousEvents) => void): void {
    if (!this.#over) event(this.#events);
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#gathering);
  }

  #route(member: string, act: (rendezvous: Rendezvous, id: string) => void): void {
    const [index, id = ''] = member.split('.');
    const { rendezvous } = this.#servers[Number(index)] ?? { rendezvous: null };
    if (rendezvous !== null) act(rendezvous, id);
  }

  #enter({ name, open, entered }: ServerToEnter, index: number, request: RoomRequest): ServerState {
    const server = new ServerState(name, index);
    /** For events that a server can send without end. */
    const whenFew = (act: () => void) => {
      if (this.#held !== null) server.heldEvents += 1;
      if (this.#held === null || server.heldEvents <= MAX_HELD) this.#whenGathered(act);
    };
    server.rendezvous = open(request, {
      joined: (_nameplate, members, iceServers) => {
        server.iceServers = iceServers;
        const before = [...server.members.values()];
        server.members.clear();
        const others = members.map((member) => server.add(member, true));
        server.setStatus('joined', null);
        this.#whenGathered(() => this.#joined(server, before, others, entered));
      },
      widened: (members) => whenFew(() => this.#widen(members.map((member) => server.add(member, true)))),
      came: (member) =>
        whenFew(() => {
          // It is us: the same server under another name.
          if (equalBytes(member.card, this.#card)) return;
          const added = server.add(member, false);
          this.#emit((events) => events.came(added));
          this.#settle();
        }),
      left: (id) => whenFew(() => this.#left(server, id)),
      frame: (from, bytes) =>
        whenFew(() => {
          const seen = server.members.get(from);
          if (seen?.isReported) this.#emit((events) => events.frame(seen.member.id, bytes));
        }),
      lost: (cause, retryAt) => {
        server.retryAt = retryAt;
        server.setStatus('lost', cause);
        this.#whenGathered(() => this.#failed(server));
      },
      resumed: (iceServers) => {
        server.iceServers = iceServers;
        server.setStatus('joined', null);
        this.#whenGathered(() => this.#resumed(server));
      },
      noted: (cause) => whenFew(() => this.#emit((events) => events.noted(cause))),
      refused: (cause) => {
        server.setStatus('ended', cause);
        this.#whenGathered(() => this.#failed(server));
      },
    });
    return server;
  }

  /** Acts now, or when all servers have named the members of the room. */
  #whenGathered(act: () => void): void {
    if (this.#over) return;
    if (this.#held === null) return act();
    this.#held.push(act);
    if (this.#servers.every(({ status }) => status !== 'pending')) this.#gathered();
  }

  #gathered(): void {
    clearTimeout(this.#gathering);
    const held = this.#held ?? [];
    this.#held = null;
    if (this.#isDrawn)
      for (const server of this.#servers) if (server.members.size > 0) this.#withdraw(server, ROOM_TAKEN);
    const rooms = this.#servers.map(({ members }) => [...members.values()].map(({ member }) => member.card));
    const differ = (a: Uint8Array[], b: Uint8Array[]) =>
      a.length > 0 && b.length > 0 && !a.some((card) => b.some((other) => equalBytes(card, other)));
    if (rooms.some((room) => rooms.some((other) => differ(room, other)))) {
      const names = this.#servers.filter((_, index) => (rooms[index]?.length ?? 0) > 0).map(({ name }) => name);
      return this.#refuse(new AparteError('several-rooms', { key: 'servers', names }));
    }
    for (const act of held) if (!this.#over) act();
  }

  #refuse(cause: AparteError): void {
    this.#end();
    for (const { rendezvous } of this.#servers) void rendezvous?.leave();
    this.#events.refused(cause);
  }

  #joined(server: ServerState, before: readonly SeenMember[], others: readonly Member[], entered: () => void): void {
    for (const { member, isReported } of before) if (isReported) this.#emit((events) => events.left(member.id));
    if (server.status === 'ended') return;
    const isSelf = others.some(({ card }) => equalBytes(card, this.#card));
    // Nobody knows our drawn nameplate yet, so these are other people.
    const isStrange = this.#isDrawn && !this.#hasJoined && others.length > 0;
    if (isSelf || isStrange) return this.#withdraw(server, isSelf ? { key: 'same-server' } : ROOM_TAKEN);
    entered();
    if (this.#hasJoined) {
      if (this.#isLost) this.#emit((events) => events.resumed(offeredBy(this.#servers)));
      this.#isLost = false;
      this.#widen(others);
    } else {
      this.#hasJoined = true;
      this.#isLost = false;
      this.#emit((events) => events.joined(this.#nameplate, others, offeredBy(this.#servers)));
    }
    this.#settle();
  }

  /** Leaves one server for good. The user does not read of it. */
  #withdraw(server: ServerState, detail: ErrorDetail): void {
    void server.rendezvous?.leave();
    server.members.clear();
    server.isCauseReported = true;
    server.setStatus('ended', new AparteError('server-refused', detail));
    this.#failed(server);
  }

  #widen(members: readonly Member[]): void {
    this.#emit((events) => events.widened?.(members, offeredBy(this.#servers)));
  }

  #resumed(server: ServerState): void {
    this.#isLost = false;
    this.#emit((events) => events.resumed(offeredBy(this.#servers)));
    for (const seen of server.members.values()) {
      if (seen.isReported) continue;
      seen.isReported = true;
      if (seen.wasBefore) this.#widen([seen.member]);
      else this.#emit((events) => events.came(seen.member));
    }
    this.#settle();
  }

  #left(server: ServerState, id: string): void {
    const seen = server.members.get(id);
    server.members.delete(id);
    if (seen?.isReported) this.#emit((events) => events.left(seen.member.id));
  }

  #failed(server: ServerState): void {
    if (server.status === 'ended') for (const id of server.members.keys()) this.#left(server, id);
    if (this.#servers.some(({ status }) => status === 'joined')) return this.#settle();
    if (this.#servers.some(({ status }) => status === 'pending')) return;
    const lost = this.#servers.filter(({ status }) => status === 'lost');
    if (lost.length === 0) return this.#refuse(this.#cause('server-refused'));
    this.#isLost = true;
    const retryAt = Math.min(...lost.map((each) => each.retryAt));
    this.#emit((events) => events.lost(this.#cause('server-unreachable'), retryAt));
  }

  /** Returns why we are in no room. The code is the one that all servers share, else `otherwise`. */
  #cause(otherwise: AparteError['code']): AparteError {
    const causes = this.#servers.flatMap(({ cause }) => (cause === null ? [] : [cause]));
    const code = causes.every((cause) => cause.code === causes[0]?.code) ? (causes[0]?.code ?? otherwise) : otherwise;
    return new AparteError(code, { key: 'each-server', servers: this.#servers.map(({ fault }) => fault) });
  }

  /**
   * Reports members of a lost server as gone if they are also on a server we are joined to: the handshake goes on there.
   * Tells the user which servers fail.
   */
  #settle(): void {
    if (!this.#hasJoined) return;
    const here = this.#servers
      .filter(({ status }) => status === 'joined')
      .flatMap(({ members }) => [...members.values()]);
    for (const { members } of this.#servers.filter(({ status }) => status === 'lost')) {
      for (const seen of members.values()) {
        if (!seen.isReported || !here.some(({ member }) => equalBytes(member.card, seen.member.card))) continue;
        seen.isReported = false;
        this.#emit((events) => events.left(seen.member.id));
      }
    }
    for (const server of this.#servers) {
      const { cause, fault } = server;
      if (cause === null || server.isCauseReported) continue;
      server.isCauseReported = true;
      const of = this.#servers.length;
      this.#emit((events) => events.noted(new AparteError(cause.code, { key: 'one-server', of, server: fault })));
    }
  }
}
