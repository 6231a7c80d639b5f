/** Several servers of the fake network. Programs use them through the real code for several servers. */
import type { Fact, Order } from '../../peer/core/facts-and-orders.ts';
import type { Rendezvous, RendezvousEvents } from '../../peer/rendezvous/rendezvous.ts';
import { severalServers } from '../../peer/rendezvous/several-servers.ts';
import type { FakeProgram } from './fake-program.ts';
import { FakeServer, type RoomVisitor } from './fake-server.ts';

/** The orders of a program about its rooms. */
export type RoomOrder = Extract<Order, { type: 'openRoom' | 'sendHandshake' | 'leaveRoom' | 'freeMember' }>;

/** A program at one of the servers: its facts become events of a rendezvous. */
class Visit implements RoomVisitor {
  readonly name: string;
  readonly places = new Map<number, RendezvousEvents>();

  constructor(name: string) {
    this.name = name;
  }

  give(fact: Fact): void {
    const events = 'room' in fact ? this.places.get(fact.room) : undefined;
    if (fact.type === 'joined') events?.joined(fact.nameplate, fact.members, []);
    else if (fact.type === 'memberCame') events?.came(fact.member);
    else if (fact.type === 'memberLeft') events?.left(fact.member);
    else if (fact.type === 'gotHandshake') events?.frame(fact.from, fact.bytes);
    else if (fact.type === 'roomLost') events?.lost(fact.cause, fact.retryAt);
    else if (fact.type === 'roomResumed') events?.resumed([]);
    else if (fact.type === 'roomRefused') events?.refused(fact.cause);
  }
}

/** Several servers. Each acts in order; `chance` decides which of them acts next. */
export class FakeServers {
  readonly servers: readonly FakeServer[];
  readonly #turns: readonly (() => void)[][];
  readonly #chance: () => number;
  readonly #later: (turn: () => void) => void;
  readonly #visits = new Map<string, Visit>();
  readonly #rooms = new Map<string, Rendezvous>();
  /** The source of drawn nameplates. */
  drawn = 0;
  /** The servers that a program names. Without an entry it names all. */
  readonly named = new Map<FakeProgram, readonly number[]>();

  constructor(count: number, chance: () => number, later: (turn: () => void) => void) {
    this.#turns = Array.from({ length: count }, () => []);
    this.servers = this.#turns.map((_, index) => new FakeServer((turn) => this.#at(index, turn)));
    this.#chance = chance;
    this.#later = later;
  }

  #at(server: number, turn: () => void): void {
    this.#turns[server]?.push(turn);
    this.#later(() => {
      const busy = this.#turns.filter((turns) => turns.length > 0);
      busy[Math.floor(this.#chance() * busy.length)]?.shift()?.();
    });
  }

  #visit(program: FakeProgram, server: number): Visit {
    const key = `${program.name}@${server}`;
    const visit = this.#visits.get(key) ?? new Visit(program.name);
    this.#visits.set(key, visit);
    return visit;
  }

  perform(program: FakeProgram, order: RoomOrder): void {
    const key = `${program.name}/${order.room}`;
    const room = this.#rooms.get(key);
    if (order.type === 'openRoom') this.#rooms.set(key, this.#open(program, order));
    else if (order.type === 'sendHandshake') this.#later(() => room?.send(order.to, order.bytes));
    else if (order.type === 'freeMember') this.#later(() => room?.free(order.member));
    else void room?.leave();
  }

  #open(program: FakeProgram, order: Extract<RoomOrder, { type: 'openRoom' }>): Rendezvous {
    const { room } = order;
    const give = (fact: Fact) => program.give(fact);
    const sides = (this.named.get(program) ?? this.servers.map((_, index) => index)).map((index) => ({
      name: `server ${index}`,
      entered: () => {},
      open: (request: { nameplate: string | null; card: Uint8Array; capacity: number }, events: RendezvousEvents) =>
        this.#enter(program, index, { type: 'openRoom', room, ...request }, events),
    }));
    return severalServers(sides, () => this.drawn)(order, {
      joined: (nameplate, members) => give({ type: 'joined', room, nameplate, members }),
      widened: (members) => give({ type: 'roomWidened', room, members }),
      came: (member) => give({ type: 'memberCame', room, member }),
      left: (member) => give({ type: 'memberLeft', room, member }),
      frame: (from, bytes) => give({ type: 'gotHandshake', room, from, bytes }),
      lost: (cause, retryAt) => give({ type: 'roomLost', room, cause, retryAt }),
      resumed: () => give({ type: 'roomResumed', room }),
      noted: (cause) => give({ type: 'roomNoted', room, cause }),
      refused: (cause) => give({ type: 'roomRefused', room, cause }),
    });
  }

  #enter(
    program: FakeProgram,
    index: number,
    order: Extract<RoomOrder, { type: 'openRoom' }>,
    events: RendezvousEvents,
  ): Rendezvous {
    const server = this.servers[index] as FakeServer;
    const visit = this.#visit(program, index);
    const { room } = order;
    visit.places.set(room, events);
    // Chance also decides whose request comes first at each server.
    const turns = this.#turns[index] ?? [];
    this.#at(index, () => server.join(visit, order));
    turns.splice(Math.floor(this.#chance() * turns.length), 0, ...turns.splice(-1));
    return {
      send: (to, bytes) => this.#at(index, () => server.forward(visit, room, to, bytes)),
      free: (member) => this.#at(index, () => server.leave(visit, { type: 'freeMember', room, member })),
      leave: () => {
        if (visit.places.delete(room)) this.#at(index, () => server.leave(visit, { type: 'leaveRoom', room }));
        return Promise.resolve();
      },
    };
  }

  /** Nobody reaches this server any more. */
  die(index: number): void {
    for (const [key, visit] of this.#visits) if (key.endsWith(`@${index}`)) this.servers[index]?.lose(visit);
  }

  /** This server is back. `kept`: with all its rooms. */
  revive(index: number, kept: boolean): void {
    for (const [key, visit] of this.#visits) if (key.endsWith(`@${index}`)) this.servers[index]?.back(visit, kept);
  }
}
