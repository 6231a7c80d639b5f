/**
 * The rooms of one server, in its memory: who is in which room, and who is told what. Pure: time and randomness are
 * passed in, and effects come back as orders. Frames and cards are never looked into.
 */
import { timingSafeEqual } from 'node:crypto';
import { equalBytes, utf8 } from '../shared/bytes.ts';
import type { FrameRequest, JoinRequest, RefusalCode, Welcome } from '../shared/signal-wire.ts';
import type { RoomLimits } from './limits.ts';
import { allocate, FreedNameplates } from './nameplates.ts';
import type { RandomSource, RoomOrder, Rooms } from './rooms-interface.ts';

/** A member's slot in a room. It outlives a lost connection by the grace time. */
interface Slot {
  readonly room: Room;
  /** Counts up in a room and is never used twice there. The member's id is this number in base 36. */
  readonly order: number;
  readonly id: string;
  /** The bytes of the card as Latin-1. A small byte array would take 250 bytes. */
  readonly card: string;
  readonly token: string;
  /** Null while the connection is lost. */
  client: string | null;
  /** Frames sent so far, by receiver id. Created with the first frame. */
  sent: Map<string, number> | null;
  /** Frames to deliver when the client is back. Created with the first. */
  held: { readonly from: string; readonly data: Uint8Array }[] | null;
}

interface Room {
  readonly nameplate: string;
  readonly capacity: number;
  /** In the order they came. A linear search is fast enough: most rooms have one or two. */
  slots: readonly Slot[];
  lastOrder: number;
  touchedAt: number;
}

/** Rooms in the memory of this process. */
export class MemoryRooms implements Rooms {
  readonly #limits: RoomLimits;
  readonly #random: RandomSource;
  readonly #rooms = new Map<string, Room>();
  readonly #slotOf = new Map<string, Slot>();
  /** Slots without a connection and when they expire, soonest first. */
  readonly #lost = new Map<Slot, number>();
  readonly #freed = new FreedNameplates();
  #heldBytes = 0;

  constructor(limits: RoomLimits, random: RandomSource) {
    this.#limits = limits;
    this.#random = random;
  }

  get stats(): { rooms: number; members: number } {
    return { rooms: this.#rooms.size, members: this.#slotOf.size + this.#lost.size };
  }

  join(client: string, request: JoinRequest, now: number): RoomOrder[] {
    if (request.resume !== undefined) return this.#resume(client, request, request.resume, now);
    let room = request.nameplate === null ? undefined : this.#rooms.get(request.nameplate);
    if (room === undefined) {
      if (this.#rooms.size >= this.#limits.rooms) return [refusal(client, 'limit')];
      const isTaken = (nameplate: string) => this.#rooms.has(nameplate) || this.#freed.has(nameplate, now);
      const nameplate = request.nameplate ?? allocate(isTaken, (below) => this.#random.integer(below));
      room = { nameplate, capacity: request.capacity, slots: [], lastOrder: 0, touchedAt: now };
      this.#rooms.set(nameplate, room);
    }
    if (room.slots.length >= room.capacity) return [refusal(client, 'room-full')];
    room.lastOrder += 1;
    const order = room.lastOrder;
    const id = order.toString(36);
    const card = Buffer.from(request.card).toString('latin1');
    const token = this.#random.token();
    const slot: Slot = { room, order, id, card, token, client, sent: null, held: null };
    room.slots = [...room.slots, slot];
    room.touchedAt = now;
    this.#slotOf.set(client, slot);
    return [
      { type: 'answer', to: client, answer: welcome(slot) },
      ...toOthers(slot, (to) => ({ type: 'came', to, member: { id, card: request.card } })),
    ];
  }

  #resume(client: string, request: JoinRequest, token: string, now: number): RoomOrder[] {
    const room = request.nameplate === null ? undefined : this.#rooms.get(request.nameplate);
    if (room === undefined) return [refusal(client, 'unknown-room')];
    const slot = room.slots.find((each) => equalTokens(each.token, token));
    if (slot === undefined || !equalBytes(cardOf(slot), request.card)) return [refusal(client, 'unknown-member')];
    const orders: RoomOrder[] = [];
    if (slot.client !== null) {
      // The old connection may still seem alive, but its owner has a new one.
      this.#slotOf.delete(slot.client);
      orders.push({ type: 'drop', to: slot.client, error: 'already-joined' });
    }
    this.#lost.delete(slot);
    this.#slotOf.set(client, slot);
    slot.client = client;
    room.touchedAt = now;
    orders.push({ type: 'answer', to: client, answer: welcome(slot) });
    for (const { from, data } of this.#takeHeld(slot)) orders.push({ type: 'frame', to: client, from, data });
    return orders;
  }

  frame(client: string, { to, data }: FrameRequest, now: number): RoomOrder[] {
    const sender = this.#slotOf.get(client);
    if (sender === undefined) return [{ type: 'drop', to: client, error: 'unknown-room' }];
    const target = sender.room.slots.find(({ id }) => id === to);
    if (target === undefined || target === sender) return [{ type: 'fault', to: client, error: 'unknown-member' }];
    sender.sent ??= new Map();
    const count = (sender.sent.get(to) ?? 0) + 1;
    if (count > this.#limits.framesPerPair) return this.#dismiss(sender, 'limit', now);
    sender.sent.set(to, count);
    sender.room.touchedAt = now;
    if (target.client !== null) return [{ type: 'frame', to: target.client, from: sender.id, data }];
    this.#hold(target, sender.id, data);
    return [];
  }

  free(client: string, member: string, now: number): RoomOrder[] {
    const asker = this.#slotOf.get(client);
    if (asker === undefined) return [{ type: 'drop', to: client, error: 'unknown-room' }];
    const target = asker.room.slots.find(({ id }) => id === member);
    // Only earlier members may: otherwise any newcomer could remove those who wait.
    if (target === undefined || target.order <= asker.order) {
      return [{ type: 'fault', to: client, error: 'unknown-member' }];
    }
    return this.#dismiss(target, 'idle', now);
  }

  leave(client: string, now: number): RoomOrder[] {
    const slot = this.#slotOf.get(client);
    return slot === undefined ? [] : this.#vacate(slot, now);
  }

  lose(client: string, now: number): RoomOrder[] {
    const slot = this.#slotOf.get(client);
    if (slot === undefined) return [];
    this.#slotOf.delete(client);
    slot.client = null;
    this.#lost.set(slot, now + this.#limits.grace);
    return [];
  }

  sweep(now: number): RoomOrder[] {
    const orders: RoomOrder[] = [];
    for (const [slot, until] of this.#lost) {
      if (until > now) break;
      orders.push(...this.#vacate(slot, now));
    }
    for (const room of this.#rooms.values()) {
      if (now - room.touchedAt < this.#limits.roomIdle) continue;
      for (const slot of room.slots.toReversed()) orders.push(...this.#dismiss(slot, 'idle', now));
    }
    this.#freed.sweep(now);
    return orders;
  }

  #dismiss(slot: Slot, error: RefusalCode, now: number): RoomOrder[] {
    const { client } = slot;
    const orders = this.#vacate(slot, now);
    return client === null ? orders : [{ type: 'drop', to: client, error }, ...orders];
  }

  #vacate(slot: Slot, now: number): RoomOrder[] {
    const { room, id } = slot;
    if (slot.client !== null) this.#slotOf.delete(slot.client);
    this.#lost.delete(slot);
    this.#takeHeld(slot);
    room.slots = room.slots.filter((each) => each !== slot);
    room.touchedAt = now;
    for (const other of room.slots) other.sent?.delete(id);
    if (room.slots.length === 0) {
      this.#rooms.delete(room.nameplate);
      this.#freed.add(room.nameplate, now);
    }
    return toOthers(slot, (to) => ({ type: 'left', to, member: id }));
  }

  /** Keeps a frame for a lost connection. At the limits it is dropped, as a network may do. */
  #hold(slot: Slot, from: string, data: Uint8Array): void {
    const heldHere = (slot.held ?? []).reduce((sum, frame) => sum + frame.data.length, 0);
    if (heldHere + data.length > this.#limits.heldPerSlot) return;
    if (this.#heldBytes + data.length > this.#limits.heldInAll) return;
    this.#heldBytes += data.length;
    slot.held ??= [];
    slot.held.push({ from, data: new Uint8Array(data) });
  }

  #takeHeld(slot: Slot): { from: string; data: Uint8Array }[] {
    const held = slot.held ?? [];
    slot.held = null;
    for (const { data } of held) this.#heldBytes -= data.length;
    return held;
  }
}

function refusal(to: string, error: RefusalCode): RoomOrder {
  return { type: 'answer', to, answer: { error } };
}

function welcome(slot: Slot): Welcome {
  const others = slot.room.slots.filter((each) => each !== slot);
  return {
    nameplate: slot.room.nameplate,
    self: slot.id,
    token: slot.token,
    members: others.map((each) => ({ id: each.id, card: cardOf(each) })),
  };
}

function cardOf({ card }: Slot): Uint8Array {
  return new Uint8Array(Buffer.from(card, 'latin1'));
}

/** One order for each other member of a slot's room that is connected. */
function toOthers(slot: Slot, order: (to: string) => RoomOrder): RoomOrder[] {
  const clients = slot.room.slots.filter((each) => each !== slot).map(({ client }) => client);
  return clients.filter((client) => client !== null).map(order);
}

function equalTokens(ours: string, theirs: string): boolean {
  const [a, b] = [utf8(ours), utf8(theirs)];
  return a.length === b.length && timingSafeEqual(a, b);
}
