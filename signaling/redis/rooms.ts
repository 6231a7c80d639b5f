/** Rooms in Redis, shared by several servers. */
import type { FrameRequest, JoinRequest, Member, RefusalCode } from '../../shared/signal-wire.ts';
import type { RoomLimits } from '../limits.ts';
import type { Awaitable, RandomSource, RoomOrder, Rooms } from '../rooms-interface.ts';
import { RoomsUnavailable } from '../rooms-interface.ts';
import type { RedisConnection, Rows } from './connection.ts';

/** Seeds of Lua's random numbers are below this. */
const SEEDS = 2 ** 31 - 1;
/** Frames of one client that Redis may not have answered before the next frame waits. */
const MAX_PENDING = 16;
/** How many times within its idle time Redis is told that a room is in use. */
const TOUCHES = 100;

/** What this server knows of the slot of one of its clients. */
interface Slot {
  readonly nameplate: string;
  /** A word that no other room has, not even a later one of the same nameplate. */
  readonly room: string;
  /** The member's number, in decimal digits. */
  readonly number: string;
  /** Frames sent so far, by the receiver's number. */
  readonly sent: Map<string, number>;
  /** Frames that Redis has not answered yet. */
  pending: number;
  touchedAt: number;
}

/** What the rooms use of the connection. */
type Redis = Pick<RedisConnection, 'run' | 'runLater' | 'stats'>;

/** Rooms in Redis. Frames between members who are both with this server do not go through Redis. */
export class RedisRooms implements Rooms {
  readonly #redis: Redis;
  readonly #limits: RoomLimits;
  readonly #random: RandomSource;
  /** Performs orders that are not in the answer to a request. */
  readonly #perform: (orders: RoomOrder[]) => void;
  /** The slots of this server's clients. */
  readonly #slots = new Map<string, Slot>();
  /** The clients of these slots, by room and number. */
  readonly #clients = new Map<string, string>();

  constructor(redis: Redis, limits: RoomLimits, random: RandomSource, perform: (orders: RoomOrder[]) => void) {
    this.#redis = redis;
    this.#limits = limits;
    this.#random = random;
    this.#perform = perform;
  }

  get stats(): { rooms: number; members: number } {
    return this.#redis.stats;
  }

  /** The nameplates of the rooms that have members here. Some appear more than once. */
  get nameplates(): string[] {
    return Array.from(this.#slots.values(), ({ nameplate }) => nameplate);
  }

  /** Forgets all slots of this server, because they are void. */
  clear(): void {
    this.#slots.clear();
    this.#clients.clear();
  }

  /** Tells clients of this server what other servers did. */
  hear(rows: Rows): void {
    this.#perform(this.#ordersFor('', rows));
  }

  async join(client: string, request: JoinRequest, now: number): Promise<RoomOrder[]> {
    const { nameplate, card, capacity, resume } = request;
    const asked = [client, nameplate ?? '', bufferOf(card)];
    const rows =
      resume === undefined
        ? await this.#redis.run(
            'join',
            ...asked,
            String(capacity),
            this.#random.token(),
            String(this.#random.integer(SEEDS)),
          )
        : await this.#redis.run('resume', ...asked, resume);
    const orders = this.#ordersFor(client, rows);
    const welcome = rows.find(([type]) => type?.toString() === 'welcome');
    if (welcome !== undefined) {
      const [, at = '', room = '', number = ''] = welcome.map(String);
      this.#slots.set(client, { nameplate: at, room, number, sent: new Map(), pending: 0, touchedAt: now });
      this.#clients.set(`${room} ${number}`, client);
      // The client is told before Redis hears of this.
      this.#redis.runLater('confirm', client).catch(ignore);
    }
    return orders;
  }

  frame(client: string, { to, data }: FrameRequest, now: number): Awaitable<RoomOrder[]> {
    const slot = this.#slots.get(client);
    if (slot === undefined) return [{ type: 'drop', to: client, error: 'unavailable' }];
    const number = numberOf(to);
    if (number === null || number === slot.number) return [{ type: 'fault', to: client, error: 'unknown-member' }];
    const count = (slot.sent.get(number) ?? 0) + 1;
    if (count > this.#limits.framesPerPair)
      return [{ type: 'drop', to: client, error: 'limit' }, ...this.leave(client)];
    slot.sent.set(number, count);
    this.#touch(slot, now);
    const target = this.#clients.get(`${slot.room} ${number}`);
    // Not while frames are pending: they may be for the same member, who was with another server before.
    if (target !== undefined && slot.pending === 0) {
      return [{ type: 'frame', to: target, from: idOf(slot.number), data }];
    }
    const sent = this.#pass(client, slot, number, data);
    return slot.pending < MAX_PENDING ? [] : sent;
  }

  async free(client: string, member: string): Promise<RoomOrder[]> {
    const number = numberOf(member);
    if (number === null) return [{ type: 'fault', to: client, error: 'unknown-member' }];
    return this.#ordersFor(client, await this.#redis.run('free', client, number));
  }

  /** Returns before Redis has freed the slot. The other members are told soon after. */
  leave(client: string): RoomOrder[] {
    this.#forget(client);
    const left = this.#redis.runLater('leave', client);
    // If Redis cannot be reached, the slot expires like all slots of this server.
    left.then((rows) => this.#perform(this.#ordersFor(client, rows)), ignore);
    return [];
  }

  async lose(client: string): Promise<RoomOrder[]> {
    this.#forget(client);
    return this.#ordersFor(client, await this.#redis.run('lose', client));
  }

  /** Does nothing: each heartbeat does this in Redis. */
  sweep(): RoomOrder[] {
    return [];
  }

  /** Hands a frame to Redis, for the server that has its receiver or to be kept. Resolves to no orders. */
  async #pass(client: string, slot: Slot, to: string, data: Uint8Array): Promise<RoomOrder[]> {
    slot.pending += 1;
    try {
      const rows = await this.#redis.run('frame', client, slot.nameplate, slot.number, to, bufferOf(data));
      if (rows[0]?.[0]?.toString() === 'fault') slot.sent.delete(to);
      this.#perform(this.#ordersFor(client, rows));
    } catch (error) {
      if (!(error instanceof RoomsUnavailable)) throw error;
      this.#perform([{ type: 'drop', to: client, error: 'unavailable' }]);
    } finally {
      slot.pending -= 1;
    }
    return [];
  }

  #touch(slot: Slot, now: number): void {
    if (now - slot.touchedAt < this.#limits.roomIdle / TOUCHES) return;
    slot.touchedAt = now;
    this.#redis.runLater('touch', slot.nameplate).catch(ignore);
  }

  #forget(client: string): void {
    const slot = this.#slots.get(client);
    if (slot === undefined) return;
    this.#slots.delete(client);
    const at = `${slot.room} ${slot.number}`;
    if (this.#clients.get(at) === client) this.#clients.delete(at);
  }

  #ordersFor(client: string, rows: Rows): RoomOrder[] {
    const orders = ordersFor(client, rows);
    for (const { type, to } of orders) if (type === 'drop') this.#forget(to);
    return orders;
  }
}

/** Ignores the failure of an operation. The connection has reported it. */
const ignore = () => {};

/** Reads the rows with which the script answered a request of `client`, or the news of another server. */
export function ordersFor(client: string, rows: Rows): RoomOrder[] {
  return rows.map(([type, ...parts]): RoomOrder => {
    const [to = '', word = ''] = parts.slice(0, 2).map(String);
    const bytes = parts[2] ?? Buffer.alloc(0);
    switch (type?.toString()) {
      case 'welcome': {
        const [nameplate = '', , self = '', token = ''] = parts.slice(0, 4).map(String);
        const others = parts.slice(4);
        const members = others.flatMap((each, index) =>
          index % 2 === 0 ? [memberOf(String(each), others[index + 1] ?? bytes)] : [],
        );
        return { type: 'answer', to: client, answer: { nameplate, self: idOf(self), token, members } };
      }
      case 'refused':
        return { type: 'answer', to: client, answer: { error: to as RefusalCode } };
      // This server counted as dead, and its slots were given up.
      case 'gone':
        return { type: 'drop', to, error: 'unavailable' };
      case 'came':
        return { type: 'came', to, member: memberOf(word, bytes) };
      case 'left':
        return { type: 'left', to, member: idOf(word) };
      case 'frame':
        return { type: 'frame', to, from: idOf(word), data: bytes };
      case 'fault':
        return { type: 'fault', to, error: word as RefusalCode };
      case 'drop':
        return { type: 'drop', to, error: word as RefusalCode };
      default:
        throw new Error(`the script returned a row of unknown type: ${String(type)}`);
    }
  });
}

/** The id of the member with a number, given in decimal digits. */
function idOf(number: string): string {
  return Number(number).toString(36);
}

/** The number of the member with an id, in decimal digits. Null if no member can have the id. */
function numberOf(id: string): string | null {
  const number = Number.parseInt(id, 36);
  return Number.isSafeInteger(number) && number.toString(36) === id ? String(number) : null;
}

function memberOf(number: string, card: Buffer): Member {
  return { id: idOf(number), card };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
