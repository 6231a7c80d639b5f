/**
 * Socket.IO on the outside, the {@link Rooms} within: checks what comes, asks the rooms, and has it told whom they say
 * to tell. Every client is a stranger; what one sends can end its own connection and no other.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { SIGNALING_VERSION } from '../shared/limits.ts';
import type { JoinRequest, RefusalCode } from '../shared/signal-wire.ts';
import { CHANCE } from './chance.ts';
import type { Connection } from './connection.ts';
import { newConnection } from './connection.ts';
import type { IceOffer, Reply } from './dispatcher.ts';
import { clientName, Dispatcher } from './dispatcher.ts';
import type { Door } from './door.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { Farewell, letGo } from './farewell.ts';
import { HangingUp } from './hanging-up.ts';
import type { Limits } from './limits.ts';
import { takeToken } from './limits.ts';
import type { RefusalCause, ServerObserver } from './observer.ts';
import type { Packet } from './packets.ts';
import type { Order } from './registry.ts';
import { Registry } from './registry.ts';
import type { Request } from './requests.ts';
import { readRequest } from './requests.ts';
import type { Eventually, Rooms } from './rooms.ts';
import { after, RoomsUnavailable } from './rooms.ts';
import type { Carrier, Socket } from './sockets.ts';
import { createSocketServer, hangUp } from './sockets.ts';
import { forgetRooms, keepLittle } from './thrift.ts';

/** How long `close` waits for those who were told to hang up, in ms. */
const CLOSE_TIMEOUT = 1_000;

/** Serves the clients of one HTTP server. */
export class Matchmaker {
  readonly #http: HttpServer;
  readonly #limits: Limits;
  readonly #observer: ServerObserver;
  readonly #doorkeeper: Doorkeeper;
  readonly #rooms: Rooms;
  readonly #dispatcher: Dispatcher;
  readonly #perform = (orders: readonly Order<string>[]) => this.#dispatcher.perform(orders);
  readonly #connections = new Map<Carrier, Connection>();
  /** Connections in no room, and since when, earliest first. */
  readonly #roomless = new Map<Connection, number>();
  readonly #hangingUp = new HangingUp();
  #sweeper: NodeJS.Timeout | undefined;
  #farewell: Farewell<Connection> | null = null;
  #closing: Promise<void> | null = null;
  /** Called when the last connection has gone. */
  #onEmpty = () => {};

  /** `offer` makes what is said of STUN and TURN to one who comes in. */
  constructor(http: HttpServer, limits: Limits, door: Door, offer: () => IceOffer, observer: ServerObserver) {
    this.#http = http;
    this.#limits = limits;
    this.#observer = observer;
    this.#doorkeeper = new Doorkeeper(limits, door);
    this.#rooms = new Registry<string>(limits, CHANCE);
    const io = createSocketServer(http, limits, (request) => this.#admits(request));
    this.#dispatcher = new Dispatcher(io, limits, observer, offer, false);
    io.engine.on('connection', (carrier: Carrier) => this.#connected(carrier));
    io.on('connection', (socket) => this.#introduced(socket));
    // After those above, which still see what there is.
    keepLittle(http, io);
    forgetRooms(io);
  }

  stats(): { connections: number; rooms: number; members: number } {
    return { connections: this.#connections.size, ...this.#rooms.stats };
  }

  /** Whether newcomers are let in. */
  get isReady(): boolean {
    return this.#closing === null;
  }

  /** Begins to look for what is overdue. */
  start(): void {
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), this.#limits.sweepEvery);
  }

  /** Lets nobody in, lets go of all within `patience` ms, and closes the HTTP server. Again, with less: hurries. */
  close(patience: number): Promise<void> {
    const now = performance.now();
    const activeAt = ({ socket }: Connection) => socket?.data.activeAt ?? Number.NEGATIVE_INFINITY;
    this.#farewell ??= new Farewell(this.#connections.size, activeAt, now, now + patience);
    this.#farewell.hurry(now + patience);
    this.#closing ??= this.#close(this.#farewell);
    return this.#closing;
  }

  /** Whether a request may become a connection. */
  #admits(request: IncomingMessage): boolean {
    const cause = this.isReady ? this.#doorkeeper.objection(request, this.#connections.size) : 'closing';
    if (cause !== null) this.#observer.refused(cause);
    return cause === null;
  }

  #connected(carrier: Carrier): void {
    const now = performance.now();
    const { address, unwelcome } = this.#doorkeeper.connected(carrier.request, now);
    const connection = newConnection(carrier, this.#limits, unwelcome, now);
    this.#connections.set(carrier, connection);
    Object.assign(carrier, { remoteAddress: address });
    carrier.on('packet', (packet: Packet) => this.#weigh(connection, packet));
    this.#roomless.set(connection, now);
    carrier.once('close', (reason: string) => {
      this.#connections.delete(carrier);
      this.#roomless.delete(connection);
      if (reason === 'ping timeout') this.#observer.refused('silent');
      if (this.#connections.size === 0) this.#onEmpty();
      this.#doorkeeper.disconnected(address);
      this.#hangingUp.add(carrier, performance.now());
    });
  }

  /** Looks at every packet before the library reads it. */
  #weigh(connection: Connection, packet: Packet): void {
    const error = connection.packets.weigh(packet, performance.now());
    if (error !== null) this.#drop(connection, error);
  }

  #introduced(socket: Socket): void {
    const connection = this.#connections.get(socket.conn);
    if (connection === undefined) return;
    connection.socket = socket;
    socket.onAny((event: unknown, ...args: unknown[]) => this.#received(connection, socket, event, args));
    // The parser could not make sense of what came.
    socket.on('error', () => this.#drop(connection, 'invalid'));
    socket.on('disconnect', () => {
      this.#roomless.delete(connection);
      this.#inTurn(connection, () => {
        const { place } = socket.data;
        if (place) return after(this.#rooms.lose(place, performance.now()), this.#perform);
      });
      // A client may take its leave of Socket.IO only, and would stay connected for ever.
      connection.carrier.close();
    });
    const version: unknown = socket.handshake.auth['aparte'];
    const error = connection.unwelcome ?? (version === SIGNALING_VERSION ? null : 'version');
    if (error === null) this.#leftRoom(connection);
    else this.#drop(connection, error);
  }

  /** A connection is in no room from now on: to the end of the line, wherever it stood. */
  #leftRoom(connection: Connection): void {
    this.#roomless.delete(connection);
    this.#roomless.set(connection, performance.now());
  }

  #received(connection: Connection, socket: Socket, event: unknown, args: unknown[]): void {
    // The library hands on what was read before the client was dropped.
    if (!socket.connected) return;
    socket.data.activeAt = performance.now();
    const request = readRequest(event, args);
    if (request === null) this.#drop(connection, 'invalid');
    else this.#inTurn(connection, () => (socket.connected ? this.#obey(connection, socket, request) : undefined));
  }

  /** Does what a client asks. */
  #obey(connection: Connection, socket: Socket, request: Request): Eventually<void> {
    if (request.type === 'join') return this.#join(connection, socket, request.join, request.reply);
    const { place } = socket.data;
    const now = performance.now();
    if (!place) return this.#drop(connection, request.type === 'leave' ? 'invalid' : 'unknown-room');
    switch (request.type) {
      case 'frame':
        return after(this.#rooms.frame(place, request.frame, now), this.#perform);
      case 'free':
        return after(this.#rooms.free(place, request.member, now), this.#perform);
      case 'leave':
        return after(this.#rooms.leave(place, now), (orders) => {
          socket.data.place = null;
          this.#perform(orders);
          this.#leftRoom(connection);
          request.reply();
        });
      default:
        return request satisfies never;
    }
  }

  #join(connection: Connection, socket: Socket, request: JoinRequest, reply: Reply): Eventually<void> {
    const now = performance.now();
    const refuse = (error: RefusalCode, cause: RefusalCause = error) => {
      this.#observer.refused(cause);
      reply({ error });
    };
    const address = connection.carrier.remoteAddress;
    const isEager = !takeToken(connection.joins, this.#limits.joins, now);
    const excess = isEager ? 'rate' : this.#doorkeeper.join(address, request.nameplate, now);
    if (excess !== null) return refuse('rate', excess);
    if (socket.data.place) return refuse('already-joined');
    const capacity = Math.min(request.capacity, this.#limits.members);
    connection.count += 1;
    const place = clientName(socket, connection.count);
    socket.data.place = place;
    const enter = (orders: Order<string>[]) => {
      const answer = orders.find((order) => order.type === 'answer')?.answer;
      const isIn = answer !== undefined && 'self' in answer;
      if (isIn && request.resume === undefined && answer.members.length === 1) this.#observer.met();
      this.#dispatcher.perform(orders, reply);
      if (isIn) this.#roomless.delete(connection);
      else socket.data.place = null;
    };
    const stayOut = () => {
      socket.data.place = null;
      refuse('unavailable');
    };
    return after(this.#rooms.join(place, { ...request, capacity }, now), enter, stayOut);
  }

  /** Does something for a client when all that it asked for before is done: at once, where the rooms are here. */
  #inTurn(connection: Connection, act: () => Eventually<void>): void {
    const done = connection.turn === null ? act() : connection.turn.then(act);
    if (!(done instanceof Promise)) return;
    connection.waiting += 1;
    const turn = done
      .catch((error: unknown) => this.#failed(connection, error))
      .finally(() => {
        connection.waiting -= 1;
        if (connection.turn === turn) connection.turn = null;
      });
    connection.turn = turn;
    if (connection.waiting > this.#limits.backlog) this.#drop(connection, 'rate');
  }

  #failed(connection: Connection, error: unknown): void {
    if (!(error instanceof RoomsUnavailable)) throw error;
    if (connection.socket?.connected) this.#drop(connection, 'unavailable');
  }

  /** Tells a client why, takes its place away, and hangs up. */
  #drop(connection: Connection, error: RefusalCode): void {
    const { carrier, socket } = connection;
    this.#observer.refused(error);
    if (socket === null) {
      carrier.close(true);
      return;
    }
    const { place } = socket.data;
    socket.data.place = null;
    hangUp(socket, error);
    if (!place) return;
    this.#inTurn(connection, () => after(this.#rooms.leave(place, performance.now()), this.#perform));
  }

  #sweep(now: number): void {
    this.#perform(this.#rooms.sweep(now));
    this.#doorkeeper.sweep(now);
    for (const [connection, since] of this.#roomless) {
      if (now - since < this.#limits.joinWithin) break;
      this.#roomless.delete(connection);
      this.#drop(connection, 'idle');
    }
    this.#hangingUp.sweep(now, this.#limits.hangUpWithin);
  }

  async #close(farewell: Farewell<Connection>): Promise<void> {
    // The port stays open until all are told: those who poll come back for it.
    await letGo(
      farewell,
      () => this.#connections.values(),
      ({ carrier, socket }) => {
        if (socket === null) carrier.close(true);
        else hangUp(socket, 'closing');
      },
    );
    const impatience = setTimeout(() => {
      for (const carrier of this.#connections.keys()) carrier.close(true);
      this.#hangingUp.sweep(performance.now(), 0);
      this.#http.closeAllConnections();
    }, CLOSE_TIMEOUT);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#connections.size === 0) resolve();
    });
    clearInterval(this.#sweeper);
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
    clearTimeout(impatience);
  }
}
