/** The HTTP face of the server: a health check, and nothing else that would be worth asking for. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';

/** For every answer: nothing here is a page, to be framed, guessed at, cached or read from another site. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** A client must have sent its whole request by then, in ms: no room for those who send a byte a minute. */
const REQUEST_TIMEOUT = 10_000;

/**
 * A server that is not listening yet. `GET /healthz` is answered with `ok`, all else with 404. What takes over a path
 * later keeps the headers.
 */
export function createHttpServer(maxConnections: number): Server {
  const server = createServer(
    {
      maxHeaderSize: 8_192,
      headersTimeout: REQUEST_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      connectionsCheckingInterval: REQUEST_TIMEOUT / 2,
    },
    ({ method, url }, response) => {
      const healthy = (method === 'GET' || method === 'HEAD') && url === '/healthz';
      if (healthy) answer(response, 200, 'ok\n');
      else answer(response, 404, 'not found\n');
    },
  );
  server.maxConnections = maxConnections;
  return server;
}

/** Puts the headers on every answer of a server, whoever gives it. To be called last, so that it comes first. */
export function secureAnswers(server: Server): void {
  server.prependListener('request', (_request, response: ServerResponse) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  });
}

/**
 * Whether a web page from elsewhere asks, which anyone's browser would let it: programs send no `Origin` (RFC 6454,
 * section 7), pages cannot leave it out of a WebSocket. The TLS of `https:` is that of a proxy in front.
 */
export function isForeignPage({ headers: { origin, host } }: IncomingMessage): boolean {
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

function answer(response: ServerResponse, status: number, text: string): void {
  // Closed after an error, so that a body nobody asked for is not read to its end.
  if (status !== 200) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}
