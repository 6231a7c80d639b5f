/**
 * A world without network: rooms of people, a meeting place and links, all in one queue that runs in a chosen order.
 * What passes through it can be watched, held back, changed or cut.
 */

import type { Order } from '../../peer/core/events.ts';
import type { RoomOptions } from '../../peer/core/room.ts';
import type { Random } from '../../peer/crypto/index.ts';
import { decodeCard } from '../../shared/card.ts';
import { AparteError } from '../../shared/errors.ts';
import type { Member } from '../../shared/signal-wire.ts';
import { Person } from './person.ts';
import { seededBytes } from './random.ts';

interface FakeLink {
  readonly person: Person;
  readonly number: number;
  readonly initiator: boolean;
  other: FakeLink | null;
  open: boolean;
  closed: boolean;
}

interface Seat {
  readonly member: Member;
  readonly person: Person;
  readonly place: number;
}

/** What is done to a handshake frame on its way: deliver these instead. */
export type Tamper = (frame: { from: Person; to: Person; bytes: Uint8Array }) => Uint8Array[];

/** See the head of this file. */
export class World {
  readonly clock = { now: 1_000, date: 1_700_000_000_000 };
  readonly #people: Person[] = [];
  readonly #queue: (() => void)[] = [];
  readonly #seats = new Map<string, Seat[]>();
  readonly #links = new Map<string, FakeLink>();
  readonly random: Random;
  #memberCount = 0;
  #nameplates = 0;
  tamper: Tamper = ({ bytes }) => [bytes];
  /** What is done to a frame on a link. */
  tamperFrame: (bytes: Uint8Array, from: Person) => Uint8Array[] = (bytes) => [bytes];
  /** Whether links come about at all. */
  linksWork = true;
  /** How new links run. */
  path: 'direct' | 'relay' = 'direct';
  /** Whether shown messages are acknowledged. */
  shows = true;

  constructor(seed = 1) {
    this.random = seededBytes(seed);
  }

  person(name: string, options: Partial<RoomOptions> = {}): Person {
    const person = new Person(this, name, options);
    this.#people.push(person);
    return person;
  }

  /** Runs until nothing is left to do without time passing. */
  settle(): void {
    for (let turn = this.#queue.shift(); turn !== undefined; turn = this.#queue.shift()) turn();
  }

  /** Lets so much time (ms) pass, waking everybody when they want to be woken. */
  pass(ms: number): void {
    const end = this.clock.now + ms;
    this.settle();
    for (;;) {
      const due = this.#people
        .filter((person) => !person.ended)
        .map((person) => ({ person, at: person.room.wakeAt }))
        .filter((one): one is { person: Person; at: number } => one.at !== null && one.at <= end)
        .sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#advance(Math.max(0, due.at - this.clock.now));
      due.person.give({ type: 'tick' });
      this.settle();
    }
    this.#advance(end - this.clock.now);
  }

  #advance(ms: number): void {
    this.clock.now += ms;
    this.clock.date += ms;
  }

  /** Cuts every link: both sides learn that it closed, unless `silently`. */
  cutLinks(silently = false): void {
    for (const link of this.#links.values()) {
      if (!link.open || link.closed) continue;
      link.open = false;
      if (!silently) this.#later(() => this.#linkClosed(link));
    }
  }

  perform(person: Person, orders: readonly Order[]): void {
    for (const order of orders) this.#performOne(person, order);
  }

  #later(turn: () => void): void {
    this.#queue.push(turn);
  }

  #performOne(person: Person, order: Order): void {
    switch (order.type) {
      case 'openPlace':
        return this.#later(() => this.#join(person, order));
      case 'sendHandshake':
        return this.#later(() => this.#forward(person, order.place, order.to, order.bytes));
      case 'leavePlace':
      case 'freeMember':
        return this.#later(() => this.#leave(person, order));
      case 'openLink':
        this.#links.set(`${person.name}/${order.link}`, {
          person,
          number: order.link,
          initiator: order.initiator,
          other: null,
          open: false,
          closed: false,
        });
        if (order.initiator) this.#describe(person, order.link, `offer ${person.name}/${order.link}`);
        return;
      case 'describeLink':
        return this.#later(() => this.#connect(person, order.link, order.kind, order.sdp));
      case 'addCandidate':
        return;
      case 'sendFrame':
        return this.#sendFrame(person, order.link, order.bytes);
      case 'closeLink':
        return this.#closeLink(person, order.link);
      case 'tell':
        person.events.push(order.event);
        if (order.seq !== undefined && order.event.type === 'message' && this.shows) {
          const { seq, event } = order;
          this.#later(() => person.give({ type: 'shown', peer: event.peer, seq }));
        }
        return;
      case 'remember':
        person.remembered.push(order.peer);
        return;
      case 'end':
        person.ended = true;
    }
  }

  #join(person: Person, order: Extract<Order, { type: 'openPlace' }>): void {
    const nameplate = order.nameplate ?? String(++this.#nameplates);
    const seats = this.#seats.get(nameplate) ?? [];
    this.#seats.set(nameplate, seats);
    if (seats.length >= order.capacity) {
      person.give({ type: 'placeRefused', place: order.place, cause: new AparteError('room-full') });
      return;
    }
    decodeCard(order.card);
    const member: Member = { id: `m${++this.#memberCount}`, card: order.card };
    const others = [...seats];
    seats.push({ member, person, place: order.place });
    person.give({ type: 'joined', place: order.place, nameplate, members: others.map((seat) => seat.member) });
    for (const seat of others) this.#later(() => seat.person.give({ type: 'memberCame', place: seat.place, member }));
  }

  #seatOf(person: Person, place: number): { seats: Seat[]; seat: Seat } | null {
    for (const seats of this.#seats.values()) {
      const seat = seats.find((one) => one.person === person && one.place === place);
      if (seat !== undefined) return { seats, seat };
    }
    return null;
  }

  #forward(from: Person, place: number, to: string, bytes: Uint8Array): void {
    const found = this.#seatOf(from, place);
    const target = found?.seats.find((seat) => seat.member.id === to);
    if (found === null || target === undefined) return;
    for (const frame of this.tamper({ from, to: target.person, bytes })) {
      const fact = { type: 'gotHandshake', place: target.place, from: found.seat.member.id, bytes: frame } as const;
      this.#later(() => target.person.give(fact));
    }
  }

  #leave(person: Person, order: Extract<Order, { type: 'leavePlace' | 'freeMember' }>): void {
    const found = this.#seatOf(person, order.place);
    if (found === null) return;
    const id = order.type === 'leavePlace' ? found.seat.member.id : order.member;
    const index = found.seats.findIndex((seat) => seat.member.id === id);
    if (index < 0) return;
    found.seats.splice(index, 1);
    for (const seat of found.seats)
      this.#later(() => seat.person.give({ type: 'memberLeft', place: seat.place, member: id }));
  }

  #link(person: Person, number: number): FakeLink | undefined {
    return this.#links.get(`${person.name}/${number}`);
  }

  #describe(person: Person, link: number, sdp: string): void {
    this.#later(() => person.give({ type: 'linkDescription', link, sdp }));
  }

  #connect(person: Person, number: number, kind: 'offer' | 'answer', sdp: string): void {
    const link = this.#link(person, number);
    const other = this.#links.get(sdp.slice(sdp.indexOf(' ') + 1));
    if (link === undefined || other === undefined || link.closed) return;
    if (kind === 'offer') {
      link.other = other;
      this.#describe(person, number, `answer ${person.name}/${number}`);
      return;
    }
    link.other = other;
    if (!this.linksWork || other.closed) return;
    for (const side of [link, other]) {
      side.open = true;
      this.#later(() => this.#tellPath(side));
      this.#later(() => side.person.give({ type: 'linkOpened', link: side.number }));
    }
  }

  /** Every open link runs so from now on. */
  changePath(path: 'direct' | 'relay'): void {
    this.path = path;
    for (const link of this.#links.values()) if (link.open && !link.closed) this.#later(() => this.#tellPath(link));
    this.settle();
  }

  #tellPath({ person, number }: FakeLink): void {
    person.give({ type: 'linkPath', link: number, path: this.path, protocol: 'udp', rttMs: 1 });
  }

  #sendFrame(person: Person, number: number, bytes: Uint8Array): void {
    const link = this.#link(person, number);
    const other = link?.other;
    if (link?.open !== true || other?.open !== true) return;
    for (const frame of this.tamperFrame(bytes, person)) {
      this.#later(() => {
        if (other.open && !other.closed) other.person.give({ type: 'linkFrame', link: other.number, bytes: frame });
      });
    }
  }

  #closeLink(person: Person, number: number): void {
    const link = this.#link(person, number);
    if (link === undefined || link.closed) return;
    link.closed = true;
    const { other } = link;
    if (link.open && other !== null && !other.closed) this.#later(() => this.#linkClosed(other));
    link.open = false;
  }

  #linkClosed(link: FakeLink): void {
    if (link.closed) return;
    link.open = false;
    link.closed = true;
    const cause = new AparteError('no-direct-path', 'the channel closed');
    link.person.give({ type: 'linkClosed', link: link.number, cause });
  }
}
