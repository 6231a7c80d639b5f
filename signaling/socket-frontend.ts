/**
 * The Socket.IO side of the server: admits connections, checks what they send, and passes requests to the rooms. No
 * client is trusted. Whatever one sends can end its own connection only.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { SIGNALING_VERSION } from '../shared/limits.ts';
import type { RefusalCode } from '../shared/signal-wire.ts';
import { Admission } from './admission.ts';
import type { ClientConnection, Packet } from './client-connection.ts';
import { PacketLimiter, SerialQueue } from './client-connection.ts';
import { RequestHandler, readRequest } from './client-requests.ts';
import { DrainSchedule, drainClients } from './drain.ts';
import { answerFailedUpgrades, guardRequests, rejectOtherUpgrades } from './http-responses.ts';
import type { IceOffer } from './ice-offer.ts';
import type { Limits } from './limits.ts';
import { MemoryRooms } from './memory-rooms.ts';
import type { ServerObserver } from './observer.ts';
import { OrderSender } from './order-sender.ts';
import type { Exposure, ProxyMismatch } from './request-origin.ts';
import { queryOf } from './request-origin.ts';
import type { Cluster, Rooms } from './rooms-interface.ts';
import { SYSTEM_RANDOM, whenReady } from './rooms-interface.ts';
import type { EngineSocket, Socket } from './socketio-setup.ts';
import { createSocketServer, dismiss, trimConnections } from './socketio-setup.ts';
import { FULL_BUCKET } from './token-bucket.ts';
import { createWebSocketEngine } from './websockets.ts';

/** How long `close` waits for clients that were told to disconnect, in ms. */
const CLOSE_TIMEOUT = 1_000;

/** How clients are served. */
export interface FrontendOptions {
  readonly limits: Limits;
  readonly exposure: Exposure;
  /** Returns what a join reply says about STUN and TURN. */
  readonly offer: () => IceOffer;
  readonly observer: ServerObserver;
  /** The servers to share rooms with; null: the rooms are in memory. */
  readonly cluster: Cluster | null;
  /** Whether long-polling is refused. */
  readonly webSocketOnly: boolean;
  /** Is called when a refused request shows a wrong number of trusted proxies. */
  readonly proxyMismatch: (mismatch: ProxyMismatch) => void;
}

/** Serves the clients of one HTTP server. */
export class SocketFrontend {
  readonly #http: HttpServer;
  readonly #options: FrontendOptions;
  readonly #admission: Admission;
  readonly #rooms: Rooms;
  readonly #sender: OrderSender;
  readonly #requests: RequestHandler;
  readonly #webSockets;
  readonly #connections = new Map<EngineSocket, ClientConnection>();
  /** Connections in no room, and since when, earliest first. */
  readonly #roomless = new Map<ClientConnection, number>();
  // Listeners are shared: a closure for each connection would add a twentieth to the memory of a waiting client.
  readonly #onPacket = this.#listener(itself, (connection, _, packet: Packet) => {
    const error = connection.packets.check(packet, performance.now());
    if (error !== null) this.#drop(connection, error);
  });
  readonly #onPacketCreate = this.#listener(itself, (connection) => {
    connection.unsent += 1;
    if (connection.unsent === this.#options.limits.backlog + 1) queueMicrotask(() => this.#dropIfSlow(connection));
  });
  readonly #onClose = this.#listener(itself, (connection, _, reason: string) => this.#closed(connection, reason));
  readonly #onAny = this.#listener(underIt, (connection, socket, event: unknown, ...args: unknown[]) =>
    this.#received(connection, socket, event, args),
  );
  readonly #onError = this.#listener(underIt, (connection) => this.#drop(connection, 'invalid'));
  readonly #onDisconnect = this.#listener(underIt, (connection, socket) => this.#disconnected(connection, socket));
  #sweeper: NodeJS.Timeout | undefined;
  #drain: DrainSchedule<ClientConnection> | null = null;
  #closing: Promise<void> | null = null;
  /** Is called when the last connection has ended. */
  #onEmpty = () => {};

  constructor(http: HttpServer, options: FrontendOptions) {
    const { limits, exposure, offer, observer, cluster, webSocketOnly } = options;
    this.#http = http;
    this.#options = options;
    this.#admission = new Admission(limits, exposure, cluster?.addresses ?? null, options.proxyMismatch);
    this.#rooms = cluster?.rooms ?? new MemoryRooms(limits, SYSTEM_RANDOM);
    this.#webSockets = createWebSocketEngine(limits, (cause) => observer.refused(cause));
    const io = createSocketServer(http, limits, this.#webSockets, webSocketOnly, (request) => this.#admits(request));
    this.#sender = new OrderSender(io, observer, offer);
    this.#requests = new RequestHandler({
      limits,
      observer,
      admission: this.#admission,
      rooms: this.#rooms,
      sender: this.#sender,
      drop: (connection, error) => this.#drop(connection, error),
      entered: (connection) => void this.#roomless.delete(connection),
      left: (connection) => this.#leftRoom(connection),
    });
    io.engine.on('connection', (engineSocket: EngineSocket) => this.#connected(engineSocket));
    io.engine.on('drain', (engineSocket: EngineSocket) => {
      const connection = this.#connections.get(engineSocket);
      if (connection !== undefined) connection.unsent = 0;
    });
    io.on('connection', (socket) => this.#introduced(socket));
    trimConnections(http, io);
    answerFailedUpgrades(http, io, this.#webSockets, () => this.isReady);
    rejectOtherUpgrades(http, io);
    guardRequests(http, (request) => this.#requestRefusal(request, `${io.path()}/`));
    cluster?.attach({
      perform: (orders) => this.#sender.perform(orders),
      startedOver: () => this.#startedOver(),
    });
  }

  /** The number of connections, rooms and slots. */
  stats(): { connections: number; rooms: number; members: number } {
    return { connections: this.#connections.size, ...this.#rooms.stats };
  }

  /** Whether new clients are let in. */
  get isReady(): boolean {
    return this.#closing === null;
  }

  /** Starts to look for what has expired. */
  start(): void {
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), this.#options.limits.sweepEvery);
  }

  /** Lets nobody in, disconnects all within `patience` ms, and closes the HTTP server. A second call may shorten it. */
  close(patience: number): Promise<void> {
    const now = performance.now();
    const activeAt = ({ socket }: ClientConnection) => socket?.data.activeAt ?? Number.NEGATIVE_INFINITY;
    this.#drain ??= new DrainSchedule(this.#connections.size, activeAt, now, now + patience);
    this.#drain.hurry(now + patience);
    this.#closing ??= this.#close(this.#drain);
    return this.#closing;
  }

  /** Whether a request may become a connection. */
  #admits(request: IncomingMessage): boolean {
    const cause = this.isReady ? this.#admission.refusal(request, this.#connections.size) : 'closing';
    if (cause !== null) this.#options.observer.refused(cause);
    return cause === null;
  }

  /** The HTTP status with which a request is refused at once, or null. */
  #requestRefusal(request: IncomingMessage, path: string): 429 | 503 | null {
    const { observer } = this.#options;
    if (!this.#admission.mayRequest(request, performance.now())) {
      observer.refused('rate');
      return 429;
    }
    const url = request.url ?? '';
    if (this.isReady || !url.startsWith(path) || queryOf(url).has('sid')) return null;
    observer.refused('closing');
    return 503;
  }

  #connected(engineSocket: EngineSocket): void {
    const { limits, cluster } = this.#options;
    const now = performance.now();
    const { request } = engineSocket;
    const { address, refusal } = this.#admission.connected(request, now);
    const connection: ClientConnection = {
      engineSocket,
      address,
      webSocket: this.#webSockets.of(request) ?? null,
      packets: new PacketLimiter(limits),
      socket: null,
      refusal: null,
      joins: FULL_BUCKET,
      joinCount: 0,
      unsent: 0,
      requests: cluster === null ? null : new SerialQueue(),
    };
    this.#connections.set(engineSocket, connection);
    void whenReady(refusal, (error) => {
      connection.refusal = error;
      if (error !== null && connection.socket?.connected) this.#drop(connection, error);
    });
    engineSocket.on('packet', this.#onPacket);
    engineSocket.on('packetCreate', this.#onPacketCreate);
    engineSocket.on('close', this.#onClose);
    this.#roomless.set(connection, now);
  }

  /** A listener for all sockets of one kind. It is given the connection of the socket concerned, and the socket. */
  #listener<Self, Args extends unknown[]>(
    engineOf: (socket: Self) => EngineSocket,
    act: (connection: ClientConnection, socket: Self, ...args: Args) => void,
  ) {
    const connections = this.#connections;
    return function (this: Self, ...args: Args): void {
      const connection = connections.get(engineOf(this));
      if (connection !== undefined) act(connection, this, ...args);
    };
  }

  #closed(connection: ClientConnection, reason: string): void {
    this.#connections.delete(connection.engineSocket);
    this.#roomless.delete(connection);
    if (reason === 'ping timeout') this.#options.observer.refused('silent');
    if (this.#connections.size === 0) this.#onEmpty();
    this.#admission.disconnected(connection.address);
  }

  #introduced(socket: Socket): void {
    const connection = this.#connections.get(socket.conn);
    if (connection === undefined) return;
    connection.socket = socket;
    socket.onAny(this.#onAny);
    // Is emitted for packets that the parser cannot read.
    socket.on('error', this.#onError);
    socket.on('disconnect', this.#onDisconnect);
    const version: unknown = socket.handshake.auth['aparte'];
    const error = connection.refusal ?? (version === SIGNALING_VERSION ? null : 'version');
    if (error === null) this.#leftRoom(connection);
    else this.#drop(connection, error);
  }

  #disconnected(connection: ClientConnection, socket: Socket): void {
    this.#roomless.delete(connection);
    this.#requests.lost(connection, socket);
    // A client may leave Socket.IO only, and would stay connected for ever.
    connection.engineSocket.close();
  }

  /** Notes that a connection is in no room from now on. */
  #leftRoom(connection: ClientConnection): void {
    this.#roomless.delete(connection);
    this.#roomless.set(connection, performance.now());
  }

  #received(connection: ClientConnection, socket: Socket, event: unknown, args: unknown[]): void {
    // Socket.IO also emits what was read before the client was dropped.
    if (!socket.connected) return;
    socket.data.activeAt = performance.now();
    const request = readRequest(event, args);
    if (request === null) this.#drop(connection, 'invalid');
    else this.#requests.handle(connection, socket, request);
  }

  /** Tells a client why, frees its slot, and disconnects it. */
  #drop(connection: ClientConnection, error: RefusalCode): void {
    this.#options.observer.refused(error);
    if (connection.socket !== null) this.#requests.vacate(connection, connection.socket);
    dismissConnection(connection, error);
  }

  /** Disconnects a client that does not read what it is sent, without waiting for it to read the rest. */
  #dropIfSlow(connection: ClientConnection): void {
    if (connection.unsent <= this.#options.limits.backlog || !this.#connections.has(connection.engineSocket)) return;
    this.#options.observer.refused('slow');
    connection.engineSocket.close(true);
  }

  #sweep(now: number): void {
    this.#sender.perform(this.#rooms.sweep(now));
    this.#admission.sweep(now);
    for (const [connection, since] of this.#roomless) {
      if (now - since < this.#options.limits.joinWithin) break;
      this.#roomless.delete(connection);
      this.#drop(connection, 'idle');
    }
  }

  /** Disconnects all clients, because their slots are void. */
  #startedOver(): void {
    for (const connection of this.#connections.values()) {
      if (connection.socket !== null) connection.socket.data.client = null;
      dismissConnection(connection, 'unavailable');
    }
  }

  async #close(drain: DrainSchedule<ClientConnection>): Promise<void> {
    // The port stays open until all are told: clients that poll need it to hear of it.
    await drainClients(
      drain,
      () => this.#connections.values(),
      (connection) => dismissConnection(connection, 'closing'),
    );
    const timeout = setTimeout(() => {
      for (const engineSocket of this.#connections.keys()) engineSocket.close(true);
      this.#http.closeAllConnections();
    }, CLOSE_TIMEOUT);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#connections.size === 0) resolve();
    });
    clearInterval(this.#sweeper);
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
    clearTimeout(timeout);
    await this.#options.cluster?.close();
  }
}

const itself = (engineSocket: EngineSocket) => engineSocket;
const underIt = (socket: Socket) => socket.conn;

/** Tells a client why it must go, if it speaks Socket.IO, and disconnects it. */
function dismissConnection({ engineSocket, socket }: ClientConnection, error: RefusalCode): void {
  if (socket === null) engineSocket.close(true);
  else dismiss(socket, error);
}
