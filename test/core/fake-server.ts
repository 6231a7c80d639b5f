/** The rendezvous of the world without network: rooms with seats, connections that break, and a server that is started anew. */
import type { Fact, Order } from '../../peer/core/facts-and-orders.ts';
import { decodeCard } from '../../shared/card.ts';
import { AparteError } from '../../shared/errors.ts';
import type { Member } from '../../shared/signal-wire.ts';

/** Somebody who meets here. */
export interface Visitor {
  readonly name: string;
  give(fact: Fact): void;
}

interface Seat {
  readonly member: Member;
  readonly person: Visitor;
  readonly room: number;
  /** Nobody sits here any more, but the server has not noticed. */
  dead: boolean;
  /** The others, as he was told. */
  others: string[];
}

type Join = Extract<Order, { type: 'openRoom' }>;

/** What is done to a handshake frame on its way: deliver these instead. */
export type Tamper = (frame: { from: Visitor; to: Visitor; bytes: Uint8Array }) => Uint8Array[];

/** See the head of this file. */
export class MeetingServer {
  tamper: Tamper = ({ bytes }) => [bytes];
  readonly #later: (turn: () => void) => void;
  readonly #rooms = new Map<string, Seat[]>();
  /** Who cannot reach the server, with what they would ask of it. */
  readonly #away = new Map<Visitor, Join[]>();
  #members = 0;
  #nameplates = 0;

  /** `later` does something when everything that happens now has been done. */
  constructor(later: (turn: () => void) => void) {
    this.#later = later;
  }

  join(person: Visitor, order: Join): void {
    const away = this.#away.get(person);
    if (away !== undefined) {
      away.push(order);
      return;
    }
    const nameplate = order.nameplate ?? String(++this.#nameplates);
    const seats = this.#rooms.get(nameplate) ?? [];
    this.#rooms.set(nameplate, seats);
    if (seats.length >= order.capacity) {
      person.give({ type: 'roomRefused', room: order.room, cause: new AparteError('room-full') });
      return;
    }
    decodeCard(order.card);
    this.#sit(nameplate, seats, person, order.room, order.card);
  }

  #sit(nameplate: string, seats: Seat[], person: Visitor, room: number, card: Uint8Array): void {
    const member: Member = { id: `m${++this.#members}`, card };
    const others = [...seats];
    seats.push({ member, person, room, dead: false, others: others.map((seat) => seat.member.id) });
    person.give({ type: 'joined', room, nameplate, members: others.map((seat) => seat.member) });
    for (const seat of others) this.#later(() => this.#came(seat, member));
  }

  #came(seat: Seat, member: Member): void {
    if (!this.#reaches(seat) || seat.others.includes(member.id)) return;
    seat.others.push(member.id);
    seat.person.give({ type: 'memberCame', room: seat.room, member });
  }

  #left(seat: Seat, member: string): void {
    if (!this.#reaches(seat) || !seat.others.includes(member)) return;
    seat.others = seat.others.filter((id) => id !== member);
    seat.person.give({ type: 'memberLeft', room: seat.room, member });
  }

  #reaches(seat: Seat): boolean {
    return !seat.dead && !this.#away.has(seat.person);
  }

  forward(from: Visitor, room: number, to: string, bytes: Uint8Array): void {
    const found = this.#seatOf(from, room);
    const target = found?.seats.find((seat) => seat.member.id === to);
    if (found === null || target === undefined || !this.#reaches(found.seat)) return;
    for (const frame of this.tamper({ from, to: target.person, bytes })) {
      const fact = { type: 'gotHandshake', room: target.room, from: found.seat.member.id, bytes: frame } as const;
      this.#later(() => this.#reaches(target) && target.person.give(fact));
    }
  }

  leave(person: Visitor, order: Extract<Order, { type: 'leaveRoom' | 'freeMember' }>): void {
    const away = this.#away.get(person);
    const asked = away?.findIndex((join) => join.room === order.room) ?? -1;
    if (asked >= 0) away?.splice(asked, 1);
    const found = this.#seatOf(person, order.room);
    if (found === null) return;
    // Only who was there before may ask for that.
    const later = found.seats.slice(found.seats.indexOf(found.seat));
    const freed = later.find(({ member }) => order.type === 'freeMember' && member.id === order.member);
    if (freed !== undefined && away === undefined) this.#dismiss(found.seats, freed);
    if (order.type === 'freeMember') return;
    found.seat.dead = true;
    if (away === undefined) this.#free(found.seats, found.seat.member.id);
  }

  /** Who is not there to hear it comes back as a new member. */
  #dismiss(seats: Seat[], seat: Seat): void {
    const { person, room, dead, member } = seat;
    const [nameplate = null] = [...this.#rooms].find(([, one]) => one === seats) ?? [];
    const away = this.#away.get(person);
    this.#free(seats, member.id);
    if (dead) return;
    if (away !== undefined) away.push({ type: 'openRoom', room, nameplate, card: member.card, capacity: 8 });
    else this.#later(() => person.give({ type: 'roomRefused', room, cause: new AparteError('server-refused') }));
  }

  #free(seats: Seat[], id: string): void {
    const index = seats.findIndex((seat) => seat.member.id === id);
    if (index < 0) return;
    seats.splice(index, 1);
    for (const seat of seats) this.#later(() => this.#left(seat, id));
  }

  #seatOf(person: Visitor, room: number): { seats: Seat[]; seat: Seat } | null {
    for (const seats of this.#rooms.values()) {
      const seat = seats.find((one) => one.person === person && one.room === room && !one.dead);
      if (seat !== undefined) return { seats, seat };
    }
    return null;
  }

  /** Somebody cannot reach the server any more. The server does not know. */
  lose(person: Visitor): void {
    if (this.#away.has(person)) return;
    this.#away.set(person, []);
    const cause = new AparteError('server-unreachable');
    for (const { room } of this.#seatsOf(person)) {
      this.#later(() => person.give({ type: 'roomLost', room, cause, retryAt: 0 }));
    }
  }

  #seatsOf(person: Visitor): Seat[] {
    return [...this.#rooms.values()].flat().filter((seat) => seat.person === person && !seat.dead);
  }

  /** He can again. `kept`: so were his places; else he is a new member, and the server knows that the old one is gone. */
  back(person: Visitor, kept: boolean): void {
    const joins = this.#away.get(person);
    if (joins === undefined) return;
    this.#away.delete(person);
    for (const seat of this.#seatsOf(person)) {
      if (kept) this.#later(() => this.#resume(seat));
      else this.#renew(seat);
    }
    for (const join of joins) this.#later(() => this.join(person, join));
  }

  #resume(seat: Seat): void {
    seat.person.give({ type: 'roomResumed', room: seat.room });
    const now = [...this.#rooms.values()].find((seats) => seats.includes(seat)) ?? [];
    for (const id of seat.others) if (!now.some(({ member }) => member.id === id)) this.#left(seat, id);
    for (const { member } of now) if (member.id !== seat.member.id) this.#came(seat, member);
  }

  #renew(seat: Seat): void {
    for (const [nameplate, seats] of this.#rooms) {
      if (!seats.includes(seat)) continue;
      this.#free(seats, seat.member.id);
      this.#later(() => this.#sit(nameplate, seats, seat.person, seat.room, seat.member.card));
    }
  }

  /** Notices every connection that is dead. */
  sweep(): void {
    for (const seats of this.#rooms.values()) {
      for (const seat of seats.filter(({ dead }) => dead)) this.#free(seats, seat.member.id);
    }
  }

  /** All rooms are gone; those who were in one and can reach the server enter it anew. */
  restart(): void {
    const before = [...this.#rooms];
    this.#rooms.clear();
    for (const [nameplate, seats] of before) {
      const anew: Seat[] = [];
      this.#rooms.set(nameplate, anew);
      for (const seat of seats) {
        const { person, room, member } = seat;
        if (seat.dead) continue;
        if (this.#away.has(person)) anew.push(seat);
        else this.#later(() => this.#sit(nameplate, anew, person, room, member.card));
      }
    }
  }
}
