/** Socket.IO as this server uses it: how it is set up, and what of a connection its types do not tell. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket as TypedSocket } from 'socket.io';
import { type DefaultEventsMap, Server } from 'socket.io';
import type { PeerEvents, RefusalCode, ServerEvents } from '../shared/signal-wire.ts';
import type { Limits } from './limits.ts';

/** What is kept with a client. */
export interface SocketData {
  /** By which name the rooms know it; null or left out: it has no place, and has asked for none. */
  client?: string | null;
  /** When it last asked for something or was told of others, in ms of the process; left out: never. */
  activeAt?: number;
}
/** All connections of one server. */
export type SocketServer = Server<PeerEvents, ServerEvents, DefaultEventsMap, SocketData>;
/** A client that speaks Socket.IO. */
export type Socket = TypedSocket<PeerEvents, ServerEvents, DefaultEventsMap, SocketData>;
/** Engine.IO's connection, under Socket.IO's. */
export type Carrier = Socket['conn'];

/** Takes the path `/socket.io/` of an HTTP server. `admits` says whether a request may become a connection. */
export function createSocketServer(
  http: HttpServer,
  limits: Limits,
  webSocketOnly: boolean,
  admits: (request: IncomingMessage) => boolean,
): SocketServer {
  return new Server(http, {
    // A dead connection is noticed after their sum.
    pingInterval: (limits.silence * 2) / 3,
    pingTimeout: limits.silence / 3,
    // Who does not introduce itself is in no room, and dropped for that before.
    connectTimeout: 2 * limits.joinWithin + limits.sweepEvery,
    maxHttpBufferSize: limits.messageBytes,
    ...(webSocketOnly && { transports: ['websocket'] }),
    perMessageDeflate: false,
    httpCompression: false,
    serveClient: false,
    allowRequest: (request, answer) => answer(null, admits(request)),
  });
}

/** How many packets wait for a client to read them. */
export function backlog(carrier: Carrier): number {
  // Not in the types, but where Engine.IO keeps what its transport has not taken yet.
  return (carrier as unknown as { writeBuffer: readonly unknown[] }).writeBuffer.length;
}

/** Reads what a client sends, or lets it wait; polling, where each request is answered, goes on. */
export function readOn(carrier: Carrier, reads: boolean): void {
  // Not in the types: the WebSocket of `ws` below.
  const { socket } = carrier.transport as { socket?: { pause?(): void; resume?(): void } };
  if (reads) socket?.resume?.();
  else socket?.pause?.();
}

/** Tells a client why it must go, and hangs up. */
export function hangUp(socket: Socket, error: RefusalCode): void {
  socket.emit('fault', { error });
  socket.disconnect(true);
}
