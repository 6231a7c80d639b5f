/** A reconnect that is disturbed at some points: each frame on its way, of handshakes and links, is such a point. */
import assert from 'node:assert/strict';
import type { Order } from '../../peer/core/facts-and-orders.ts';
import { FLIGHT } from '../../peer/crypto/index.ts';
import { World } from '../core/fake-network.ts';
import type { Person } from '../core/fake-program.ts';

/** What may happen at a point. */
export const DISTURBANCES = ['cut', 'silence', 'lose', 'late', 'no path', 'junk', 'server gone'] as const;
/** One of them. */
export type Disturbance = (typeof DISTURBANCES)[number];
/** What happens at which point, counted from the moment the link was cut. */
export type Plan = ReadonlyMap<number, Disturbance>;

/** Tickets a side may hold, at most: its proven session's and a pending one's, two each. */
const MAX_TICKETS = 4;
/** How long (ms) a server that is gone takes to come back. */
const SERVER_GONE = 3_000;

/** A REPLY of the right form and nothing right in it. */
function junkReply(world: World): Uint8Array {
  const bytes = world.random(1217);
  bytes[0] = FLIGHT.reply;
  return bytes;
}

/** Two people in the middle of a conversation, who are cut off and disturbed while they find back. */
class Reconnect {
  readonly world: World;
  readonly people: readonly [Person, Person];
  /** Whether the last point came while the two had not found back yet. */
  inTime = false;
  #points = 0;
  readonly #plan: Plan;
  #started = false;
  #serverBackAt = 0;
  #late: Uint8Array | null = null;
  readonly #open = new Map<string, Set<number>>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.world = new World(plan.size);
    this.people = [this.world.person('alice'), this.world.person('bob')];
    this.#watchRooms();
    this.world.tamper = ({ bytes }) => this.#pass(bytes, true);
    this.world.tamperFrame = (bytes) => this.#pass(bytes, false);
  }

  /** The whole story. Asserts that they meet again and that each message was shown once. */
  run(silently: boolean): void {
    const { world } = this;
    const [alice, bob] = this.people;
    for (const person of this.people) person.start();
    this.#sayBoth('before');
    world.pass(1_000);
    this.#sayBoth('on its way');
    this.#started = true;
    world.cutLinks(silently);
    this.#sayBoth('while away');
    world.pass(30_000);
    this.#started = false;
    world.linksWork = true;
    for (let wait = 0; wait < 12 && !this.#bothConnected; wait++) world.pass(5_000);
    this.#sayBoth('after');
    world.pass(6_000);
    const texts = ['before', 'on its way', 'while away', 'after'];
    for (const person of [alice, bob]) {
      const context = `${JSON.stringify([...this.#plan])} ${person.name}: ${JSON.stringify(person.errors)}`;
      assert.equal(person.of('peer').at(-1)?.status, 'connected', context);
      assert.deepEqual(person.texts, texts, context);
      assert.equal(person.of('delivered').length, texts.length, context);
      assert.ok(person.of('peer').every(({ trust }) => trust === 'new'));
    }
  }

  get #bothConnected(): boolean {
    return this.people.every((person) => person.of('peer').at(-1)?.status === 'connected');
  }

  get #foundBack(): boolean {
    return this.#bothConnected && this.people.every((person) => person.of('delivered').length === 3);
  }

  #sayBoth(text: string): void {
    for (const person of this.people) person.say(text);
  }

  /** A side enters the room of each ticket it holds, so the rooms it is in tell how many these are. */
  #watchRooms(): void {
    const perform = this.world.perform.bind(this.world);
    this.world.perform = (person: Person, orders: readonly Order[]) => {
      const open = this.#open.get(person.name) ?? new Set();
      this.#open.set(person.name, open);
      for (const order of orders) {
        if (order.type === 'openRoom') open.add(order.room);
        if (order.type === 'leaveRoom') open.delete(order.room);
        assert.ok(open.size <= MAX_TICKETS, `${open.size} rooms at once`);
      }
      perform(person, orders);
    };
  }

  #pass(bytes: Uint8Array, handshake: boolean): Uint8Array[] {
    if (!this.#started) return [bytes];
    const disturbance = this.#plan.get(this.#points++);
    if (disturbance !== undefined) {
      this.inTime = !this.#foundBack;
      return this.#disturb(disturbance, bytes, handshake);
    }
    if (handshake && this.world.clock.now < this.#serverBackAt) return [];
    const late = this.#late;
    if (late === null || !handshake) return [bytes];
    this.#late = null;
    return [bytes, late];
  }

  #disturb(disturbance: Disturbance, bytes: Uint8Array, handshake: boolean): Uint8Array[] {
    const { world } = this;
    switch (disturbance) {
      case 'cut':
      case 'silence':
        world.cutLinks(disturbance === 'silence');
        return [];
      case 'lose':
        return [];
      case 'late':
        if (handshake) this.#late = bytes;
        return handshake ? [] : [bytes];
      case 'no path':
        world.linksWork = false;
        return [bytes];
      case 'junk':
        return handshake ? [junkReply(world), bytes, junkReply(world)] : [bytes];
      case 'server gone':
        this.#serverBackAt = world.clock.now + SERVER_GONE;
        return handshake ? [] : [bytes];
    }
  }
}

/** Runs a reconnect with disturbances. Returns whether the last came before the two had found back. */
export function disturb(plan: Plan, silently: boolean): boolean {
  const reconnect = new Reconnect(plan);
  reconnect.run(silently);
  return reconnect.inTime;
}
