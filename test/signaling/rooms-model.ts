/** A model of the rooms: what must be true of any registry, kept beside one and compared after every act. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LIMITS } from '../../signaling/limits.ts';
import type { Order } from '../../signaling/memory-rooms.ts';
import type { Rooms } from '../../signaling/rooms-interface.ts';
import { card } from './test-server.ts';

/** Rooms to be compared with the model; `of` is the server that a client is connected to. */
export interface Subject {
  of(client: number): Rooms;
  sweep(now: number): Promise<Order<string>[]>;
  stats(): Promise<{ rooms: number; members: number }>;
}

/** Something a client does, or time that passes. Clients are numbers; a lost one comes back under the same. */
export type Act =
  | { type: 'join'; client: number; nameplate: string | null; capacity: number }
  /** With the token of any place there ever was; honest: with its card, too. */
  | { type: 'resume'; client: number; place: number; honest: boolean }
  | { type: 'frame'; client: number; to: string }
  | { type: 'free'; client: number; member: string }
  | { type: 'leave' | 'lose'; client: number }
  | { type: 'wait'; ms: number };

interface Place {
  nameplate: string;
  id: string;
  token: string;
  card: Uint8Array;
  /** Null while its connection is lost. */
  client: string | null;
  lostAt: number;
  gone: boolean;
}

const someone = fc.nat({ max: 8 });
const anId = fc.constantFrom('1', '2', '3', '4');
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    type: fc.constant('join' as const),
    client: someone,
    nameplate: fc.constantFrom(null, 'a', 'a', '1'),
    capacity: fc.integer({ min: 2, max: 3 }),
  }),
  fc.record({
    type: fc.constant('resume' as const),
    client: someone,
    place: fc.nat({ max: 12 }),
    honest: fc.boolean(),
  }),
  fc.record({ type: fc.constant('frame' as const), client: someone, to: anId }),
  fc.record({ type: fc.constant('free' as const), client: someone, member: anId }),
  fc.record({ type: fc.constantFrom('leave' as const, 'lose' as const), client: someone }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 4_000, 11_000) }),
);

/** Up to so many acts. */
export function anyActs(most: number): fc.Arbitrary<Act[]> {
  return fc.array(anyAct, { maxLength: most, size: 'max' });
}

/** Runs acts; throws where a promise is broken. Returns how often the interesting things happened. */
export async function run(acts: readonly Act[], subject: Subject): Promise<{ resumed: number; full: number }> {
  const model = new Model(subject);
  for (const act of acts) await model.step(act);
  await model.empty();
  return model;
}

class Model {
  resumed = 0;
  full = 0;
  #now = 0;
  #count = 0;
  readonly #subject: Subject;
  readonly #places: Place[] = [];
  readonly #capacity = new Map<string, number>();

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  async step(act: Act): Promise<void> {
    await this.#act(act);
    const living = this.#living();
    const rooms = new Set(living.map(({ nameplate }) => nameplate)).size;
    assert.deepEqual(await this.#subject.stats(), { rooms, members: living.length });
    for (const { nameplate } of living)
      assert.ok(this.#inRoom(nameplate).length <= (this.#capacity.get(nameplate) ?? 0));
  }

  /** Everyone leaves, and nothing is left. */
  async empty(): Promise<void> {
    for (const { client } of this.#living()) if (client !== null) await this.#rooms(client).leave(client, this.#now);
    await this.#subject.sweep(this.#now + LIMITS.grace);
    assert.deepEqual(await this.#subject.stats(), { rooms: 0, members: 0 });
  }

  async #act(act: Act): Promise<void> {
    const place = 'client' in act ? this.#placeOf(act.client) : undefined;
    // Who has no place, and who has one, is the matchmaker's to know.
    const name = place?.client ?? null;
    switch (act.type) {
      case 'join':
        return name === null ? this.#join(this.#fresh(act.client), act.nameplate, act.capacity) : undefined;
      case 'resume':
        return name === null ? this.#resume(this.#fresh(act.client), this.#places[act.place], act.honest) : undefined;
      case 'frame':
        return name === null ? undefined : this.#frame(name, act.to);
      case 'free':
        return name === null ? undefined : this.#free(name, act.member);
      case 'leave':
        if (name !== null) this.#vacated(place as Place, await this.#rooms(name).leave(name, this.#now));
        return;
      case 'lose':
        if (name === null) return;
        assert.deepEqual(await this.#rooms(name).lose(name, this.#now), []);
        Object.assign(place as Place, { client: null, lostAt: this.#now });
        return;
      case 'wait': {
        this.#now += act.ms;
        const overdue = this.#living().filter(
          (each) => each.client === null && this.#now - each.lostAt >= LIMITS.grace,
        );
        for (const each of overdue) each.gone = true;
        for (const order of await this.#subject.sweep(this.#now)) assert.equal(order.type, 'left');
        return;
      }
      default:
        act satisfies never;
    }
  }

  async #join(client: string, nameplate: string | null, capacity: number): Promise<void> {
    const present = nameplate === null ? [] : this.#inRoom(nameplate);
    const used = new Set(this.#living().map((each) => each.nameplate));
    const request = { nameplate, card: card(this.#places.length), capacity };
    const orders = await this.#rooms(client).join(client, request, this.#now);
    const [first, ...rest] = orders;
    assert.ok(first?.type === 'answer' && first.to === client);
    const { answer } = first;
    if ('error' in answer) {
      const full = present.length > 0 && present.length >= (this.#capacity.get(nameplate ?? '') ?? 0);
      assert.equal(answer.error, full ? 'room-full' : 'none');
      this.full += 1;
      return;
    }
    if (nameplate === null) assert.ok(!used.has(answer.nameplate), 'an allocated nameplate was in use');
    else assert.equal(answer.nameplate, nameplate);
    if (present.length === 0) this.#capacity.set(answer.nameplate, capacity);
    same(
      answer.members,
      present.map((each) => ({ id: each.id, card: each.card })),
    );
    const member = { id: answer.self, card: card(this.#places.length) };
    same(byReceiver(rest), byReceiver(this.#toldOf(present).map((to) => ({ type: 'came', to, member }))));
    assert.ok(present.every(({ id }) => id !== member.id));
    const { token } = answer;
    this.#places.push({ ...member, nameplate: answer.nameplate, token, client, lostAt: 0, gone: false });
  }

  async #resume(client: string, place: Place | undefined, honest: boolean): Promise<void> {
    if (place === undefined) return;
    const bytes = honest ? place.card : card(250);
    const request = { nameplate: place.nameplate, card: bytes, capacity: 2, resume: place.token };
    const orders = await this.#rooms(client).join(client, request, this.#now);
    const answered = orders.find((order) => order.type === 'answer');
    assert.ok(answered?.to === client);
    const { answer } = answered;
    if ('error' in answer) {
      assert.ok(place.gone || !honest, `refused with ${answer.error}`);
      return;
    }
    assert.ok(!place.gone && honest, 'resumed without the right to');
    assert.equal(answer.self, place.id);
    if (place.client !== null) assert.deepEqual(orders[0], { type: 'drop', to: place.client, error: 'already-joined' });
    place.client = client;
    this.resumed += 1;
  }

  async #frame(client: string, to: string): Promise<void> {
    const sender = this.#living().find((each) => each.client === client) as Place;
    const data = card(77);
    const orders = await this.#rooms(client).frame(client, { to, data }, this.#now);
    const target = this.#inRoom(sender.nameplate).find((each) => each.id === to && each !== sender);
    if (target === undefined) assert.deepEqual(orders, [{ type: 'fault', to: client, error: 'unknown-member' }]);
    else if (target.client === null) assert.deepEqual(orders, []);
    else same(orders, [{ type: 'frame', to: target.client, from: sender.id, data }]);
  }

  async #free(client: string, member: string): Promise<void> {
    const asker = this.#living().find((each) => each.client === client) as Place;
    const orders = await this.#rooms(client).free(client, member, this.#now);
    const room = this.#inRoom(asker.nameplate);
    const target = room.find((each) => each.id === member);
    if (target === undefined || room.indexOf(target) <= room.indexOf(asker)) {
      assert.deepEqual(orders, [{ type: 'fault', to: client, error: 'unknown-member' }]);
      return;
    }
    const [first, ...rest] = orders;
    if (target.client !== null) assert.deepEqual(first, { type: 'drop', to: target.client, error: 'idle' });
    this.#vacated(target, target.client === null ? orders : rest);
  }

  #vacated(place: Place, orders: Order<string>[]): void {
    place.gone = true;
    const told = this.#toldOf(this.#inRoom(place.nameplate));
    assert.deepEqual(byReceiver(orders), byReceiver(told.map((to) => ({ type: 'left', to, member: place.id }))));
  }

  /** A name for one join of a client. */
  #fresh(client: number): string {
    this.#count += 1;
    return `${client}.${this.#count}`;
  }

  #rooms(name: string): Rooms {
    return this.#subject.of(Number.parseInt(name, 10));
  }

  #toldOf(places: readonly Place[]): string[] {
    return places.flatMap(({ client }) => (client === null ? [] : [client]));
  }

  #living(): Place[] {
    return this.#places.filter(({ gone }) => !gone);
  }

  #inRoom(nameplate: string): Place[] {
    return this.#living().filter((each) => each.nameplate === nameplate);
  }

  #placeOf(client: number): Place | undefined {
    return this.#living().find((each) => each.client?.startsWith(`${client}.`));
  }
}

/** The answer to a join among orders. */
export function answerOf(orders: readonly Order<string>[]) {
  return orders.find((order) => order.type === 'answer')?.answer ?? assert.fail();
}

/** Orders for different receivers, of whom none can tell which comes first. */
function byReceiver(orders: readonly Order<string>[]): Order<string>[] {
  return orders.toSorted((one, other) => (one.to < other.to ? -1 : 1));
}

/** Equal, whatever class its bytes are of. */
export function same(actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), plain(expected));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
