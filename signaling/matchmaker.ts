/**
 * Socket.IO on the outside, the {@link Registry} within: checks what comes, asks the registry, and tells whom it says
 * to tell. Every client is a stranger; what one sends can end its own connection and no other.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { SIGNALING_VERSION } from '../shared/limits.ts';
import type { JoinReply, Refusal, RefusalCode } from '../shared/signal-wire.ts';
import { FrameRequest, FreeRequest, JoinRequest, packWelcome } from '../shared/signal-wire.ts';
import { CHANCE } from './chance.ts';
import type { Door } from './door.ts';
import { Doorkeeper } from './doorkeeper.ts';
import type { Bucket, Limits } from './limits.ts';
import { fullBucket, takeToken } from './limits.ts';
import type { ServerObserver } from './observer.ts';
import { UNOBSERVED } from './observer.ts';
import type { Packet } from './packets.ts';
import { PacketScale } from './packets.ts';
import type { Order } from './registry.ts';
import { Registry } from './registry.ts';
import type { Carrier, Socket, SocketServer } from './sockets.ts';
import { backlog, createSocketServer, hangUp } from './sockets.ts';

type Reply = (answer?: JoinReply | Refusal) => void;
type IceOffer = Pick<JoinReply, 'stunPort' | 'turn'>;

/** How long `close` waits for the clients to hang up, in ms. */
const CLOSE_TIMEOUT = 1_000;
/** The first fault is enough: what it was is not told. */
const STRICT = { abortEarly: true } as const;
/** `WebSocket.CLOSING`: its close frame is sent, the other side's has not come. */
const CLOSING = 2;

/** What is known of a client besides its place. */
interface Connection {
  readonly carrier: Carrier;
  readonly packets: PacketScale;
  readonly joins: Bucket;
  /** Why it must go as soon as it can be told. */
  readonly unwelcome: RefusalCode | null;
  /** Null until it has said that it speaks Socket.IO. */
  socket: Socket | null;
}

/** Serves the clients of one HTTP server. */
export class Matchmaker {
  readonly #http: HttpServer;
  readonly #io: SocketServer;
  readonly #limits: Limits;
  readonly #offer: () => IceOffer;
  readonly #observer: ServerObserver;
  readonly #doorkeeper: Doorkeeper;
  readonly #registry: Registry<Socket>;
  readonly #connections = new Map<Carrier, Connection>();
  /** Connections in no room, and since when, earliest first. */
  readonly #roomless = new Map<Connection, number>();
  /** WebSockets that were told to close, and since when, earliest first. */
  readonly #hangingUp = new Map<{ terminate(): void }, number>();
  #closing: Promise<void> | null = null;
  /** Called when the last connection has gone. */
  #onEmpty = () => {};

  /** `offer` makes what is said of STUN and TURN to one who comes in. */
  constructor(http: HttpServer, limits: Limits, door: Door, offer: () => IceOffer, observer = UNOBSERVED) {
    this.#http = http;
    this.#limits = limits;
    this.#offer = offer;
    this.#observer = observer;
    this.#doorkeeper = new Doorkeeper(limits, door);
    this.#registry = new Registry(limits, CHANCE);
    this.#io = createSocketServer(http, limits, (request) => this.#admits(request));
    this.#io.engine.on('connection', (carrier: Carrier) => this.#connected(carrier));
    this.#io.on('connection', (socket) => this.#introduced(socket));
  }

  stats(): { connections: number; rooms: number; members: number } {
    return { connections: this.#connections.size, rooms: this.#registry.rooms, members: this.#registry.members };
  }

  /** Whether newcomers are let in. */
  get isReady(): boolean {
    return this.#closing === null;
  }

  /** Begins to look for what is overdue. Returns what stops and closes all. */
  start(): () => Promise<void> {
    const sweeper = setInterval(() => this.#sweep(performance.now()), this.#limits.sweepEvery);
    return () => {
      clearInterval(sweeper);
      this.#closing ??= this.#close();
      return this.#closing;
    };
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
    const connection: Connection = {
      carrier,
      packets: new PacketScale(this.#limits.packets, now),
      joins: fullBucket(this.#limits.joins, now),
      unwelcome,
      socket: null,
    };
    this.#connections.set(carrier, connection);
    // The library would keep the request, headers and all, for as long as the connection lives.
    Object.assign(carrier, { request: null, remoteAddress: address });
    carrier.on('packet', (packet: Packet) => this.#weigh(connection, packet));
    carrier.once('close', () => {
      this.#connections.delete(carrier);
      if (this.#connections.size === 0) this.#onEmpty();
      this.#doorkeeper.disconnected(address);
      // A WebSocket waits for half a minute for the other side's close frame, and reads on.
      const { socket } = carrier.transport as { socket?: { readyState: number; terminate(): void } };
      if (socket?.readyState === CLOSING) this.#hangingUp.set(socket, performance.now());
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
      this.#registry.lose(socket, performance.now());
      this.#roomless.delete(connection);
      // A client may take its leave of Socket.IO only, and would stay connected for ever.
      connection.carrier.close();
    });
    const version: unknown = socket.handshake.auth['aparte'];
    if (connection.unwelcome !== null) this.#drop(connection, connection.unwelcome);
    else if (version !== SIGNALING_VERSION) this.#drop(connection, 'version');
    else this.#roomless.set(connection, performance.now());
  }

  #received(connection: Connection, socket: Socket, event: unknown, args: unknown[]): void {
    // The library hands on what was read before the client was dropped.
    if (!socket.connected) return;
    if (!this.#obey(connection, socket, event, args)) this.#drop(connection, 'invalid');
  }

  /** Does what a client asks. False where it asked for nothing that there is. */
  #obey(connection: Connection, socket: Socket, event: unknown, args: unknown[]): boolean {
    const now = performance.now();
    const [request, reply] = args;
    switch (event) {
      case 'join': {
        if (args.length !== 2 || typeof reply !== 'function') return false;
        const join = v.safeParse(JoinRequest, request, STRICT);
        if (join.success) this.#join(connection, socket, join.output, reply as Reply);
        return join.success;
      }
      case 'frame': {
        const frame = v.safeParse(FrameRequest, request, STRICT);
        if (args.length !== 1 || !frame.success) return false;
        this.#perform(this.#registry.frame(socket, frame.output, now));
        return true;
      }
      case 'free': {
        const free = v.safeParse(FreeRequest, request, STRICT);
        if (args.length !== 1 || !free.success) return false;
        this.#perform(this.#registry.free(socket, free.output.member, now));
        return true;
      }
      case 'leave':
        if (args.length !== 1 || typeof request !== 'function' || !this.#registry.has(socket)) return false;
        this.#perform(this.#registry.leave(socket, now));
        // To the end of the line, wherever it stood.
        this.#roomless.delete(connection);
        this.#roomless.set(connection, now);
        (request as Reply)();
        return true;
      default:
        return false;
    }
  }

  #join(connection: Connection, socket: Socket, request: JoinRequest, reply: Reply): void {
    const now = performance.now();
    const address = connection.carrier.remoteAddress;
    if (!takeToken(connection.joins, this.#limits.joins, now) || !this.#doorkeeper.mayJoin(address, now)) {
      this.#observer.refused('rate');
      reply({ error: 'rate' });
      return;
    }
    const orders = this.#registry.join(socket, request, now);
    const answer = orders[0]?.type === 'answer' ? orders[0].answer : null;
    if (request.resume === undefined && answer !== null && 'self' in answer && answer.members.length === 1)
      this.#observer.met();
    this.#perform(orders, reply);
    if (this.#registry.has(socket)) this.#roomless.delete(connection);
  }

  /** Carries out orders; `reply` acknowledges the join that led to them. */
  #perform(orders: Order<Socket>[], reply?: Reply): void {
    for (const order of orders) {
      switch (order.type) {
        case 'answer':
          if ('error' in order.answer) this.#observer.refused(order.answer.error);
          reply?.('self' in order.answer ? packWelcome({ ...order.answer, ...this.#offer() }) : order.answer);
          break;
        case 'came':
          order.to.emit('came', order.member);
          break;
        case 'left':
          order.to.emit('left', { member: order.member });
          break;
        case 'frame':
          order.to.emit('frame', { from: order.from, data: order.data });
          this.#observer.forwarded(order.data.length);
          break;
        case 'fault':
          order.to.emit('fault', { error: order.error });
          this.#observer.refused(order.error);
          break;
        case 'drop':
          hangUp(order.to, order.error);
          this.#observer.refused(order.error);
          break;
        default:
          order satisfies never;
      }
      this.#dropWhereSlow(order.to);
    }
  }

  #dropWhereSlow(socket: Socket): void {
    if (backlog(socket.conn) <= this.#limits.backlog || !socket.connected) return;
    this.#observer.refused('slow');
    // Without waiting for the rest to be sent, as a polite close would.
    socket.conn.close(true);
  }

  /** Tells a client why, takes its place away, and hangs up. */
  #drop({ carrier, socket }: Connection, error: RefusalCode): void {
    this.#observer.refused(error);
    if (socket === null) {
      carrier.close(true);
      return;
    }
    const orders = this.#registry.leave(socket, performance.now());
    hangUp(socket, error);
    this.#perform(orders);
  }

  #sweep(now: number): void {
    this.#perform(this.#registry.sweep(now));
    this.#doorkeeper.sweep(now);
    for (const [connection, since] of this.#roomless) {
      if (now - since < this.#limits.joinWithin) break;
      this.#drop(connection, 'idle');
    }
    for (const [webSocket, since] of this.#hangingUp) {
      if (now - since < this.#limits.hangUpWithin) break;
      this.#hangingUp.delete(webSocket);
      webSocket.terminate();
    }
  }

  async #close(): Promise<void> {
    const impatience = setTimeout(() => {
      for (const carrier of this.#connections.keys()) carrier.close(true);
      for (const webSocket of this.#hangingUp.keys()) webSocket.terminate();
      this.#http.closeAllConnections();
    }, CLOSE_TIMEOUT);
    // The port stays open until all are told: those who poll come back for it.
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#connections.size === 0) resolve();
      for (const { carrier, socket } of this.#connections.values()) {
        if (socket === null) carrier.close(true);
        else hangUp(socket, 'closing');
      }
    });
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
    clearTimeout(impatience);
  }
}
