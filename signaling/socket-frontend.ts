/**
 * Socket.IO on the outside, the {@link Rooms} within: checks what comes, asks the rooms, and has it told whom they say
 * to tell. Every client is a stranger; what one sends can end its own connection and no other.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { SIGNALING_VERSION } from '../shared/limits.ts';
import type { RefusalCode } from '../shared/signal-wire.ts';
import { Doorkeeper } from './admission.ts';
import type { Connection } from './client-connection.ts';
import { newConnection } from './client-connection.ts';
import { RequestHandler } from './client-requests.ts';
import type { Cluster } from './cluster.ts';
import { Farewell, letGo } from './drain.ts';
import { answerElsewhere, answerRefused, askFirst } from './http-responses.ts';
import type { Limits } from './limits.ts';
import type { Order } from './memory-rooms.ts';
import { Registry } from './memory-rooms.ts';
import type { ServerObserver } from './observer.ts';
import type { IceOffer } from './order-sender.ts';
import { Dispatcher } from './order-sender.ts';
import type { Packet } from './packet-limits.ts';
import { CHANCE } from './random.ts';
import type { Door } from './request-origin.ts';
import { readRequest } from './request-validation.ts';
import type { Rooms } from './rooms-interface.ts';
import { after } from './rooms-interface.ts';
import { forgetRooms, keepLittle } from './socketio-memory.ts';
import type { Carrier, Socket } from './socketio-setup.ts';
import { createSocketServer, hangUp } from './socketio-setup.ts';
import { limitWebSockets } from './websocket-limits.ts';
import { writeOnce } from './write-batching.ts';

/** How long `close` waits for those who were told to hang up, in ms. */
const CLOSE_TIMEOUT = 1_000;

/** What clients are served with. */
export interface MatchmakerOptions {
  readonly limits: Limits;
  readonly door: Door;
  /** Makes what is said of STUN and TURN to one who comes in. */
  readonly offer: () => IceOffer;
  readonly observer: ServerObserver;
  /** Whom the rooms are shared with; null: nobody. */
  readonly cluster: Cluster | null;
  /** Clients cannot poll. */
  readonly webSocketOnly: boolean;
}

/** Serves the clients of one HTTP server. */
export class Matchmaker {
  readonly #http: HttpServer;
  readonly #options: MatchmakerOptions;
  readonly #doorkeeper: Doorkeeper;
  readonly #rooms: Rooms;
  readonly #dispatcher: Dispatcher;
  readonly #requests: RequestHandler;
  readonly #perform = (orders: readonly Order<string>[]) => this.#dispatcher.perform(orders);
  readonly #connections = new Map<Carrier, Connection>();
  /** Connections in no room, and since when, earliest first. */
  readonly #roomless = new Map<Connection, number>();
  // One listener for all of them: a closure for each would add a twentieth to what a waiting client costs.
  readonly #onPacket = this.#ofCarrier((connection, packet: Packet) => this.#weigh(connection, packet));
  readonly #onClose = this.#ofCarrier((connection, reason: string) => this.#closed(connection, reason));
  readonly #onAny = this.#ofSocket((connection, socket, event: unknown, ...args: unknown[]) =>
    this.#received(connection, socket, event, args),
  );
  readonly #onError = this.#ofSocket((connection) => this.#drop(connection, 'invalid'));
  readonly #onDisconnect = this.#ofSocket((connection, socket) => this.#disconnected(connection, socket));
  #sweeper: NodeJS.Timeout | undefined;
  #farewell: Farewell<Connection> | null = null;
  #closing: Promise<void> | null = null;
  /** Called when the last connection has gone. */
  #onEmpty = () => {};

  constructor(http: HttpServer, options: MatchmakerOptions) {
    const { limits, door, offer, observer, cluster, webSocketOnly } = options;
    this.#http = http;
    this.#options = options;
    this.#doorkeeper = new Doorkeeper(limits, door, cluster?.addresses ?? null);
    this.#rooms = cluster?.rooms ?? new Registry<string>(limits, CHANCE);
    const io = createSocketServer(http, limits, webSocketOnly, (request) => this.#admits(request));
    const adapter = cluster?.adapter ?? null;
    if (adapter !== null) io.adapter(adapter);
    this.#dispatcher = new Dispatcher(io, limits, observer, offer, adapter !== null);
    this.#requests = new RequestHandler({
      limits,
      observer,
      doorkeeper: this.#doorkeeper,
      rooms: this.#rooms,
      cluster,
      dispatcher: this.#dispatcher,
      drop: (connection, error) => this.#drop(connection, error),
      entered: (connection) => void this.#roomless.delete(connection),
      left: (connection) => this.#leftRoom(connection),
    });
    io.engine.on('connection', (carrier: Carrier) => this.#connected(carrier));
    io.on('connection', (socket) => this.#introduced(socket));
    // After those above, which still see what there is.
    keepLittle(http, io);
    writeOnce(io);
    limitWebSockets(io, limits, (cause) => observer.refused(cause));
    answerRefused(io, () => this.isReady);
    answerElsewhere(http, io);
    askFirst(http, (request) => this.#mayAsk(request));
    if (adapter === null) forgetRooms(io);
  }

  stats(): { connections: number; rooms: number; members: number } {
    return { connections: this.#connections.size, ...this.#rooms.stats };
  }

  /** Whether newcomers are let in. */
  get isReady(): boolean {
    return this.#closing === null;
  }

  /** To be awaited before anybody is let in. */
  async prepare(): Promise<void> {
    await this.#options.cluster?.attach({ perform: this.#perform, startedOver: () => this.#startedOver() });
  }

  /** Begins to look for what is overdue. */
  start(): void {
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), this.#options.limits.sweepEvery);
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
    if (cause !== null) this.#options.observer.refused(cause);
    return cause === null;
  }

  /** Whether a request may be answered. */
  #mayAsk(request: IncomingMessage): boolean {
    const mayAsk = this.#doorkeeper.mayAsk(request, performance.now());
    if (!mayAsk) this.#options.observer.refused('rate');
    return mayAsk;
  }

  #connected(carrier: Carrier): void {
    const now = performance.now();
    const { address, unwelcome } = this.#doorkeeper.connected(carrier.request, now);
    const connection = newConnection(carrier, this.#options.limits, now, this.#options.cluster !== null);
    this.#connections.set(carrier, connection);
    Object.assign(carrier, { remoteAddress: address });
    void after(unwelcome, (error) => {
      connection.unwelcome = error;
      if (error !== null && connection.socket?.connected) this.#drop(connection, error);
    });
    carrier.on('packet', this.#onPacket);
    carrier.on('close', this.#onClose);
    this.#roomless.set(connection, now);
  }

  /** A listener for every carrier, which is told whose it is. */
  #ofCarrier<Args extends unknown[]>(act: (connection: Connection, ...args: Args) => void) {
    const connections = this.#connections;
    return function (this: Carrier, ...args: Args): void {
      const connection = connections.get(this);
      if (connection !== undefined) act(connection, ...args);
    };
  }

  /** The same for every socket, each of which is heard of for the last time before its carrier is. */
  #ofSocket<Args extends unknown[]>(act: (connection: Connection, socket: Socket, ...args: Args) => void) {
    const connections = this.#connections;
    return function (this: Socket, ...args: Args): void {
      const connection = connections.get(this.conn);
      if (connection !== undefined) act(connection, this, ...args);
    };
  }

  #closed(connection: Connection, reason: string): void {
    const { carrier } = connection;
    this.#connections.delete(carrier);
    this.#roomless.delete(connection);
    if (reason === 'ping timeout') this.#options.observer.refused('silent');
    if (this.#connections.size === 0) this.#onEmpty();
    this.#doorkeeper.disconnected(carrier.remoteAddress);
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
    socket.onAny(this.#onAny);
    // The parser could not make sense of what came.
    socket.on('error', this.#onError);
    socket.on('disconnect', this.#onDisconnect);
    const version: unknown = socket.handshake.auth['aparte'];
    const error = connection.unwelcome ?? (version === SIGNALING_VERSION ? null : 'version');
    if (error === null) this.#leftRoom(connection);
    else this.#drop(connection, error);
  }

  #disconnected(connection: Connection, socket: Socket): void {
    this.#roomless.delete(connection);
    this.#requests.lost(connection, socket);
    // A client may take its leave of Socket.IO only, and would stay connected for ever.
    connection.carrier.close();
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
    else this.#requests.handle(connection, socket, request);
  }

  /** Tells a client why, takes its place away, and hangs up. */
  #drop(connection: Connection, error: RefusalCode): void {
    const { carrier, socket } = connection;
    this.#options.observer.refused(error);
    if (socket === null) {
      carrier.close(true);
      return;
    }
    this.#requests.vacate(connection, socket);
    hangUp(socket, error);
  }

  #sweep(now: number): void {
    this.#perform(this.#rooms.sweep(now));
    this.#doorkeeper.sweep(now);
    for (const [connection, since] of this.#roomless) {
      if (now - since < this.#options.limits.joinWithin) break;
      this.#roomless.delete(connection);
      this.#drop(connection, 'idle');
    }
    // What comes from other servers is not weighed as it is told.
    if (this.#options.cluster?.adapter) {
      for (const { socket } of this.#connections.values()) if (socket !== null) this.#dispatcher.dropIfSlow(socket);
    }
  }

  /** The places of all clients are void. */
  #startedOver(): void {
    for (const { carrier, socket } of this.#connections.values()) {
      if (socket !== null) socket.data.client = null;
      tellAndHangUp(carrier, socket, 'unavailable');
    }
  }

  async #close(farewell: Farewell<Connection>): Promise<void> {
    // The port stays open until all are told: those who poll come back for it.
    await letGo(
      farewell,
      () => this.#connections.values(),
      ({ carrier, socket }) => tellAndHangUp(carrier, socket, 'closing'),
    );
    const impatience = setTimeout(() => {
      for (const carrier of this.#connections.keys()) carrier.close(true);
      this.#http.closeAllConnections();
    }, CLOSE_TIMEOUT);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#connections.size === 0) resolve();
    });
    clearInterval(this.#sweeper);
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
    clearTimeout(impatience);
    await this.leaveOthers();
  }

  /** Has no more to do with other servers. Part of `close`; to be called alone where nobody was ever let in. */
  async leaveOthers(): Promise<void> {
    this.#dispatcher.close();
    await this.#options.cluster?.close();
  }
}

function tellAndHangUp(carrier: Carrier, socket: Socket | null, error: RefusalCode): void {
  if (socket === null) carrier.close(true);
  else hangUp(socket, error);
}
