/** The rooms and address limits that all workers of one server share. The primary process keeps them. */
import { AddressLimiter } from '../address-limits.ts';
import type { Limits } from '../limits.ts';
import { MemoryRooms } from '../memory-rooms.ts';
import type { RoomOrder } from '../rooms-interface.ts';
import { SYSTEM_RANDOM } from '../rooms-interface.ts';
import type { Answer, Question, Topic } from './messages.ts';

/** Stands for the data of a frame that the worker has. */
const NO_DATA = new Uint8Array(0);

/** The questions that the shared state answers. */
type StateTopic = Exclude<Topic, 'setup'>;
/** Sends orders to the worker whose clients they are for. */
type SendOrders = (worker: number, orders: RoomOrder[]) => void;

/** Answers the questions of workers. Times are ms of any clock that does not go back. */
export class SharedState {
  readonly #rooms: MemoryRooms;
  readonly #addresses: AddressLimiter | null;
  readonly #send: SendOrders;
  /** The worker of each client that has a slot. */
  readonly #workerOf = new Map<string, number>();
  /** The open connections of each worker, by address. */
  readonly #open = new Map<number, Map<string, number>>();

  readonly #answers: {
    readonly [On in StateTopic]: (question: Question<On>, worker: number, now: number) => Answer<On>;
  } = {
    join: ({ client, request }, worker, now) => {
      this.#workerOf.set(client, worker);
      return this.#route(this.#rooms.join(client, request, now), worker);
    },
    frame: ({ client, request }, worker, now) => {
      const orders = this.#route(this.#rooms.frame(client, request, now), worker);
      return orders.map((order) => (order.type === 'frame' ? { ...order, data: NO_DATA } : order));
    },
    free: ({ client, member }, worker, now) => this.#route(this.#rooms.free(client, member, now), worker),
    leave: ({ client }, worker, now) => {
      this.#workerOf.delete(client);
      return this.#route(this.#rooms.leave(client, now), worker);
    },
    lose: ({ client }, worker, now) => {
      this.#workerOf.delete(client);
      return this.#route(this.#rooms.lose(client, now), worker);
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

  constructor(limits: Limits, send: SendOrders) {
    this.#rooms = new MemoryRooms(limits, SYSTEM_RANDOM);
    this.#addresses = limits.perAddress === null ? null : new AddressLimiter(limits.perAddress);
    this.#send = send;
  }

  get stats(): { rooms: number; members: number } {
    return this.#rooms.stats;
  }

  /** Answers a worker, and sends other workers what follows for their clients. */
  answer<On extends StateTopic>(worker: number, question: Question<On>, now: number): Answer<On> {
    return this.#answers[question.on](question, worker, now);
  }

  /** Notes that a worker died, and with it the connections of its clients. */
  lost(worker: number, now: number): void {
    for (const [client, each] of this.#workerOf) {
      if (each !== worker) continue;
      this.#rooms.lose(client, now);
      this.#workerOf.delete(client);
    }
    for (const [address, count] of this.#open.get(worker) ?? []) {
      for (let times = 0; times < count; times += 1) this.#addresses?.disconnected(address);
    }
    this.#open.delete(worker);
  }

  /** Frees what has expired, and tells the workers concerned. */
  sweep(now: number): void {
    this.#addresses?.sweep(now);
    this.#route(this.#rooms.sweep(now), null);
  }

  /** Returns the orders for clients of the worker that asked, and sends the others to theirs. */
  #route(orders: RoomOrder[], asking: number | null): RoomOrder[] {
    const own: RoomOrder[] = [];
    const others = new Map<number, RoomOrder[]>();
    for (const order of orders) {
      const worker = this.#workerOf.get(order.to) ?? asking;
      if (worker === asking) own.push(order);
      else if (worker !== null) others.set(worker, [...(others.get(worker) ?? []), order]);
      const isOut = order.type === 'drop' || (order.type === 'answer' && 'error' in order.answer);
      if (isOut) this.#workerOf.delete(order.to);
    }
    for (const [worker, theirs] of others) this.#send(worker, theirs);
    return own;
  }

  #count(worker: number, address: string, change: 1 | -1): void {
    const open = this.#open.get(worker) ?? new Map<string, number>();
    this.#open.set(worker, open);
    const count = (open.get(address) ?? 0) + change;
    if (count > 0) open.set(address, count);
    else open.delete(address);
  }
}
