/** A reconnect that is disturbed at some points. Each frame of handshakes and links is such a point. */
import assert from 'node:assert/strict';
import type { Order } from '../../peer/core/facts-and-orders.ts';
import { FLIGHT } from '../../peer/crypto/index.ts';
import { FakeNetwork } from '../core/fake-network.ts';
import type { FakeProgram } from '../core/fake-program.ts';

/** The disturbances that may happen at a point. */
export const DISTURBANCES = ['cut', 'silence', 'lose', 'late', 'no path', 'junk', 'server gone'] as const;
/** One disturbance. */
export type Disturbance = (typeof DISTURBANCES)[number];
/** The disturbance at each point, counted from the moment the link was cut. */
export type Plan = ReadonlyMap<number, Disturbance>;

/** Tickets that a side may hold at most: two of the proven session, and two of a pending one. */
const MAX_TICKETS = 4;
/** How long (ms) a server stays away. */
const SERVER_GONE = 3_000;

/** A REPLY of the right form with wrong content. */
function junkReply(network: FakeNetwork): Uint8Array {
  const bytes = network.random(1217);
  bytes[0] = FLIGHT.reply;
  return bytes;
}

/** Two programs in a conversation, whose link is cut, and whose reconnect is disturbed. */
class Reconnect {
  readonly network: FakeNetwork;
  readonly programs: readonly [FakeProgram, FakeProgram];
  /** Whether the last point came before the two were connected again. */
  inTime = false;
  #points = 0;
  readonly #plan: Plan;
  #started = false;
  #serverBackAt = 0;
  #late: Uint8Array | null = null;
  readonly #open = new Map<string, Set<number>>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.network = new FakeNetwork(plan.size);
    this.programs = [this.network.program('alice'), this.network.program('bob')];
    this.#watchRooms();
    this.network.tamper = ({ bytes }) => this.#pass(bytes, true);
    this.network.tamperFrame = (bytes) => this.#pass(bytes, false);
  }

  /** Runs it. Asserts that the two reconnect and that each text is shown once. */
  run(silently: boolean): void {
    const { network } = this;
    const [alice, bob] = this.programs;
    for (const program of this.programs) program.start();
    this.#sayBoth('before');
    network.pass(1_000);
    this.#sayBoth('on its way');
    this.#started = true;
    network.cutLinks(silently);
    this.#sayBoth('while away');
    network.pass(30_000);
    this.#started = false;
    network.linksWork = true;
    for (let wait = 0; wait < 12 && !this.#bothConnected; wait++) network.pass(5_000);
    this.#sayBoth('after');
    network.pass(6_000);
    const texts = ['before', 'on its way', 'while away', 'after'];
    for (const program of [alice, bob]) {
      const context = `${JSON.stringify([...this.#plan])} ${program.name}: ${JSON.stringify(program.errors)}`;
      assert.equal(program.of('peer').at(-1)?.status, 'connected', context);
      assert.deepEqual(program.texts, texts, context);
      assert.equal(program.of('delivered').length, texts.length, context);
      assert.ok(program.of('peer').every(({ trust }) => trust === 'new'));
    }
  }

  get #bothConnected(): boolean {
    return this.programs.every((program) => program.of('peer').at(-1)?.status === 'connected');
  }

  get #foundBack(): boolean {
    return this.#bothConnected && this.programs.every((program) => program.of('delivered').length === 3);
  }

  #sayBoth(text: string): void {
    for (const program of this.programs) program.send(text);
  }

  /** A side enters the room of each ticket it holds, so the number of its rooms is that of its tickets. */
  #watchRooms(): void {
    const perform = this.network.perform.bind(this.network);
    this.network.perform = (program: FakeProgram, orders: readonly Order[]) => {
      const open = this.#open.get(program.name) ?? new Set();
      this.#open.set(program.name, open);
      for (const order of orders) {
        if (order.type === 'openRoom') open.add(order.room);
        if (order.type === 'leaveRoom') open.delete(order.room);
        assert.ok(open.size <= MAX_TICKETS, `${open.size} rooms at once`);
      }
      perform(program, orders);
    };
  }

  #pass(bytes: Uint8Array, handshake: boolean): Uint8Array[] {
    if (!this.#started) return [bytes];
    const disturbance = this.#plan.get(this.#points++);
    if (disturbance !== undefined) {
      this.inTime = !this.#foundBack;
      return this.#disturb(disturbance, bytes, handshake);
    }
    if (handshake && this.network.clock.now < this.#serverBackAt) return [];
    const late = this.#late;
    if (late === null || !handshake) return [bytes];
    this.#late = null;
    return [bytes, late];
  }

  #disturb(disturbance: Disturbance, bytes: Uint8Array, handshake: boolean): Uint8Array[] {
    const { network } = this;
    switch (disturbance) {
      case 'cut':
      case 'silence':
        network.cutLinks(disturbance === 'silence');
        return [];
      case 'lose':
        return [];
      case 'late':
        if (handshake) this.#late = bytes;
        return handshake ? [] : [bytes];
      case 'no path':
        network.linksWork = false;
        return [bytes];
      case 'junk':
        return handshake ? [junkReply(network), bytes, junkReply(network)] : [bytes];
      case 'server gone':
        this.#serverBackAt = network.clock.now + SERVER_GONE;
        return handshake ? [] : [bytes];
    }
  }
}

/** Runs a reconnect with disturbances. Returns whether the last one came before the two were connected again. */
export function disturb(plan: Plan, silently: boolean): boolean {
  const reconnect = new Reconnect(plan);
  reconnect.run(silently);
  return reconnect.inTime;
}
