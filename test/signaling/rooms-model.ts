/** A model of the rooms that any implementation of `Rooms` is compared with after every step. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LIMITS } from '../../signaling/limits.ts';
import type { RoomOrder, Rooms } from '../../signaling/rooms-interface.ts';
import { card } from './test-server.ts';

/** An implementation of rooms under test. Its answers hold all orders that follow, also those for other servers. */
export interface Subject {
  /** The rooms as the server of a client sees them. */
  of(client: number): Rooms;
  /** Lets time pass until `now`, in ms. Returns the orders that follow. */
  sweep(now: number): Promise<RoomOrder[]>;
  stats(): Promise<{ rooms: number; members: number }>;
}

/** A step: something that a client does, or time that passes. A client that comes back keeps its number. */
export type Step =
  | { type: 'join'; client: number; nameplate: string | null; capacity: number }
  /** With the token of any slot there ever was. `honest`: with its card too. */
  | { type: 'resume'; client: number; slot: number; honest: boolean }
  | { type: 'frame'; client: number; to: string }
  | { type: 'free'; client: number; member: string }
  | { type: 'leave' | 'lose'; client: number }
  | { type: 'wait'; ms: number };

interface Slot {
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
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('join' as const),
    client: someone,
    nameplate: fc.constantFrom(null, 'a', 'a', '1'),
    capacity: fc.integer({ min: 2, max: 3 }),
  }),
  fc.record({
    type: fc.constant('resume' as const),
    client: someone,
    slot: fc.nat({ max: 12 }),
    honest: fc.boolean(),
  }),
  fc.record({ type: fc.constant('frame' as const), client: someone, to: anId }),
  fc.record({ type: fc.constant('free' as const), client: someone, member: anId }),
  fc.record({ type: fc.constantFrom('leave' as const, 'lose' as const), client: someone }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 4_000, 11_000) }),
);

/** Up to `most` steps. */
export function anySteps(most: number): fc.Arbitrary<Step[]> {
  return fc.array(anyStep, { maxLength: most, size: 'max' });
}

/** Runs steps. Throws if the subject differs from the model. Returns how often slots were resumed and joins refused. */
export async function run(steps: readonly Step[], subject: Subject): Promise<{ resumed: number; full: number }> {
  const model = new Model(subject);
  for (const step of steps) await model.step(step);
  await model.empty();
  return model;
}

class Model {
  resumed = 0;
  full = 0;
  #now = 0;
  #count = 0;
  readonly #subject: Subject;
  readonly #slots: Slot[] = [];
  readonly #capacity = new Map<string, number>();

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  async step(step: Step): Promise<void> {
    await this.#run(step);
    const living = this.#living();
    const rooms = new Set(living.map(({ nameplate }) => nameplate)).size;
    assert.deepEqual(await this.#subject.stats(), { rooms, members: living.length });
    for (const { nameplate } of living)
      assert.ok(this.#inRoom(nameplate).length <= (this.#capacity.get(nameplate) ?? 0));
  }

  /** Lets everyone leave, and checks that nothing is left. */
  async empty(): Promise<void> {
    for (const { client } of this.#living()) if (client !== null) await this.#rooms(client).leave(client, this.#now);
    await this.#subject.sweep(this.#now + LIMITS.grace);
    assert.deepEqual(await this.#subject.stats(), { rooms: 0, members: 0 });
  }

  async #run(step: Step): Promise<void> {
    const slot = 'client' in step ? this.#slotOf(step.client) : undefined;
    // The server never joins a client that has a slot, and asks nothing for one that has none.
    const name = slot?.client ?? null;
    switch (step.type) {
      case 'join':
        return name === null ? this.#join(this.#fresh(step.client), step.nameplate, step.capacity) : undefined;
      case 'resume':
        return name === null ? this.#resume(this.#fresh(step.client), this.#slots[step.slot], step.honest) : undefined;
      case 'frame':
        return name === null ? undefined : this.#frame(name, step.to);
      case 'free':
        return name === null ? undefined : this.#free(name, step.member);
      case 'leave':
        if (name !== null) this.#vacated(slot as Slot, await this.#rooms(name).leave(name, this.#now));
        return;
      case 'lose':
        if (name === null) return;
        assert.deepEqual(await this.#rooms(name).lose(name, this.#now), []);
        Object.assign(slot as Slot, { client: null, lostAt: this.#now });
        return;
      case 'wait': {
        this.#now += step.ms;
        const overdue = this.#living().filter(
          (each) => each.client === null && this.#now - each.lostAt >= LIMITS.grace,
        );
        for (const each of overdue) each.gone = true;
        for (const order of await this.#subject.sweep(this.#now)) assert.equal(order.type, 'left');
        return;
      }
      default:
        step satisfies never;
    }
  }

  async #join(client: string, nameplate: string | null, capacity: number): Promise<void> {
    const present = nameplate === null ? [] : this.#inRoom(nameplate);
    const used = new Set(this.#living().map((each) => each.nameplate));
    const request = { nameplate, card: card(this.#slots.length), capacity };
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
    if (nameplate === null) assert.ok(!used.has(answer.nameplate), 'a chosen nameplate was in use');
    else assert.equal(answer.nameplate, nameplate);
    if (present.length === 0) this.#capacity.set(answer.nameplate, capacity);
    same(
      answer.members,
      present.map((each) => ({ id: each.id, card: each.card })),
    );
    const member = { id: answer.self, card: card(this.#slots.length) };
    same(byReceiver(rest), byReceiver(this.#toldOf(present).map((to) => ({ type: 'came', to, member }))));
    assert.ok(present.every(({ id }) => id !== member.id));
    const { token } = answer;
    this.#slots.push({ ...member, nameplate: answer.nameplate, token, client, lostAt: 0, gone: false });
  }

  async #resume(client: string, slot: Slot | undefined, honest: boolean): Promise<void> {
    if (slot === undefined) return;
    const bytes = honest ? slot.card : card(250);
    const request = { nameplate: slot.nameplate, card: bytes, capacity: 2, resume: slot.token };
    const orders = await this.#rooms(client).join(client, request, this.#now);
    const answered = orders.find((order) => order.type === 'answer');
    assert.ok(answered?.to === client);
    const { answer } = answered;
    if ('error' in answer) {
      assert.ok(slot.gone || !honest, `refused with ${answer.error}`);
      return;
    }
    assert.ok(!slot.gone && honest, 'resumed without the right to');
    assert.equal(answer.self, slot.id);
    if (slot.client !== null) assert.deepEqual(orders[0], { type: 'drop', to: slot.client, error: 'already-joined' });
    slot.client = client;
    this.resumed += 1;
  }

  async #frame(client: string, to: string): Promise<void> {
    const sender = this.#living().find((each) => each.client === client) as Slot;
    const data = card(77);
    const orders = await this.#rooms(client).frame(client, { to, data }, this.#now);
    const target = this.#inRoom(sender.nameplate).find((each) => each.id === to && each !== sender);
    if (target === undefined) assert.deepEqual(orders, [{ type: 'fault', to: client, error: 'unknown-member' }]);
    else if (target.client === null) assert.deepEqual(orders, []);
    else same(orders, [{ type: 'frame', to: target.client, from: sender.id, data }]);
  }

  async #free(client: string, member: string): Promise<void> {
    const asker = this.#living().find((each) => each.client === client) as Slot;
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

  #vacated(slot: Slot, orders: RoomOrder[]): void {
    slot.gone = true;
    const told = this.#toldOf(this.#inRoom(slot.nameplate));
    assert.deepEqual(byReceiver(orders), byReceiver(told.map((to) => ({ type: 'left', to, member: slot.id }))));
  }

  /** The name of a client for its next join. */
  #fresh(client: number): string {
    this.#count += 1;
    return `${client}.${this.#count}`;
  }

  #rooms(name: string): Rooms {
    return this.#subject.of(Number.parseInt(name, 10));
  }

  #toldOf(slots: readonly Slot[]): string[] {
    return slots.flatMap(({ client }) => (client === null ? [] : [client]));
  }

  #living(): Slot[] {
    return this.#slots.filter(({ gone }) => !gone);
  }

  #inRoom(nameplate: string): Slot[] {
    return this.#living().filter((each) => each.nameplate === nameplate);
  }

  #slotOf(client: number): Slot | undefined {
    return this.#living().find((each) => each.client?.startsWith(`${client}.`));
  }
}

/** The answer to a join among orders. */
export function answerOf(orders: readonly RoomOrder[]) {
  return orders.find((order) => order.type === 'answer')?.answer ?? assert.fail();
}

/** Orders sorted by receiver: which of two receivers is told first does not matter. */
function byReceiver(orders: readonly RoomOrder[]): RoomOrder[] {
  return orders.toSorted((one, other) => (one.to < other.to ? -1 : 1));
}

/** Asserts equality. Bytes are equal whatever their class. */
export function same(actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), plain(expected));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
