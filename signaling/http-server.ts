/** The HTTP or HTTPS server: health checks, an answer for browsers, timeouts, and the certificate files. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { ErrorDetail } from '../shared/error-details.ts';
import { AparteError } from '../shared/errors.ts';
import { rawResponse, respond, SecureResponse } from './http-responses.ts';
import type { Limits } from './limits.ts';
import type { ServerObserver } from './observer.ts';
import type { Exposure } from './request-origin.ts';
import { clientAddress } from './request-origin.ts';

/** Node's error for a request that did not come in time. */
const TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';
/** The status for a request that cannot be read, as Node would answer; 400 for all others. */
const STATUS_OF = new Map<string | undefined, number>([
  [TIMEOUT, 408],
  ['HPE_HEADER_OVERFLOW', 431],
]);

/** For a person who opens an invite in a browser. The code is in the fragment, which browsers do not send. */
const INVITE_TEXT = `This is a server of aparté, a program for private conversations.

If somebody sent you this link, it is an invite to such a conversation. Type in a terminal, with the whole link:

    aparte 'LINK'

The link holds a secret: do not pass it on.
`;

/** Paths of two PEM files: the certificate, followed by its intermediate certificates, and its private key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** How the HTTP server is set up. */
export interface HttpOptions {
  readonly limits: Limits;
  readonly exposure: Exposure;
  /** Is told of clients that do not get as far as a request. */
  readonly observer: ServerObserver;
  /** Speaks HTTPS with this certificate. Undefined: plain HTTP. */
  readonly certificate: SecureContextOptions | undefined;
  /** Whether new clients can get a room now. */
  readonly isReady: () => boolean;
}

/**
 * Creates a server that does not listen yet. `GET /healthz` is answered with the address as which the client counts, for
 * `aparte doctor`; `GET /readyz` with 503 while new clients cannot get a room; `GET /` with what an invite is.
 */
export function createHttpServer({ limits, exposure, observer, certificate, isReady }: HttpOptions): Server {
  const patience = limits.joinWithin;
  const options = {
    ServerResponse: SecureResponse,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: patience,
    requestTimeout: patience,
    connectionsCheckingInterval: patience / 2,
  };
  const listener: RequestListener = (request, response) => {
    const { method, url } = request;
    const path = method === 'GET' || method === 'HEAD' ? url : undefined;
    if (path === '/healthz') response.setHeader('X-Client-Address', clientAddress(request, exposure));
    if (path === '/') respond(response, 200, INVITE_TEXT);
    else if (path === '/healthz' || (path === '/readyz' && isReady())) respond(response, 200, 'ok\n');
    else if (path === '/readyz') respond(response, 503, 'not ready\n');
    else respond(response, 404, 'not found\n');
  };
  const server =
    certificate === undefined
      ? createServer(options, listener)
      : createTlsServer({ ...options, ...certificate, handshakeTimeout: patience }, listener);
  closeAllSockets(server);
  // With TLS, HTTP uses another socket than the one that connects.
  for (const event of ['connection', 'secureConnection']) server.on(event, ignoreErrors);
  // Long-polling takes up to two connections per client.
  server.maxConnections = 2 * limits.connections;
  // Node would drop headers past a count, such as the address that a trusted proxy appends. Their bytes are limited.
  server.maxHeadersCount = 0;
  server.on('drop', () => observer.refused('full'));
  // Before Node's own listener, which makes it a `clientError`.
  server.prependListener('tlsClientError', (_error: Error, socket: Socket) => {
    observer.refused('tls');
    socket.destroy();
  });
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    // A client that disconnects in the middle is not refused.
    if (socket.destroyed || code === 'ECONNRESET' || code === 'EPIPE') return void socket.destroy();
    observer.refused(code === TIMEOUT ? 'silent' : 'invalid');
    if (socket.writable) socket.end(rawResponse(socket, STATUS_OF.get(code) ?? 400), () => socket.destroy());
    else socket.destroy();
  });
  return server;
}

/**
 * Ignores the errors of a socket. Node stops listening to them once a client asks for a WebSocket, and an error that an
 * earlier response meets after that would end the process.
 */
function ignoreErrors(socket: Socket): void {
  socket.on('error', nothing);
}

const nothing = () => {};

/** Makes `closeAllConnections` close all sockets. Node's own leaves out WebSockets and unfinished TLS handshakes. */
function closeAllSockets(server: Server): void {
  const open = new Set<Socket>();
  // One listener for all, to save memory.
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

/**
 * Reads a certificate and its key, and checks that they fit. Throws `bad-certificate`, which names the file at fault and
 * quotes nothing of it. TLS 1.2 is the oldest version spoken (RFC 8996).
 */
export function readCertificate({ cert, key }: CertificateFiles): SecureContextOptions {
  const read = (path: string) => attempt(path, 'unreadable', () => readFileSync(path, 'utf8'));
  const texts = { cert: read(cert), key: read(key) };
  const certificate = attempt(cert, 'no-certificate', () => new X509Certificate(texts.cert));
  const privateKey = attempt(key, 'no-key', () => createPrivateKey(texts.key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new AparteError('bad-certificate', { key: 'certificate-key-mismatch', files: [cert, key] });
  }
  const options: SecureContextOptions = { ...texts, minVersion: 'TLSv1.2' };
  attempt(cert, 'unusable', () => createSecureContext(options));
  return options;
}

/** Names the fault of a file if an action throws. Only the code of the error is kept: its message may quote the file. */
function attempt<T>(path: string, fault: Extract<ErrorDetail, { key: 'certificate-file' }>['fault'], act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { code = null } = error as NodeJS.ErrnoException;
    throw new AparteError('bad-certificate', { key: 'certificate-file', path, fault, code });
  }
}
