/** The server of the fake network: rooms with seats, connections that break, and restarts. */
import type { Fact, Order } from '../../peer/core/facts-and-orders.ts';
import { decodeCard } from '../../shared/card.ts';
import { AparteError } from '../../shared/errors.ts';
import type { Member } from '../../shared/signal-wire.ts';

/** A member of a room. */
export interface RoomVisitor {
  readonly name: string;
  give(fact: Fact): void;
}

interface Seat {
  readonly member: Member;
  readonly program: RoomVisitor;
  readonly room: number;
  /** The connection is dead, and the server has not noticed. */
  dead: boolean;
  /** Ids of the other members, as this member was told. */
  others: string[];
}

type Join = Extract<Order, { type: 'openRoom' }>;

/** Changes a handshake frame: these are delivered instead. */
export type Tamper = (frame: { from: RoomVisitor; to: RoomVisitor; bytes: Uint8Array }) => Uint8Array[];

/** A server. */
export class FakeServer {
  tamper: Tamper = ({ bytes }) => [bytes];
  readonly #later: (turn: () => void) => void;
  readonly #rooms = new Map<string, Seat[]>();
  /** Those who cannot reach the server, with their requests. */
  readonly #away = new Map<RoomVisitor, Join[]>();
  #members = 0;
  #nameplates = 0;

  /** `later` does something after everything that happens now. */
  constructor(later: (turn: () => void) => void) {
    this.#later = later;
  }

  join(program: RoomVisitor, order: Join): void {
    const away = this.#away.get(program);
    if (away !== undefined) {
      away.push(order);
      return;
    }
    const nameplate = order.nameplate ?? String(++this.#nameplates);
    const seats = this.#rooms.get(nameplate) ?? [];
    this.#rooms.set(nameplate, seats);
    if (seats.length >= order.capacity) {
      program.give({ type: 'roomRefused', room: order.room, cause: new AparteError('room-full') });
      return;
    }
    decodeCard(order.card);
    this.#sit(nameplate, seats, program, order.room, order.card);
  }

  #sit(nameplate: string, seats: Seat[], program: RoomVisitor, room: number, card: Uint8Array): void {
    const member: Member = { id: `m${++this.#members}`, card };
    const others = [...seats];
    seats.push({ member, program, room, dead: false, others: others.map((seat) => seat.member.id) });
    program.give({ type: 'joined', room, nameplate, members: others.map((seat) => seat.member) });
    for (const seat of others) this.#later(() => this.#came(seat, member));
  }

  #came(seat: Seat, member: Member): void {
    if (!this.#reaches(seat) || seat.others.includes(member.id)) return;
    seat.others.push(member.id);
    seat.program.give({ type: 'memberCame', room: seat.room, member });
  }

  #left(seat: Seat, member: string): void {
    if (!this.#reaches(seat) || !seat.others.includes(member)) return;
    seat.others = seat.others.filter((id) => id !== member);
    seat.program.give({ type: 'memberLeft', room: seat.room, member });
  }

  #reaches(seat: Seat): boolean {
    return !seat.dead && !this.#away.has(seat.program);
  }

  forward(from: RoomVisitor, room: number, to: string, bytes: Uint8Array): void {
    const found = this.#seatOf(from, room);
    const target = found?.seats.find((seat) => seat.member.id === to);
    if (found === null || target === undefined || !this.#reaches(found.seat)) return;
    for (const frame of this.tamper({ from, to: target.program, bytes })) {
      const fact = { type: 'gotHandshake', room: target.room, from: found.seat.member.id, bytes: frame } as const;
      this.#later(() => this.#reaches(target) && target.program.give(fact));
    }
  }

  leave(program: RoomVisitor, order: Extract<Order, { type: 'leaveRoom' | 'freeMember' }>): void {
    const away = this.#away.get(program);
    const asked = away?.findIndex((join) => join.room === order.room) ?? -1;
    if (asked >= 0) away?.splice(asked, 1);
    const found = this.#seatOf(program, order.room);
    if (found === null) return;
    // Only a member who was there before may ask for that.
    const later = found.seats.slice(found.seats.indexOf(found.seat));
    const freed = later.find(({ member }) => order.type === 'freeMember' && member.id === order.member);
    if (freed !== undefined && away === undefined) this.#dismiss(found.seats, freed);
    if (order.type === 'freeMember') return;
    found.seat.dead = true;
    if (away === undefined) this.#free(found.seats, found.seat.member.id);
  }

  /** A member who cannot hear it comes back as a new member. */
  #dismiss(seats: Seat[], seat: Seat): void {
    const { program, room, dead, member } = seat;
    const [nameplate = null] = [...this.#rooms].find(([, one]) => one === seats) ?? [];
    const away = this.#away.get(program);
    this.#free(seats, member.id);
    if (dead) return;
    if (away !== undefined) away.push({ type: 'openRoom', room, nameplate, card: member.card, capacity: 8 });
    else this.#later(() => program.give({ type: 'roomRefused', room, cause: new AparteError('server-refused') }));
  }

  #free(seats: Seat[], id: string): void {
    const index = seats.findIndex((seat) => seat.member.id === id);
    if (index < 0) return;
    seats.splice(index, 1);
    for (const seat of seats) this.#later(() => this.#left(seat, id));
  }

  #seatOf(program: RoomVisitor, room: number): { seats: Seat[]; seat: Seat } | null {
    for (const seats of this.#rooms.values()) {
      const seat = seats.find((one) => one.program === program && one.room === room && !one.dead);
      if (seat !== undefined) return { seats, seat };
    }
    return null;
  }

  /** A program cannot reach the server any more. The server does not know. */
  lose(program: RoomVisitor): void {
    if (this.#away.has(program)) return;
    this.#away.set(program, []);
    const cause = new AparteError('server-unreachable');
    for (const { room } of this.#seatsOf(program)) {
      this.#later(() => program.give({ type: 'roomLost', room, cause, retryAt: 0 }));
    }
  }

  #seatsOf(program: RoomVisitor): Seat[] {
    return [...this.#rooms.values()].flat().filter((seat) => seat.program === program && !seat.dead);
  }

  /** A program can reach the server again. `kept`: it has its seats; else it is a new member, and the old one is gone. */
  back(program: RoomVisitor, kept: boolean): void {
    const joins = this.#away.get(program);
    if (joins === undefined) return;
    this.#away.delete(program);
    for (const seat of this.#seatsOf(program)) {
      if (kept) this.#later(() => this.#resume(seat));
      else this.#renew(seat);
    }
    for (const join of joins) this.#later(() => this.join(program, join));
  }

  #resume(seat: Seat): void {
    seat.program.give({ type: 'roomResumed', room: seat.room });
    const now = [...this.#rooms.values()].find((seats) => seats.includes(seat)) ?? [];
    for (const id of seat.others) if (!now.some(({ member }) => member.id === id)) this.#left(seat, id);
    for (const { member } of now) if (member.id !== seat.member.id) this.#came(seat, member);
  }

  #renew(seat: Seat): void {
    for (const [nameplate, seats] of this.#rooms) {
      if (!seats.includes(seat)) continue;
      this.#free(seats, seat.member.id);
      this.#later(() => this.#sit(nameplate, seats, seat.program, seat.room, seat.member.card));
    }
  }

  /** The server notices every dead connection. */
  sweep(): void {
    for (const seats of this.#rooms.values()) {
      for (const seat of seats.filter(({ dead }) => dead)) this.#free(seats, seat.member.id);
    }
  }

  /** The server loses all rooms. Members who can reach it enter their rooms again. */
  restart(): void {
    const before = [...this.#rooms];
    this.#rooms.clear();
    for (const [nameplate, seats] of before) {
      const anew: Seat[] = [];
      this.#rooms.set(nameplate, anew);
      for (const seat of seats) {
        const { program, room, member } = seat;
        if (seat.dead) continue;
        if (this.#away.has(program)) anew.push(seat);
        else this.#later(() => this.#sit(nameplate, anew, program, room, member.card));
      }
    }
  }
}
