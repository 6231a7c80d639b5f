/**
 * What the server counts, as Prometheus text on a port of its own. No label names a person, an address or a room.
 * Loaded only where it is wanted.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { AparteError } from '../shared/errors.ts';
import type { RefusalCause, ServerObserver } from './observer.ts';
import { isLoopback, isOwnName } from './request-origin.ts';

/** Where metrics are served. */
export interface MetricsAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** What there is just now, asked at every scrape. */
export interface Census {
  /** Connections that speak Engine.IO. */
  readonly connections: number;
  readonly rooms: number;
  /** Places in rooms, those of lost connections included. */
  readonly members: number;
  /** TCP connections, those included that have not said what they want. */
  readonly sockets: number;
}

/** Metrics that can be scraped. */
export interface Metrics {
  /** Counts what it is told. */
  readonly observer: ServerObserver;
  readonly url: string;
  /** From now on `census` is asked at every scrape. */
  watch(census: () => Promise<Census>): void;
  close(): Promise<void>;
}

/** Upper ends of the classes of frames, in bytes: flights of a handshake (docs/PROTOCOL.md, section 6) fall apart. */
const FRAME_SIZES = [256, 1_024, 2_048, 3_072, 4_608, 6_656, 8_704, 16_384];
/** A scraper has asked by then, in ms. */
const REQUEST_TIMEOUT = 10_000;
/** Nobody needs more scrapers. */
const MAX_CONNECTIONS = 64;

/** Begins to count, and answers `GET /metrics` until closed. Throws `cannot-listen`. */
export async function startMetrics({ host, port }: MetricsAddress): Promise<Metrics> {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const refusals = new Counter({
    name: 'aparte_refusals_total',
    help: 'What was turned away or dropped, by cause',
    labelNames: ['cause'],
    registers,
  });
  const meetings = new Counter({
    name: 'aparte_meetings_total',
    help: 'Rooms of one member that became rooms of two',
    registers,
  });
  const frames = new Histogram({
    name: 'aparte_frame_bytes',
    help: 'Sealed frames handed on, by size in bytes',
    buckets: FRAME_SIZES,
    registers,
  });
  const observer: ServerObserver = {
    refused: (cause: RefusalCause) => refusals.inc({ cause }),
    met: () => meetings.inc(),
    forwarded: (bytes) => frames.observe(bytes),
  };
  const gauges = makeGauges(registers);
  let ask = async (): Promise<Partial<Census>> => ({});
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: REQUEST_TIMEOUT, requestTimeout: REQUEST_TIMEOUT },
    (request, response) =>
      void answer(request, response, !isLoopback(host) || isOwnName(request), register.contentType, async () => {
        const census = await ask();
        for (const [name, gauge] of gauges) gauge.set(census[name] ?? 0);
        return register.metrics();
      }),
  );
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) =>
      reject(new AparteError('cannot-listen', { key: 'cannot-bind', service: 'metrics', port, code })),
    );
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    observer,
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${bound}/metrics`,
    watch: (census) => {
      ask = census;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function makeGauges(registers: Registry[]): (readonly [keyof Census, Gauge])[] {
  return [
    ['sockets', gauge('sockets', 'Open TCP connections, those without a finished handshake included')],
    ['connections', gauge('connections', 'Connected clients')],
    ['rooms', gauge('rooms', 'Rooms')],
    ['members', gauge('members', 'Members of rooms, lost connections included')],
  ];
  function gauge(name: keyof Census, help: string): Gauge {
    return new Gauge({ name: `aparte_${name}`, help, registers });
  }
}

/** `isMeant`: the request names an address of ours, not whatever a page made resolve to it. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  isMeant: boolean,
  contentType: string,
  scrape: () => Promise<string>,
): Promise<void> {
  const asked = request.method === 'GET' && request.url === '/metrics';
  // Pages have no business here, whoever's browser they are in (RFC 6454, section 7) and whatever name brought them.
  const found = asked && isMeant && request.headers.origin === undefined;
  const text = found ? await scrape() : 'metrics are at /metrics\n';
  response.writeHead(found ? 200 : 404, {
    'Content-Type': found ? contentType : 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(!found && { Connection: 'close' }),
  });
  response.end(text);
}
