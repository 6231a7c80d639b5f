/** Does what clients ask: in the order in which each of them asked, also where the rooms are elsewhere and take time. */
import type { JoinRequest, RefusalCode } from '../shared/signal-wire.ts';
import type { Doorkeeper } from './admission.ts';
import type { Connection } from './client-connection.ts';
import type { Cluster } from './cluster.ts';
import type { Limits } from './limits.ts';
import { takeToken } from './limits.ts';
import type { Order } from './memory-rooms.ts';
import type { RefusalCause, ServerObserver } from './observer.ts';
import type { Dispatcher, Reply } from './order-sender.ts';
import { clientName } from './order-sender.ts';
import type { Request } from './request-validation.ts';
import type { Eventually, Rooms } from './rooms-interface.ts';
import { after, RoomsUnavailable } from './rooms-interface.ts';
import { readOn, type Socket } from './socketio-setup.ts';

/**
 * Requests of one client that wait for rooms elsewhere until no more of what it sends is read: what is sent faster than
 * it can be dealt with waits with who sends it. Once half of them are done it goes on.
 */
const WAITING = 32;

/** What requests are handled with. */
export interface Means {
  readonly limits: Limits;
  readonly observer: ServerObserver;
  readonly doorkeeper: Doorkeeper;
  readonly rooms: Rooms;
  readonly cluster: Cluster | null;
  readonly dispatcher: Dispatcher;
  /** Tells a client why, takes its place away, and hangs up. */
  readonly drop: (connection: Connection, error: RefusalCode) => void;
  /** A client is in a room now, or no longer. */
  readonly entered: (connection: Connection) => void;
  readonly left: (connection: Connection) => void;
}

/** Handles the requests of clients. */
export class RequestHandler {
  readonly #means: Means;
  readonly #perform: (orders: readonly Order<string>[]) => void;

  constructor(means: Means) {
    this.#means = means;
    this.#perform = (orders) => means.dispatcher.perform(orders);
  }

  /** A client asks for something. */
  handle(connection: Connection, socket: Socket, request: Request): void {
    this.#inTurn(connection, () => {
      // It may have been dropped while it waited.
      if (!socket.connected) return;
      // Answers wait for a slow reader as all else does.
      return after(this.#obey(connection, socket, request), () => this.#means.dispatcher.dropIfSlow(socket));
    });
  }

  /** The connection of a client is gone. */
  lost(connection: Connection, socket: Socket): void {
    this.#inTurn(connection, () => {
      const { client } = socket.data;
      if (client) return after(this.#means.rooms.lose(client, performance.now()), this.#perform);
    });
  }

  /** A client is being dropped: its place is free. */
  vacate(connection: Connection, socket: Socket): void {
    const { client } = socket.data;
    socket.data.client = null;
    if (!client) return;
    this.#inTurn(connection, () => after(this.#means.rooms.leave(client, performance.now()), this.#perform));
  }

  #obey(connection: Connection, socket: Socket, request: Request): Eventually<void> {
    if (request.type === 'join') return this.#join(connection, socket, request.join, request.reply);
    const { rooms, drop, left } = this.#means;
    const { client } = socket.data;
    const now = performance.now();
    if (!client) return drop(connection, request.type === 'leave' ? 'invalid' : 'unknown-room');
    switch (request.type) {
      case 'frame':
        return after(rooms.frame(client, request.frame, now), this.#perform);
      case 'free':
        return after(rooms.free(client, request.member, now), this.#perform);
      case 'leave':
        return after(rooms.leave(client, now), (orders) => {
          this.#forget(socket);
          this.#perform(orders);
          left(connection);
          request.reply();
        });
      default:
        return request satisfies never;
    }
  }

  #join(connection: Connection, socket: Socket, request: JoinRequest, reply: Reply): Eventually<void> {
    const { limits, observer, doorkeeper } = this.#means;
    const now = performance.now();
    const refuse = (error: RefusalCode, cause: RefusalCause = error) => {
      observer.refused(cause);
      reply({ error });
    };
    const isEager = !takeToken(connection.joins, limits.joins, now);
    const excess = isEager ? 'rate' : doorkeeper.join(connection.carrier.remoteAddress, request.nameplate, now);
    return after(
      excess,
      (cause) => {
        if (cause !== null) return refuse('rate', cause);
        if (socket.data.client) return refuse('already-joined');
        const capacity = Math.min(request.capacity, limits.members);
        return this.#enter(connection, socket, { ...request, capacity }, reply);
      },
      () => refuse('unavailable'),
    );
  }

  #enter(connection: Connection, socket: Socket, request: JoinRequest, reply: Reply): Eventually<void> {
    const { observer, rooms, cluster, dispatcher, entered } = this.#means;
    connection.count += 1;
    const client = clientName(socket, connection.count);
    socket.data.client = client;
    // Others may reach it by that name as soon as it is in, which it is before we know.
    if (cluster?.adapter) void socket.join(client);
    return after(
      rooms.join(client, request, performance.now()),
      (orders) => {
        const answer = orders.find((order) => order.type === 'answer')?.answer;
        const isIn = answer !== undefined && 'self' in answer;
        if (isIn && request.resume === undefined && answer.members.length === 1) observer.met();
        dispatcher.perform(orders, reply);
        if (isIn) entered(connection);
        else this.#forget(socket);
      },
      () => {
        this.#forget(socket);
        observer.refused('unavailable');
        reply({ error: 'unavailable' });
      },
    );
  }

  /** A client's name is not its any more: its place is gone, or never was. */
  #forget(socket: Socket): void {
    const { client } = socket.data;
    socket.data.client = null;
    if (this.#means.cluster?.adapter && client) void socket.leave(client);
  }

  /** Does something for a client when all that it asked for before is done: at once, where the rooms are here. */
  #inTurn(connection: Connection, act: () => Eventually<void>): void {
    const { requests } = connection;
    if (requests === null) {
      void act();
      return;
    }
    const { carrier } = connection;
    const failed = (error: unknown) => {
      if (!(error instanceof RoomsUnavailable)) throw error;
      if (connection.socket?.connected) this.#means.drop(connection, 'unavailable');
    };
    requests.add(act, failed, () => {
      if (requests.length === WAITING / 2) readOn(carrier, true);
    });
    if (requests.length === WAITING) readOn(carrier, false);
    const isTooMuch = requests.length > this.#means.limits.backlog;
    if (isTooMuch && connection.socket?.connected) this.#means.drop(connection, 'rate');
  }
}
