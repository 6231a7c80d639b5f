/** Handles the requests of clients: checks them, asks the rooms, and keeps each client's requests in order. */
import * as v from 'valibot';
import type { RefusalCode } from '../shared/signal-wire.ts';
import { FrameRequest, FreeRequest, JoinRequest } from '../shared/signal-wire.ts';
import type { Admission } from './admission.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Limits } from './limits.ts';
import type { RefusalCause, ServerObserver } from './observer.ts';
import type { OrderSender, Reply } from './order-sender.ts';
import { clientName } from './order-sender.ts';
import type { Awaitable, RoomOrder, Rooms } from './rooms-interface.ts';
import { RoomsUnavailable, whenReady } from './rooms-interface.ts';
import type { Socket } from './socketio-setup.ts';
import { takeTokens } from './token-bucket.ts';

/**
 * Requests of one client that may wait for shared rooms before the server stops reading from its WebSocket. It reads on
 * when half of them are done. So a fast client waits, not the server's memory.
 */
const MAX_WAITING = 32;

/** A request of a client. `reply` acknowledges it. */
export type ClientRequest =
  | { readonly type: 'join'; readonly join: JoinRequest; readonly reply: Reply }
  | { readonly type: 'frame'; readonly frame: FrameRequest }
  | { readonly type: 'free'; readonly member: string }
  | { readonly type: 'leave'; readonly reply: Reply };

/** The first fault is enough: clients are not told which it was. */
const STRICT = { abortEarly: true } as const;

/** Reads an event of a client and its arguments. Null if it is not a well-formed request. */
export function readRequest(event: unknown, args: readonly unknown[]): ClientRequest | null {
  const [request, reply] = args;
  switch (event) {
    case 'join': {
      const join = v.safeParse(JoinRequest, request, STRICT);
      if (args.length !== 2 || typeof reply !== 'function' || !join.success) return null;
      return { type: 'join', join: join.output, reply: reply as Reply };
    }
    case 'frame': {
      const frame = v.safeParse(FrameRequest, request, STRICT);
      return args.length === 1 && frame.success ? { type: 'frame', frame: frame.output } : null;
    }
    case 'free': {
      const free = v.safeParse(FreeRequest, request, STRICT);
      return args.length === 1 && free.success ? { type: 'free', member: free.output.member } : null;
    }
    case 'leave':
      return args.length === 1 && typeof request === 'function' ? { type: 'leave', reply: request as Reply } : null;
    default:
      return null;
  }
}

/** What the request handler works with. */
export interface RequestDeps {
  readonly limits: Limits;
  readonly observer: ServerObserver;
  readonly admission: Admission;
  readonly rooms: Rooms;
  readonly sender: OrderSender;
  /** Tells a client why, frees its slot, and disconnects it. */
  readonly drop: (connection: ClientConnection, error: RefusalCode) => void;
  /** Is called when a client has entered a room, and when it has left. */
  readonly entered: (connection: ClientConnection) => void;
  readonly left: (connection: ClientConnection) => void;
}

/** Handles the requests of clients. */
export class RequestHandler {
  readonly #deps: RequestDeps;
  readonly #perform: (orders: readonly RoomOrder[]) => void;

  constructor(deps: RequestDeps) {
    this.#deps = deps;
    this.#perform = (orders) => deps.sender.perform(orders);
  }

  /** Handles a request. */
  handle(connection: ClientConnection, socket: Socket, request: ClientRequest): void {
    this.#inTurn(connection, () => {
      // The client may have been dropped while the request waited.
      if (socket.connected) return this.#run(connection, socket, request);
    });
  }

  /** Handles the loss of a client's connection. */
  lost(connection: ClientConnection, socket: Socket): void {
    this.#inTurn(connection, () => {
      const { client } = socket.data;
      if (client) return whenReady(this.#deps.rooms.lose(client, performance.now()), this.#perform);
    });
  }

  /** Frees the slot of a client that is being dropped. */
  vacate(connection: ClientConnection, socket: Socket): void {
    const { client } = socket.data;
    socket.data.client = null;
    if (!client) return;
    this.#inTurn(connection, () => whenReady(this.#deps.rooms.leave(client, performance.now()), this.#perform));
  }

  #run(connection: ClientConnection, socket: Socket, request: ClientRequest): Awaitable<void> {
    if (request.type === 'join') return this.#join(connection, socket, request.join, request.reply);
    const { rooms, drop, left } = this.#deps;
    const { client } = socket.data;
    const now = performance.now();
    if (!client) return drop(connection, request.type === 'leave' ? 'invalid' : 'unknown-room');
    switch (request.type) {
      case 'frame':
        return whenReady(rooms.frame(client, request.frame, now), this.#perform);
      case 'free':
        return whenReady(rooms.free(client, request.member, now), this.#perform);
      case 'leave':
        return whenReady(rooms.leave(client, now), (orders) => {
          socket.data.client = null;
          this.#perform(orders);
          left(connection);
          request.reply();
        });
      default:
        return request satisfies never;
    }
  }

  #join(connection: ClientConnection, socket: Socket, request: JoinRequest, reply: Reply): Awaitable<void> {
    const { limits, observer, admission } = this.#deps;
    const now = performance.now();
    const refuse = (error: RefusalCode, cause: RefusalCause = error) => {
      observer.refused(cause);
      reply({ error });
    };
    const joins = takeTokens(connection.joins, limits.joins, now);
    connection.joins = joins ?? connection.joins;
    const excess = joins === null ? 'rate' : admission.join(connection.address, request.nameplate, now);
    return whenReady(
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

  #enter(connection: ClientConnection, socket: Socket, request: JoinRequest, reply: Reply): Awaitable<void> {
    const { observer, rooms, sender, entered } = this.#deps;
    connection.joinCount += 1;
    const client = clientName(socket, connection.joinCount);
    // Set before the answer: with shared rooms, orders for the client may come as soon as it is in.
    socket.data.client = client;
    return whenReady(
      rooms.join(client, request, performance.now()),
      (orders) => {
        const answer = orders.find((order) => order.type === 'answer')?.answer;
        const isIn = answer !== undefined && 'self' in answer;
        if (isIn && request.resume === undefined && answer.members.length === 1) observer.paired();
        sender.perform(orders, reply);
        if (isIn) entered(connection);
        else socket.data.client = null;
      },
      () => {
        socket.data.client = null;
        observer.refused('unavailable');
        reply({ error: 'unavailable' });
      },
    );
  }

  /** Runs an action after everything that the client asked for before: at once if the rooms are in memory. */
  #inTurn(connection: ClientConnection, action: () => Awaitable<void>): void {
    const { requests, webSocket } = connection;
    if (requests === null) {
      void action();
      return;
    }
    const failed = (error: unknown) => {
      if (!(error instanceof RoomsUnavailable)) throw error;
      if (connection.socket?.connected) this.#deps.drop(connection, 'unavailable');
    };
    requests.add(action, failed, () => {
      if (requests.length === MAX_WAITING / 2) webSocket?.resume();
    });
    // A client that polls waits for the answer to each of its requests, so it cannot send much.
    if (requests.length === MAX_WAITING) webSocket?.pause();
    if (requests.length > this.#deps.limits.backlog && connection.socket?.connected)
      this.#deps.drop(connection, 'rate');
  }
}
