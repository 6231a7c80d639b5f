/** What every answer over HTTP says besides, whoever gives it; and answers where nobody else gives one that has it. */
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { SocketServer } from './socketio-setup.ts';

/** For every answer: nothing here is a page, to be framed, guessed at, cached or read from another site. */
const HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Browsers that have been here by HTTPS are not to come by plain HTTP for a year, in seconds (RFC 6797). */
const TLS_HEADERS = { ...HEADERS, 'Strict-Transport-Security': 'max-age=31536000' };

/** When to come back to a server that lets nobody in, in s: by then another may listen there (RFC 9110, section 10.2.3). */
const RETRY_AFTER = '2';

/** Engine.IO's code for a request that was not let in. */
const FORBIDDEN = 4;

/** A response that has the headers; it keeps them whatever is added. */
export class SecureResponse extends ServerResponse {
  constructor(...args: ConstructorParameters<typeof ServerResponse>) {
    super(...args);
    for (const [name, value] of Object.entries(headersOn(args[0].socket))) this.setHeader(name, value);
  }
}

function headersOn(socket: Duplex): Readonly<Record<string, string>> {
  return socket instanceof TLSSocket ? TLS_HEADERS : HEADERS;
}

/** An answer without a body as it goes over the wire, where there is no response to write. Closes the connection. */
export function answerInFull(socket: Duplex, status: number, more: Readonly<Record<string, string>> = {}): string {
  const headers = { ...headersOn(socket), ...more, Connection: 'close', 'Content-Length': '0' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`;
}

/** Answers with a line of text; where it is an error, hangs up, so that a body nobody asked for is not read to its end. */
export function answer(response: ServerResponse, status: number, text: string): void {
  if (status !== 200) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}

/**
 * Answers requests that Engine.IO turns away before it does so itself: where it would write a bare `400` to whoever
 * asked for a WebSocket, and all where nobody is let in.
 */
export function answerRefused(io: SocketServer, isReady: () => boolean): void {
  type Refused = {
    readonly req: IncomingMessage & { res?: ServerResponse; websocket?: unknown };
    readonly code: number;
  };
  io.engine.on('connection_error', ({ req, code }: Refused) => {
    const { socket, res, websocket } = req;
    const isClosing = code === FORBIDDEN && !isReady();
    const more = isClosing ? { 'Retry-After': RETRY_AFTER } : {};
    if (res !== undefined) {
      if (isClosing) res.writeHead(503, { ...more, Connection: 'close' }).end();
    } else if (websocket === undefined && socket.writable) {
      socket.end(answerInFull(socket, isClosing ? 503 : code === FORBIDDEN ? 403 : 400, more));
    }
  });
}

/** Answers who asks for a WebSocket under another path than that of Socket.IO, which would let him wait. */
export function answerElsewhere(server: Server, io: SocketServer): void {
  const path = `${io.path()}/`;
  server.on('upgrade', ({ url }, socket) => {
    if (url?.startsWith(path) === true) return;
    socket.on('error', () => socket.destroy());
    socket.end(answerInFull(socket, 404), () => socket.destroy());
  });
}

/** Has a server answer only requests that may be asked, and the others with 429. To be called last, so that it comes first. */
export function askFirst(server: Server, mayAsk: (request: IncomingMessage) => boolean): void {
  const listeners = server.listeners('request') as RequestListener[];
  const respond: RequestListener = (request, response) => {
    if (mayAsk(request)) for (const listener of listeners) listener(request, response);
    else answer(response, 429, 'too many requests\n');
  };
  server.removeAllListeners('request').on('request', respond);
  // Node would answer by itself who expects something else than `100-continue`.
  server.on('checkExpectation', respond);
}
