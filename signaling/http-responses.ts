/** The headers of every HTTP response, and the responses to requests that Engine.IO would answer without them. */
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { SocketServer } from './socketio-setup.ts';
import type { WebSocketEngine } from './websockets.ts';

/** For every response: nothing here may be framed, sniffed, cached or read by another site. */
const HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Over HTTPS, browsers are told to use HTTPS only for a year, in seconds (RFC 6797). */
const TLS_HEADERS = { ...HEADERS, 'Strict-Transport-Security': 'max-age=31536000' };

/** When to come back to a server that is closing, in s. By then another may listen there (RFC 9110, section 10.2.3). */
const RETRY_AFTER = { 'Retry-After': '2' };

/** Engine.IO's code for a request that was not admitted. */
const FORBIDDEN = 4;

/** A response that has the headers from the start. */
export class SecureResponse extends ServerResponse {
  constructor(...args: ConstructorParameters<typeof ServerResponse>) {
    super(...args);
    for (const [name, value] of Object.entries(headersOn(args[0].socket))) this.setHeader(name, value);
  }
}

function headersOn(socket: Duplex): Readonly<Record<string, string>> {
  return socket instanceof TLSSocket ? TLS_HEADERS : HEADERS;
}

/** The bytes of a response without a body, for sockets that have no response object. It closes the connection. */
export function rawResponse(socket: Duplex, status: number, more: Readonly<Record<string, string>> = {}): string {
  const headers = { ...headersOn(socket), ...more, Connection: 'close', 'Content-Length': '0' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`;
}

/** Answers with text. An error closes the connection, so that an unwanted body is not read to its end. */
export function respond(response: ServerResponse, status: number, text: string): void {
  if (status !== 200) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}

/** Answers WebSocket requests that Engine.IO refuses, before Engine.IO writes a bare 400. */
export function answerFailedUpgrades(
  server: Server,
  io: SocketServer,
  webSockets: WebSocketEngine,
  isReady: () => boolean,
): void {
  const upgrading = new WeakSet<IncomingMessage>();
  server.prependListener('upgrade', (request: IncomingMessage) => void upgrading.add(request));
  io.engine.on('connection_error', ({ req, code }: { readonly req: IncomingMessage; readonly code: number }) => {
    const { socket } = req;
    if (!upgrading.has(req) || webSockets.of(req) !== undefined || !socket.writable) return;
    const isClosing = code === FORBIDDEN && !isReady();
    const status = isClosing ? 503 : code === FORBIDDEN ? 403 : 400;
    socket.end(rawResponse(socket, status, isClosing ? RETRY_AFTER : {}));
  });
}

/** Answers requests for a WebSocket under any other path than Socket.IO's, which nothing else would answer. */
export function rejectOtherUpgrades(server: Server, io: SocketServer): void {
  const path = `${io.path()}/`;
  server.on('upgrade', ({ url }, socket) => {
    if (url?.startsWith(path) === true) return;
    socket.on('error', () => socket.destroy());
    socket.end(rawResponse(socket, 404), () => socket.destroy());
  });
}

/** Refuses requests with the status that `refusal` returns. To be called after all who listen to requests. */
export function guardRequests(server: Server, refusal: (request: IncomingMessage) => 429 | 503 | null): void {
  const listeners = server.listeners('request') as RequestListener[];
  const guard: RequestListener = (request, response) => {
    const status = refusal(request);
    if (status === null) {
      for (const listener of listeners) listener(request, response);
    } else {
      if (status === 503) response.setHeader('Retry-After', RETRY_AFTER['Retry-After']);
      respond(response, status, status === 429 ? 'too many requests\n' : 'the server is closing\n');
    }
  };
  server.removeAllListeners('request').on('request', guard);
  // Node alone would answer requests that expect anything else than `100-continue`.
  server.on('checkExpectation', guard);
}
