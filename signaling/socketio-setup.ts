/** Socket.IO and Engine.IO as this server configures them, and what it makes them forget of each connection. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket as TypedSocket } from 'socket.io';
import { type DefaultEventsMap, Server } from 'socket.io';
import type { PeerEvents, RefusalCode, ServerEvents } from '../shared/signal-wire.ts';
import type { Limits } from './limits.ts';
import type { WebSocketEngine } from './websockets.ts';

/** What is stored with a Socket.IO client. */
export interface SocketData {
  /** The name under which the rooms know it. Null or absent: it has no slot and has not asked for one. */
  client?: string | null;
  /** When it last sent something or was told of others, in ms of this process. Absent: never. */
  activeAt?: number;
}
/** The Socket.IO server. */
export type SocketServer = Server<PeerEvents, ServerEvents, DefaultEventsMap, SocketData>;
/** A client that speaks Socket.IO. */
export type Socket = TypedSocket<PeerEvents, ServerEvents, DefaultEventsMap, SocketData>;
/** The Engine.IO connection under a Socket.IO client. */
export type EngineSocket = Socket['conn'];

/** Serves the path `/socket.io/` of an HTTP server. `admits` decides whether a request may become a connection. */
export function createSocketServer(
  http: HttpServer,
  limits: Limits,
  webSockets: WebSocketEngine,
  webSocketOnly: boolean,
  admits: (request: IncomingMessage) => boolean,
): SocketServer {
  return new Server(http, {
    wsEngine: webSockets.Server,
    // A dead connection is noticed after the sum of these two.
    pingInterval: (limits.silence * 2) / 3,
    pingTimeout: limits.silence / 3,
    // Longer than a client may take to join, so that the sweep drops it first.
    connectTimeout: 2 * limits.joinWithin + limits.sweepEvery,
    maxHttpBufferSize: limits.messageBytes,
    ...(webSocketOnly && { transports: ['websocket'] }),
    perMessageDeflate: false,
    httpCompression: false,
    serveClient: false,
    allowRequest: (request, answer) => answer(null, admits(request)),
  });
}

/**
 * Makes the libraries forget what they keep of each connection and nobody reads: a sixth of the memory of a waiting
 * client (measured: `npm run bench:server`). To be called before there are connections, after everybody has registered
 * who reads the request or the handshake of a new connection.
 */
export function trimConnections(http: HttpServer, io: SocketServer): void {
  forgetResponses(http, io);
  io.engine.on('connection', (engineSocket: EngineSocket) => {
    // Socket.IO's documentation recommends this. A polling client still waits for the response to its request.
    if (engineSocket.transport.name === 'websocket') Object.assign(engineSocket, { request: null });
  });
  io.on('connection', (socket) => void Object.assign(socket, { handshake: null }));
  // Each client would be put into a Socket.IO room of its own.
  const nothing = () => {};
  Object.assign(io.of('/').adapter, { addAll: nothing, del: nothing, delAll: nothing });
}

/**
 * Engine.IO makes a response of each WebSocket request, for middlewares that wait for its end. A listener on the TCP
 * connection keeps it, and with it the request. This server has no such middlewares, so the listener is removed.
 */
function forgetResponses(http: HttpServer, io: SocketServer): void {
  let before: readonly unknown[] = [];
  http.prependListener('upgrade', (_request: IncomingMessage, socket: Duplex) => {
    before = socket.listeners('close');
  });
  io.engine.use((request: IncomingMessage, response: unknown, next: () => void) => {
    const { socket } = request;
    for (const listener of response instanceof ServerResponse ? [] : socket.listeners('close'))
      if (!before.includes(listener)) socket.off('close', listener as () => void);
    next();
  });
}

/** Tells a client why it must go, and disconnects it. */
export function dismiss(socket: Socket, error: RefusalCode): void {
  socket.emit('fault', { error });
  socket.disconnect(true);
}
