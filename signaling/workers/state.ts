/** The rooms and addresses of a server with several processes, kept by the primary one. */
import { Addresses } from '../address-limits.ts';
import type { Limits } from '../limits.ts';
import type { Order } from '../memory-rooms.ts';
import { Registry } from '../memory-rooms.ts';
import { CHANCE } from '../random.ts';
import type { Answer, Question, Topic } from './messages.ts';

/** Bytes that the one who asked has already. */
const OWN = new Uint8Array(0);

/** What is answered here. */
type StateTopic = Exclude<Topic, 'setup'>;
/** How: the question, the id of the worker that asks, the time. */
type Answers = {
  readonly [On in StateTopic]: (question: Question<On>, worker: number, now: number) => Answer<On>;
};

/** Answers what workers ask. Times are ms of any clock that does not go back. */
export class SharedState {
  readonly #registry: Registry<string>;
  readonly #addresses: Addresses | null;
  /** Which worker each client that has a place is connected to. */
  readonly #workerOf = new Map<string, number>();
  /** The open connections of each worker, by address. */
  readonly #open = new Map<number, Map<string, number>>();

  readonly #answers: Answers = {
    join: ({ client, request }, worker, now) => {
      const orders = this.#registry.join(client, request, now);
      this.#workerOf.set(client, worker);
      return this.#noted(orders);
    },
    frame: ({ client, request }, _, now) => {
      const orders = this.#noted(this.#registry.frame(client, request, now));
      return orders.map((order) => (order.type === 'frame' ? { ...order, data: OWN } : order));
    },
    free: ({ client, member }, _, now) => this.#noted(this.#registry.free(client, member, now)),
    leave: ({ client }, _, now) => {
      this.#workerOf.delete(client);
      return this.#noted(this.#registry.leave(client, now));
    },
    lose: ({ client }, _, now) => {
      this.#workerOf.delete(client);
      return this.#noted(this.#registry.lose(client, now));
    },
    connected: ({ address }, worker, now) => {
      this.#count(worker, address, 1);
      return this.#addresses?.connected(address, now) ?? null;
    },
    disconnected: ({ address }, worker) => {
      this.#count(worker, address, -1);
      this.#addresses?.disconnected(address);
      return null;
    },
    attempt: ({ address, nameplate }, _, now) => this.#addresses?.join(address, nameplate, now) ?? null,
  };

  constructor(limits: Limits) {
    this.#registry = new Registry(limits, CHANCE);
    this.#addresses = limits.perAddress === null ? null : new Addresses(limits.perAddress);
  }

  get stats(): { rooms: number; members: number } {
    return this.#registry.stats;
  }

  /** Answers a worker. */
  answer<On extends StateTopic>(worker: number, question: Question<On>, now: number): Answer<On> {
    return this.#answers[question.on](question, worker, now);
  }

  /** A worker died: its clients have lost their connections. */
  lost(worker: number, now: number): void {
    for (const [client, each] of this.#workerOf) {
      if (each !== worker) continue;
      this.#registry.lose(client, now);
      this.#workerOf.delete(client);
    }
    for (const [address, count] of this.#open.get(worker) ?? []) {
      for (let times = 0; times < count; times += 1) this.#addresses?.disconnected(address);
    }
    this.#open.delete(worker);
  }

  /** Time has passed. Returns orders. */
  sweep(now: number): Order<string>[] {
    this.#addresses?.sweep(now);
    return this.#noted(this.#registry.sweep(now));
  }

  #noted(orders: Order<string>[]): Order<string>[] {
    for (const order of orders) {
      const isOut = order.type === 'drop' || (order.type === 'answer' && 'error' in order.answer);
      if (isOut) this.#workerOf.delete(order.to);
    }
    return orders;
  }

  #count(worker: number, address: string, change: 1 | -1): void {
    const open = this.#open.get(worker) ?? new Map<string, number>();
    this.#open.set(worker, open);
    const count = (open.get(address) ?? 0) + change;
    if (count > 0) open.set(address, count);
    else open.delete(address);
  }
}
