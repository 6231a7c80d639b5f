/** The rooms that several servers share, in Redis. */
import type { FrameRequest, JoinRequest, Member, RefusalCode } from '../../shared/signal-wire.ts';
import type { RoomLimits } from '../limits.ts';
import type { Chance, Order } from '../memory-rooms.ts';
import type { Eventually, Rooms } from '../rooms-interface.ts';
import { RoomsUnavailable } from '../rooms-interface.ts';
import type { Rows, Store } from './store.ts';

/** Seeds of what Lua takes for chance are below this. */
const SEEDS = 2 ** 31 - 1;
/** Frames of one client that are under way in Redis before the next waits for them. */
const ABREAST = 16;
/** How often Redis is told that a room is in use, as a part of how long it may be idle. */
const TOUCHES = 100;

/** What is known of a client that has a place. */
interface Place {
  readonly nameplate: string;
  /** A word that no other room has, not even a later one under the same nameplate. */
  readonly room: string;
  /** Its member's number, in decimal digits. */
  readonly number: string;
  /** Frames sent so far, by the number of the member they went to. */
  readonly sent: Map<string, number>;
  /** Frames that Redis has not answered yet. */
  underWay: number;
  touchedAt: number;
}

/** Rooms that live in a store. What members with this server tell each other does not leave it. */
export class RedisRooms implements Rooms {
  readonly #store: Pick<Store, 'run' | 'runLater' | 'stats'>;
  readonly #limits: RoomLimits;
  readonly #chance: Chance;
  /** Carries out orders that nobody here asked for. */
  readonly #perform: (orders: Order<string>[]) => void;
  /** The clients of this server that have a place. */
  readonly #places = new Map<string, Place>();
  /** The same by where they are. */
  readonly #clients = new Map<string, string>();

  constructor(
    store: Pick<Store, 'run' | 'runLater' | 'stats'>,
    limits: RoomLimits,
    chance: Chance,
    perform: (orders: Order<string>[]) => void,
  ) {
    this.#store = store;
    this.#limits = limits;
    this.#chance = chance;
    this.#perform = perform;
  }

  get stats(): { rooms: number; members: number } {
    return this.#store.stats;
  }

  /** Those of the rooms that have members here; some more than once. */
  get nameplates(): string[] {
    return Array.from(this.#places.values(), ({ nameplate }) => nameplate);
  }

  /** All places of this server are void. */
  clear(): void {
    this.#places.clear();
    this.#clients.clear();
  }

  /** Others did something that clients of this server are to be told. */
  heard(rows: Rows): void {
    this.#perform(this.#ordersFor('', rows));
  }

  async join(client: string, request: JoinRequest, now: number): Promise<Order<string>[]> {
    const { nameplate, card, capacity, resume } = request;
    const asked = [client, nameplate ?? '', bufferOf(card)];
    const rows =
      resume === undefined
        ? await this.#store.run(
            'join',
            ...asked,
            String(capacity),
            this.#chance.token(),
            String(this.#chance.integer(SEEDS)),
          )
        : await this.#store.run('resume', ...asked, resume);
    const orders = this.#ordersFor(client, rows);
    const welcome = rows.find(([type]) => type?.toString() === 'welcome');
    if (welcome !== undefined) {
      const [, at = '', room = '', number = ''] = welcome.map(String);
      this.#places.set(client, { nameplate: at, room, number, sent: new Map(), underWay: 0, touchedAt: now });
      this.#clients.set(`${room} ${number}`, client);
      // By the time that Redis hears of it the client has been told.
      this.#store.runLater('confirm', client).catch(ignore);
    }
    return orders;
  }

  frame(client: string, { to, data }: FrameRequest, now: number): Eventually<Order<string>[]> {
    const place = this.#places.get(client);
    if (place === undefined) return [{ type: 'drop', to: client, error: 'unavailable' }];
    const number = numberOf(to);
    if (number === null || number === place.number) return [{ type: 'fault', to: client, error: 'unknown-member' }];
    const count = (place.sent.get(number) ?? 0) + 1;
    if (count > this.#limits.framesPerPair)
      return [{ type: 'drop', to: client, error: 'limit' }, ...this.leave(client)];
    place.sent.set(number, count);
    this.#touch(place, now);
    const target = this.#clients.get(`${place.room} ${number}`);
    // Behind those under way, which may be for the same, as it was elsewhere before.
    if (target !== undefined && place.underWay === 0) {
      return [{ type: 'frame', to: target, from: idOf(place.number), data }];
    }
    const sent = this.#pass(client, place, number, data);
    return place.underWay < ABREAST ? [] : sent;
  }

  async free(client: string, member: string): Promise<Order<string>[]> {
    const number = numberOf(member);
    if (number === null) return [{ type: 'fault', to: client, error: 'unknown-member' }];
    return this.#ordersFor(client, await this.#store.run('free', client, number));
  }

  /** Returns before others can tell: soon after, they are told, and the place can be taken. */
  leave(client: string): Order<string>[] {
    this.#forget(client);
    const left = this.#store.runLater('leave', client);
    // Where Redis cannot be reached, the place ends as all of this server do.
    left.then((rows) => this.#perform(this.#ordersFor(client, rows)), ignore);
    return [];
  }

  async lose(client: string): Promise<Order<string>[]> {
    this.#forget(client);
    return this.#ordersFor(client, await this.#store.run('lose', client));
  }

  /** Does nothing: the store does so with each beat. */
  sweep(): Order<string>[] {
    return [];
  }

  /** Has Redis pass a frame on to whichever server has its receiver, or keep it. Resolves to nothing, in any case. */
  async #pass(client: string, place: Place, to: string, data: Uint8Array): Promise<Order<string>[]> {
    place.underWay += 1;
    try {
      const rows = await this.#store.run('frame', client, place.nameplate, place.number, to, bufferOf(data));
      if (rows[0]?.[0]?.toString() === 'fault') place.sent.delete(to);
      this.#perform(this.#ordersFor(client, rows));
    } catch (error) {
      if (!(error instanceof RoomsUnavailable)) throw error;
      this.#perform([{ type: 'drop', to: client, error: 'unavailable' }]);
    } finally {
      place.underWay -= 1;
    }
    return [];
  }

  #touch(place: Place, now: number): void {
    if (now - place.touchedAt < this.#limits.roomIdle / TOUCHES) return;
    place.touchedAt = now;
    this.#store.runLater('touch', place.nameplate).catch(ignore);
  }

  #forget(client: string): void {
    const place = this.#places.get(client);
    if (place === undefined) return;
    this.#places.delete(client);
    const at = `${place.room} ${place.number}`;
    if (this.#clients.get(at) === client) this.#clients.delete(at);
  }

  #ordersFor(client: string, rows: Rows): Order<string>[] {
    const orders = ordersFor(client, rows);
    for (const { type, to } of orders) if (type === 'drop') this.#forget(to);
    return orders;
  }
}

/** What to do about an operation that failed, of which the store has told already. */
const ignore = () => {};

/** Reads what the script answered to a client's request, or told another server. */
export function ordersFor(client: string, rows: Rows): Order<string>[] {
  return rows.map(([type, ...parts]): Order<string> => {
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
      // This server was taken for dead, and its places were given away.
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
        throw new Error(`an order of no known kind: ${String(type)}`);
    }
  });
}

/** A member's id, of its number in decimal digits. */
function idOf(number: string): string {
  return Number(number).toString(36);
}

/**
 * The number that an id stands for, in decimal digits; null where it is another spelling of it, or more than can be
 * counted: neither names anybody.
 */
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
