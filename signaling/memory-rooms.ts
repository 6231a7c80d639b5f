/**
 * The rooms: who is where, and who is told what. Pure: time and chance are passed in, and what is to be said comes
 * back as orders. Frames and cards are bytes nobody here looks into.
 */
import { timingSafeEqual } from 'node:crypto';
import { equalBytes, utf8 } from '../shared/bytes.ts';
import type { FrameRequest, JoinRequest, Member, Refusal, RefusalCode, Welcome } from '../shared/signal-wire.ts';
import type { RoomLimits } from './limits.ts';
import { allocate, FreedNameplates } from './nameplates.ts';

/** Something to do for a client. Orders are carried out in the order in which they are given. */
export type Order<Client> =
  /** Acknowledge its join. */
  | { readonly type: 'answer'; readonly to: Client; readonly answer: Welcome | Refusal }
  /** Somebody came into its room. */
  | { readonly type: 'came'; readonly to: Client; readonly member: Member }
  /** A place in its room was freed. */
  | { readonly type: 'left'; readonly to: Client; readonly member: string }
  /** A frame for it. */
  | { readonly type: 'frame'; readonly to: Client; readonly from: string; readonly data: Uint8Array }
  /** Tell it what went wrong. */
  | { readonly type: 'fault'; readonly to: Client; readonly error: RefusalCode }
  /** Tell it what went wrong and hang up. It has no place any more. */
  | { readonly type: 'drop'; readonly to: Client; readonly error: RefusalCode };

/** Where the registry takes chance from. */
export interface Chance {
  /** A random integer, at least 0 and less than `below`. */
  integer(below: number): number;
  /** A fresh resume token that nobody can guess: `[A-Za-z0-9_-]`, at most 64 characters. */
  token(): string;
}

interface Place<Client> {
  readonly room: Room<Client>;
  /** Counts up in a room and is never used twice there; the member's id is this number in base 36. */
  readonly order: number;
  readonly id: string;
  /** Its bytes as Latin-1: a few bytes in an array of their own would take 250. */
  readonly card: string;
  readonly token: string;
  /** Null while its connection is lost. */
  client: Client | null;
  /** Frames sent so far, by the id of the member they went to; made when the first is sent. */
  sent: Map<string, number> | null;
  /** What to tell the client once it is back; made when there is something. */
  held: { readonly from: string; readonly data: Uint8Array }[] | null;
}

interface Room<Client> {
  readonly nameplate: string;
  readonly capacity: number;
  /** In the order they came. Few enough to be looked through, and most often one. */
  places: readonly Place<Client>[];
  lastOrder: number;
  touchedAt: number;
}

/** The rooms of one server. `Client` is whatever the caller tells its connections apart by. */
export class Registry<Client> {
  readonly #limits: RoomLimits;
  readonly #chance: Chance;
  readonly #rooms = new Map<string, Room<Client>>();
  readonly #placeOf = new Map<Client, Place<Client>>();
  /** Places without a connection, and when they are given up, soonest first. */
  readonly #lost = new Map<Place<Client>, number>();
  readonly #freed = new FreedNameplates();
  #heldBytes = 0;

  constructor(limits: RoomLimits, chance: Chance) {
    this.#limits = limits;
    this.#chance = chance;
  }

  /** How many rooms there are, and places taken, those of lost connections included. */
  get stats(): { rooms: number; members: number } {
    return { rooms: this.#rooms.size, members: this.#placeOf.size + this.#lost.size };
  }

  /** A client that has no place asks to come in, or to come back. The first order about it is the answer. */
  join(client: Client, request: JoinRequest, now: number): Order<Client>[] {
    if (request.resume !== undefined) return this.#resume(client, request, request.resume, now);
    let room = request.nameplate === null ? undefined : this.#rooms.get(request.nameplate);
    if (room === undefined) {
      if (this.#rooms.size >= this.#limits.rooms) return [refusal(client, 'limit')];
      const taken = (nameplate: string) => this.#rooms.has(nameplate) || this.#freed.has(nameplate, now);
      const nameplate = request.nameplate ?? allocate(taken, (below) => this.#chance.integer(below));
      room = { nameplate, capacity: request.capacity, places: [], lastOrder: 0, touchedAt: now };
      this.#rooms.set(nameplate, room);
    }
    if (room.places.length >= room.capacity) return [refusal(client, 'room-full')];
    return this.#enter(client, room, request.card, now);
  }

  #enter(client: Client, room: Room<Client>, received: Uint8Array, now: number): Order<Client>[] {
    room.lastOrder += 1;
    const id = room.lastOrder.toString(36);
    const card = Buffer.from(received).toString('latin1');
    const token = this.#chance.token();
    const place = { room, order: room.lastOrder, id, card, token, client, sent: null, held: null };
    const answer = welcome(place);
    const orders = toOthers(place, (to) => ({ type: 'came', to, member: { id, card: received } }));
    room.places = [...room.places, place];
    room.touchedAt = now;
    this.#placeOf.set(client, place);
    return [{ type: 'answer', to: client, answer }, ...orders];
  }

  /** The old connection may still seem alive: then it is dropped, as its owner has a new one. */
  #resume(client: Client, request: JoinRequest, token: string, now: number): Order<Client>[] {
    const room = request.nameplate === null ? undefined : this.#rooms.get(request.nameplate);
    if (room === undefined) return [refusal(client, 'unknown-room')];
    const place = room.places.find((each) => equalTokens(each.token, token));
    if (place === undefined || !equalBytes(cardOf(place), request.card)) return [refusal(client, 'unknown-member')];
    const orders: Order<Client>[] = [];
    if (place.client !== null) {
      this.#placeOf.delete(place.client);
      orders.push({ type: 'drop', to: place.client, error: 'already-joined' });
    }
    this.#lost.delete(place);
    this.#placeOf.set(client, place);
    place.client = client;
    room.touchedAt = now;
    orders.push({ type: 'answer', to: client, answer: welcome(place) });
    for (const { from, data } of this.#takeHeld(place)) orders.push({ type: 'frame', to: client, from, data });
    return orders;
  }

  /** A client sends a frame to a member of its room. */
  frame(client: Client, { to, data }: FrameRequest, now: number): Order<Client>[] {
    const sender = this.#placeOf.get(client);
    if (sender === undefined) return [{ type: 'drop', to: client, error: 'unknown-room' }];
    const target = sender.room.places.find(({ id }) => id === to);
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

  /** A client asks that the place of a member who came after it be freed. */
  free(client: Client, member: string, now: number): Order<Client>[] {
    const asker = this.#placeOf.get(client);
    if (asker === undefined) return [{ type: 'drop', to: client, error: 'unknown-room' }];
    const target = asker.room.places.find(({ id }) => id === member);
    // Only who was there first may: otherwise any newcomer could turn out those who wait.
    if (target === undefined || target.order <= asker.order) {
      return [{ type: 'fault', to: client, error: 'unknown-member' }];
    }
    return this.#dismiss(target, 'idle', now);
  }

  /** A client leaves its room, or is made to. */
  leave(client: Client, now: number): Order<Client>[] {
    const place = this.#placeOf.get(client);
    return place === undefined ? [] : this.#vacate(place, now);
  }

  /** The connection of a client is gone: its place is kept for the grace time. */
  lose(client: Client, now: number): Order<Client>[] {
    const place = this.#placeOf.get(client);
    if (place === undefined) return [];
    this.#placeOf.delete(client);
    place.client = null;
    this.#lost.set(place, now + this.#limits.grace);
    return [];
  }

  /** Time has passed: gives up places that were lost for too long and rooms in which nothing happens. */
  sweep(now: number): Order<Client>[] {
    const orders: Order<Client>[] = [];
    for (const [place, until] of this.#lost) {
      if (until > now) break;
      orders.push(...this.#vacate(place, now));
    }
    for (const room of this.#rooms.values()) {
      if (now - room.touchedAt < this.#limits.roomIdle) continue;
      for (const place of room.places.toReversed()) orders.push(...this.#dismiss(place, 'idle', now));
    }
    this.#freed.sweep(now);
    return orders;
  }

  #dismiss(place: Place<Client>, error: RefusalCode, now: number): Order<Client>[] {
    const { client } = place;
    const orders = this.#vacate(place, now);
    return client === null ? orders : [{ type: 'drop', to: client, error }, ...orders];
  }

  #vacate(place: Place<Client>, now: number): Order<Client>[] {
    const { room, id } = place;
    if (place.client !== null) this.#placeOf.delete(place.client);
    this.#lost.delete(place);
    this.#takeHeld(place);
    room.places = room.places.filter((each) => each !== place);
    room.touchedAt = now;
    for (const other of room.places) other.sent?.delete(id);
    if (room.places.length === 0) {
      this.#rooms.delete(room.nameplate);
      this.#freed.add(room.nameplate, now);
    }
    return toOthers(place, (to) => ({ type: 'left', to, member: id }));
  }

  /** Keeps a frame for a lost connection; drops it where the limits are reached, as the network might. */
  #hold(place: Place<Client>, from: string, data: Uint8Array): void {
    const heldHere = (place.held ?? []).reduce((sum, frame) => sum + frame.data.length, 0);
    if (heldHere + data.length > this.#limits.heldPerPlace) return;
    if (this.#heldBytes + data.length > this.#limits.heldInAll) return;
    this.#heldBytes += data.length;
    place.held ??= [];
    place.held.push({ from, data: new Uint8Array(data) });
  }

  #takeHeld(place: Place<Client>): { from: string; data: Uint8Array }[] {
    const held = place.held ?? [];
    place.held = null;
    for (const { data } of held) this.#heldBytes -= data.length;
    return held;
  }
}

function refusal<Client>(to: Client, error: RefusalCode): Order<Client> {
  return { type: 'answer', to, answer: { error } };
}

function welcome<Client>({ room, id, token, ...self }: Place<Client>): Welcome {
  const others = room.places.filter((each) => each.order !== self.order);
  return {
    nameplate: room.nameplate,
    self: id,
    token,
    members: others.map((each) => ({ id: each.id, card: cardOf(each) })),
  };
}

function cardOf({ card }: Pick<Place<unknown>, 'card'>): Uint8Array {
  return new Uint8Array(Buffer.from(card, 'latin1'));
}

function toOthers<Client>(place: Place<Client>, order: (to: Client) => Order<Client>): Order<Client>[] {
  const orders: Order<Client>[] = [];
  for (const { client } of place.room.places) {
    if (client !== null && client !== place.client) orders.push(order(client));
  }
  return orders;
}

function equalTokens(ours: string, theirs: string): boolean {
  const [a, b] = [utf8(ours), utf8(theirs)];
  return a.length === b.length && timingSafeEqual(a, b);
}
