/**
 * Lets go of what Socket.IO, Engine.IO and Node keep of each connection though nobody here asks for it: some 40 % of
 * what a waiting client costs (measured: `npm run bench:server`). Each step leaves the libraries' own ways intact; one
 * that a later release has no more use for changes nothing.
 */
import type { EventEmitter } from 'node:events';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Carrier, Socket, SocketServer } from './socketio-setup.ts';

/** Has an HTTP server and the Socket.IO server on it keep less. To be called before either is used. */
export function keepLittle(http: HttpServer, io: SocketServer): void {
  forgetResponses(http, io);
  io.engine.on('connection', forgetRequest);
  io.on('connection', forgetHandshake);
}

/**
 * For middlewares that wait for the end of a response, Engine.IO makes one of every WebSocket and keeps it, and the
 * request with it, in a listener on the TCP connection. There are no such middlewares here.
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

/** Closures of Engine.IO hold the request that a connection began with: empties it. */
function forgetRequest(carrier: Carrier): void {
  const { request, transport } = carrier;
  // The answer to a request of long-polling is still to be given.
  if (transport.name !== 'websocket') return;
  Object.assign(request, { headers: {}, rawHeaders: [], url: '', _query: {}, websocket: null });
  Object.assign(carrier, { request: null });
  // Are emitted by long-polling only.
  transport.removeAllListeners('headers');
  forgetUpgrade((transport as unknown as { socket: EventEmitter }).socket);
  trim(carrier, 'cleanupFn');
}

/** Until a WebSocket has a transport, which listens itself, Engine.IO waits for errors with a closure that holds the request. */
function forgetUpgrade(webSocket: EventEmitter): void {
  const [waiting, ...others] = webSocket.listeners('error');
  if (waiting !== undefined && others.length > 0) webSocket.off('error', waiting as () => void);
}

/** No client is asked to acknowledge anything; where one does so anyway, nothing is found here. */
const NO_ACKNOWLEDGEMENTS = new Map<number, never>();

function forgetHandshake(socket: Socket): void {
  Object.assign(socket, { handshake: null, acks: NO_ACKNOWLEDGEMENTS });
  trim(socket, '_anyListeners');
  const { decoder } = socket.client as unknown as { decoder: object };
  const listeners: unknown = Reflect.get(decoder, '_callbacks');
  if (typeof listeners === 'object' && listeners !== null) trim(listeners, '$decoded');
}

/** Whatever is first pushed into an empty array makes V8 reserve room for 17. Few of these will ever have a second. */
function trim(owner: object, name: string): void {
  const array: unknown = Reflect.get(owner, name);
  if (Array.isArray(array)) Object.assign(owner, { [name]: array.slice() });
}

/**
 * Every socket would be put into a Socket.IO room of its own, which nobody asks for where no other server can. To be
 * called before there are sockets.
 */
export function forgetRooms(io: SocketServer): void {
  const nothing = () => {};
  Object.assign(io.of('/').adapter, { addAll: nothing, del: nothing, delAll: nothing });
}
