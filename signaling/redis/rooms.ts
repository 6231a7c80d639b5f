/** The rooms that several servers share, in Redis. */
import type { FrameRequest, JoinRequest, Member, RefusalCode } from '../../shared/signal-wire.ts';
import type { Chance, Order } from '../registry.ts';
import type { Rooms } from '../rooms.ts';
import type { Rows, Store } from './store.ts';

/** Seeds of what Lua takes for chance are below this. */
const SEEDS = 2 ** 31 - 1;

/** Rooms that live in a store. */
export class RedisRooms implements Rooms {
  readonly #store: Pick<Store, 'run' | 'stats'>;
  readonly #chance: Chance;
  /** Carries out orders that nobody here asked for. */
  readonly #perform: (orders: Order<string>[]) => void;
  /** The nameplate of the room of each client that has one. */
  readonly #nameplates: Map<string, string>;

  constructor(
    store: Pick<Store, 'run' | 'stats'>,
    chance: Chance,
    nameplates: Map<string, string>,
    perform: (orders: Order<string>[]) => void,
  ) {
    this.#store = store;
    this.#chance = chance;
    this.#nameplates = nameplates;
    this.#perform = perform;
  }

  get stats(): { rooms: number; members: number } {
    return this.#store.stats;
  }

  async join(client: string, { nameplate, card, capacity, resume }: JoinRequest): Promise<Order<string>[]> {
    const packed = Buffer.from(card).toString('base64');
    const rows =
      resume === undefined
        ? await this.#store.run(
            'join',
            client,
            nameplate ?? '',
            packed,
            String(capacity),
            this.#chance.token(),
            String(this.#chance.integer(SEEDS)),
          )
        : await this.#store.run('resume', client, nameplate ?? '', packed, resume);
    const orders = ordersFor(client, rows);
    const answer = orders.find((order) => order.type === 'answer')?.answer;
    if (answer !== undefined && 'self' in answer) {
      this.#nameplates.set(client, answer.nameplate);
      void this.#confirm(client, answer.members);
    }
    return orders;
  }

  async frame(client: string, { to, data }: FrameRequest): Promise<Order<string>[]> {
    const number = String(Number.parseInt(to, 36));
    // Another spelling of the same number names nobody.
    if (idOf(number) !== to) return [{ type: 'fault', to: client, error: 'unknown-member' }];
    let rows = await this.#store.run('frame', client, number);
    if (rows[0]?.[0] === 'hold') {
      const packed = Buffer.from(data).toString('base64');
      rows = await this.#store.run('frame', client, number, packed, String(data.length));
    }
    return ordersFor(client, rows, data);
  }

  async free(client: string, member: string): Promise<Order<string>[]> {
    const number = String(Number.parseInt(member, 36));
    if (idOf(number) !== member) return [{ type: 'fault', to: client, error: 'unknown-member' }];
    return ordersFor(client, await this.#store.run('free', client, number));
  }

  async leave(client: string): Promise<Order<string>[]> {
    this.#nameplates.delete(client);
    return ordersFor(client, await this.#store.run('leave', client));
  }

  async lose(client: string): Promise<Order<string>[]> {
    this.#nameplates.delete(client);
    return ordersFor(client, await this.#store.run('lose', client));
  }

  /** Does nothing: the store does so with each beat. */
  sweep(): Order<string>[] {
    return [];
  }

  /**
   * Another server may have told a client who came or left before the client was told that it is in, as Redis talks
   * to each server over more than one connection. So once it has been told, it is told what has changed since; being
   * told twice means nothing.
   */
  async #confirm(client: string, known: readonly Member[]): Promise<void> {
    const rows = await this.#store.run('confirm', client).catch(() => [['gone']]);
    if (rows[0]?.[0] === 'gone') return;
    const members = rows.map(([order = '', card = '']) => memberOf(order, card));
    const [before, now] = [known, members].map((each) => new Set(each.map(({ id }) => id)));
    this.#perform([
      ...members.flatMap((member) => (before?.has(member.id) ? [] : [{ type: 'came', to: client, member } as const])),
      ...known.flatMap(({ id }) => (now?.has(id) ? [] : [{ type: 'left', to: client, member: id } as const])),
    ]);
  }
}

/** Reads what the script answered to a client's request; `data` is the frame it asked about. */
export function ordersFor(client: string, rows: Rows, data: Uint8Array = new Uint8Array(0)): Order<string>[] {
  return rows.map(([type = '', ...parts]): Order<string> => {
    const [to = '', order = '', third] = parts;
    switch (type) {
      case 'welcome': {
        const [nameplate = '', self = '', token = '', ...others] = parts;
        const members = others.flatMap((each, index) =>
          index % 2 === 0 ? [memberOf(each, others[index + 1] ?? '')] : [],
        );
        return { type: 'answer', to: client, answer: { nameplate, self: idOf(self), token, members } };
      }
      case 'refused':
        return { type: 'answer', to: client, answer: { error: to as RefusalCode } };
      // This server was taken for dead, and its places were given away.
      case 'gone':
        return { type: 'drop', to: client, error: 'unavailable' };
      case 'came':
        return { type: 'came', to, member: memberOf(order, third ?? '') };
      case 'left':
        return { type: 'left', to, member: idOf(order) };
      case 'frame':
        return {
          type: 'frame',
          to,
          from: idOf(order),
          data: third === undefined ? data : Buffer.from(third, 'base64'),
        };
      case 'fault':
      case 'drop':
        return { type, to, error: order as RefusalCode };
      default:
        throw new Error(`an order of no known kind: ${type}`);
    }
  });
}

/** A member's id, of its number in decimal digits. */
function idOf(number: string): string {
  return Number(number).toString(36);
}

function memberOf(number: string, card: string): Member {
  return { id: idOf(number), card: Buffer.from(card, 'base64') };
}
