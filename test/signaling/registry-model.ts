/** A model of the rooms: what must be true of any registry, kept beside one and compared after every act. */
import assert from 'node:assert/strict';
import { LIMITS } from '../../signaling/limits.ts';
import type { Order } from '../../signaling/registry.ts';
import { Registry } from '../../signaling/registry.ts';
import { card } from './kit.ts';

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
  client: number | null;
  lostAt: number;
  gone: boolean;
}

/** Runs acts; throws where a promise is broken. Returns how often the interesting things happened. */
export function run(acts: readonly Act[]): { resumed: number; full: number } {
  const model = new Model();
  for (const act of acts) model.step(act);
  model.empty();
  return model;
}

class Model {
  resumed = 0;
  full = 0;
  #now = 0;
  #count = 0;
  readonly #places: Place[] = [];
  readonly #capacity = new Map<string, number>();
  readonly #registry = new Registry<number>(LIMITS, {
    integer: (below) => this.#next() % below,
    token: () => `token${this.#next()}`,
  });

  step(act: Act): void {
    const orders = this.#act(act);
    const living = this.#living();
    assert.equal(this.#registry.members, living.length);
    assert.equal(this.#registry.rooms, new Set(living.map(({ nameplate }) => nameplate)).size);
    for (const { nameplate } of living)
      assert.ok(this.#inRoom(nameplate).length <= (this.#capacity.get(nameplate) ?? 0));
    for (const order of orders) if (order.type === 'drop') assert.ok(!this.#registry.has(order.to));
  }

  /** Everyone leaves, and nothing is left. */
  empty(): void {
    for (const { client } of this.#living()) if (client !== null) this.#registry.leave(client, this.#now);
    this.#registry.sweep(this.#now + LIMITS.grace);
    assert.deepEqual([this.#registry.rooms, this.#registry.members], [0, 0]);
  }

  #act(act: Act): Order<number>[] {
    switch (act.type) {
      case 'join':
        return this.#join(act.client, act.nameplate, act.capacity);
      case 'resume':
        return this.#resume(act.client, this.#places[act.place], act.honest);
      case 'frame':
        return this.#frame(act.client, act.to);
      case 'free':
        return this.#free(act.client, act.member);
      case 'leave': {
        const place = this.#placeOf(act.client);
        const orders = this.#registry.leave(act.client, this.#now);
        if (place === undefined) assert.deepEqual(orders, []);
        else this.#vacated(place, orders);
        return orders;
      }
      case 'lose': {
        const place = this.#placeOf(act.client);
        this.#registry.lose(act.client, this.#now);
        if (place !== undefined) Object.assign(place, { client: null, lostAt: this.#now });
        return [];
      }
      case 'wait': {
        this.#now += act.ms;
        const overdue = this.#living().filter(
          (each) => each.client === null && this.#now - each.lostAt >= LIMITS.grace,
        );
        for (const place of overdue) place.gone = true;
        const orders = this.#registry.sweep(this.#now);
        for (const order of orders) assert.equal(order.type, 'left');
        return orders;
      }
    }
  }

  #join(client: number, nameplate: string | null, capacity: number): Order<number>[] {
    const present = nameplate === null ? [] : this.#inRoom(nameplate);
    const known = this.#placeOf(client) !== undefined;
    const used = new Set(this.#living().map((each) => each.nameplate));
    const orders = this.#registry.join(client, { nameplate, card: card(this.#places.length), capacity }, this.#now);
    const [first, ...rest] = orders;
    assert.ok(first?.type === 'answer' && first.to === client);
    const { answer } = first;
    if ('error' in answer) {
      const full = present.length > 0 && present.length >= (this.#capacity.get(nameplate ?? '') ?? 0);
      assert.equal(answer.error, known ? 'already-joined' : full ? 'room-full' : 'none');
      this.full += full && !known ? 1 : 0;
      return orders;
    }
    assert.ok(!known);
    if (nameplate === null) assert.ok(!used.has(answer.nameplate), 'an allocated nameplate was in use');
    else assert.equal(answer.nameplate, nameplate);
    if (present.length === 0) this.#capacity.set(answer.nameplate, capacity);
    assert.deepEqual(
      answer.members,
      present.map((each) => ({ id: each.id, card: each.card })),
    );
    const member = { id: answer.self, card: card(this.#places.length) };
    assert.deepEqual(
      rest,
      this.#toldOf(present).map((to) => ({ type: 'came', to, member })),
    );
    assert.ok(present.every(({ id }) => id !== member.id));
    const { token } = answer;
    this.#places.push({ ...member, nameplate: answer.nameplate, token, client, lostAt: 0, gone: false });
    return orders;
  }

  #resume(client: number, place: Place | undefined, honest: boolean): Order<number>[] {
    if (place === undefined) return [];
    const known = this.#placeOf(client) !== undefined;
    const bytes = honest ? place.card : card(250);
    const request = { nameplate: place.nameplate, card: bytes, capacity: 2, resume: place.token };
    const orders = this.#registry.join(client, request, this.#now);
    const answered = orders.find((order) => order.type === 'answer');
    assert.ok(answered?.to === client);
    const { answer } = answered;
    if ('error' in answer) {
      assert.ok(known || place.gone || !honest, `refused with ${answer.error}`);
      return orders;
    }
    assert.ok(!known && !place.gone && honest, 'resumed without the right to');
    assert.equal(answer.self, place.id);
    if (place.client !== null) assert.deepEqual(orders[0], { type: 'drop', to: place.client, error: 'already-joined' });
    place.client = client;
    this.resumed += 1;
    return orders;
  }

  #frame(client: number, to: string): Order<number>[] {
    const sender = this.#placeOf(client);
    const data = card(77);
    const orders = this.#registry.frame(client, { to, data }, this.#now);
    const target = sender && this.#inRoom(sender.nameplate).find((each) => each.id === to && each !== sender);
    if (sender === undefined) assert.deepEqual(orders, [{ type: 'drop', to: client, error: 'unknown-room' }]);
    else if (target === undefined) assert.deepEqual(orders, [{ type: 'fault', to: client, error: 'unknown-member' }]);
    else if (target.client === null) assert.deepEqual(orders, []);
    else assert.deepEqual(orders, [{ type: 'frame', to: target.client, from: sender.id, data }]);
    return orders;
  }

  #free(client: number, member: string): Order<number>[] {
    const asker = this.#placeOf(client);
    const orders = this.#registry.free(client, member, this.#now);
    const room = asker === undefined ? [] : this.#inRoom(asker.nameplate);
    const target = room.find((each) => each.id === member);
    if (asker !== undefined && target !== undefined && room.indexOf(target) > room.indexOf(asker)) {
      const [first, ...rest] = orders;
      if (target.client !== null) assert.deepEqual(first, { type: 'drop', to: target.client, error: 'idle' });
      this.#vacated(target, target.client === null ? orders : rest);
    } else assert.equal(orders.length, 1);
    return orders;
  }

  #vacated(place: Place, orders: Order<number>[]): void {
    place.gone = true;
    const told = this.#toldOf(this.#inRoom(place.nameplate));
    assert.deepEqual(
      orders,
      told.map((to) => ({ type: 'left', to, member: place.id })),
    );
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  #toldOf(places: readonly Place[]): number[] {
    return places.flatMap(({ client }) => (client === null ? [] : [client]));
  }

  #living(): Place[] {
    return this.#places.filter(({ gone }) => !gone);
  }

  #inRoom(nameplate: string): Place[] {
    return this.#living().filter((each) => each.nameplate === nameplate);
  }

  #placeOf(client: number): Place | undefined {
    return this.#living().find((each) => each.client === client);
  }
}
