/** The HTTP or HTTPS face of the server: health checks, and nothing else that would be worth asking for. */
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { answer, answerInFull, SecureResponse } from './http-responses.ts';
import type { Limits } from './limits.ts';
import type { ServerObserver } from './observer.ts';

const TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';
/** What is answered to a request that cannot be read, as Node would. */
const STATUS = new Map<string | undefined, number>([
  [TIMEOUT, 408],
  ['HPE_HEADER_OVERFLOW', 431],
]);

/** What the server is to be. */
export interface HttpOptions {
  readonly limits: Limits;
  /** Is told of those who do not come as far as a request. */
  readonly observer: ServerObserver;
  /** Speaks HTTPS with this certificate; left out: plain HTTP. */
  readonly certificate: SecureContextOptions | undefined;
  /** Whether newcomers find a room just now. */
  readonly isReady: () => boolean;
}

/**
 * A server that is not listening yet. `GET /healthz` is answered with `ok` as long as it runs, `GET /readyz` with 503
 * where it lets nobody in or no room can be reached, all else with 404. What takes over a path later has the same
 * headers.
 */
export function createHttpServer({ limits, observer, certificate, isReady }: HttpOptions): Server {
  // No room for those who send a byte a minute, or none.
  const patience = limits.joinWithin;
  const options = {
    ServerResponse: SecureResponse,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: patience,
    requestTimeout: patience,
    connectionsCheckingInterval: patience / 2,
  };
  const respond: RequestListener = ({ method, url }, response) => {
    const asked = method === 'GET' || method === 'HEAD' ? url : undefined;
    if (asked === '/healthz' || (asked === '/readyz' && isReady())) answer(response, 200, 'ok\n');
    else if (asked === '/readyz') answer(response, 503, 'lets nobody in\n');
    else answer(response, 404, 'not found\n');
  };
  const server =
    certificate === undefined
      ? createServer(options, respond)
      : createTlsServer({ ...options, ...certificate, handshakeTimeout: patience }, respond);
  cutAllAtOnce(server);
  // With TLS, HTTP is spoken on another socket than the one that connects.
  for (const event of ['connection', 'secureConnection']) server.on(event, bearErrors);
  // Long-polling takes up to two connections a client.
  server.maxConnections = 2 * limits.connections;
  // Node drops what comes behind the count, as the address that a trusted proxy appends. Their bytes have a limit.
  server.maxHeadersCount = 0;
  server.on('drop', () => observer.refused('full'));
  // Before Node's own, which makes it a `clientError`.
  server.prependListener('tlsClientError', (_error: Error, socket: Socket) => {
    observer.refused('tls');
    socket.destroy();
  });
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    // Who hangs up in the middle is not refused.
    if (socket.destroyed || code === 'ECONNRESET' || code === 'EPIPE') return void socket.destroy();
    observer.refused(code === TIMEOUT ? 'silent' : 'invalid');
    if (socket.writable) socket.end(answerInFull(socket, STATUS.get(code) ?? 400), () => socket.destroy());
    else socket.destroy();
  });
  return server;
}

/**
 * Has a connection fail in silence, whoever has it in hand. Node listens to its errors until somebody asks for a
 * WebSocket, and tells of one that an answer before that came upon only after it has stopped: what nobody hears of ends
 * the process.
 */
function bearErrors(socket: Socket): void {
  socket.on('error', ignore);
}

const ignore = () => {};

/**
 * Has `closeAllConnections` cut off all there are: Node's own leaves out who has not finished a TLS handshake, and
 * WebSockets, for whose end `close` would wait.
 */
function cutAllAtOnce(server: Server): void {
  const open = new Set<Socket>();
  // One listener for all of them.
  function closed(this: Socket): void {
    open.delete(this);
  }
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', closed);
  });
  server.closeAllConnections = () => {
    for (const socket of open) socket.destroy();
  };
}
