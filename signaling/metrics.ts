/**
 * Metrics for Prometheus, on a port of their own. No label names a person, an address or a room. This module is loaded
 * only if metrics are wanted.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { AparteError } from '../shared/errors.ts';
import type { RefusalCause, ServerObserver } from './observer.ts';
import { REFUSAL_CAUSES } from './observer.ts';
import { isLoopback, isOwnName } from './request-origin.ts';

/** Where metrics are served. */
export interface MetricsAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** The values of the gauges. */
export interface GaugeValues {
  /** Connections that speak Engine.IO. */
  readonly connections: number;
  readonly rooms: number;
  /** Slots in rooms, with those of lost connections. */
  readonly members: number;
  /** TCP connections, with those that have sent no request yet. */
  readonly sockets: number;
}

/** A metrics server. */
export interface Metrics {
  /** Counts the events it is told of. */
  readonly observer: ServerObserver;
  readonly url: string;
  /** Sets where the values of the gauges come from. They are read at every scrape. */
  watch(read: () => Promise<GaugeValues>): void;
  close(): Promise<void>;
}

/** Upper bounds of the histogram of frame sizes, in bytes. They separate the handshake frames of docs/PROTOCOL.md. */
const FRAME_SIZES = [256, 1_024, 2_048, 3_072, 4_608, 6_656, 8_704, 16_384];
/** How long a scraper may take to send its request, in ms. */
const REQUEST_TIMEOUT = 10_000;
const MAX_CONNECTIONS = 64;

/** Starts to count, and serves `GET /metrics` until closed. Throws `cannot-listen`. */
export async function startMetrics({ host, port }: MetricsAddress): Promise<Metrics> {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const refusals = new Counter({
    name: 'aparte_refusals_total',
    help: 'Clients and requests that were refused or disconnected, by cause',
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
    help: 'Sealed frames that were forwarded, by size in bytes',
    buckets: FRAME_SIZES,
    registers,
  });
  // A series that begins at 0 shows the first refusal as an increase.
  for (const cause of REFUSAL_CAUSES) refusals.inc({ cause }, 0);
  const observer: ServerObserver = {
    refused: (cause: RefusalCause) => refusals.inc({ cause }),
    paired: () => meetings.inc(),
    forwarded: (bytes) => frames.observe(bytes),
  };
  const gauges = makeGauges(registers);
  let read = async (): Promise<Partial<GaugeValues>> => ({});
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: REQUEST_TIMEOUT, requestTimeout: REQUEST_TIMEOUT },
    (request, response) =>
      void answer(request, response, !isLoopback(host) || isOwnName(request), register.contentType, async () => {
        const values = await read();
        for (const [name, gauge] of gauges) gauge.set(values[name] ?? 0);
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
    watch: (source) => {
      read = source;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function makeGauges(registers: Registry[]): (readonly [keyof GaugeValues, Gauge])[] {
  return [
    ['sockets', gauge('sockets', 'Open TCP connections, with those whose handshake is not finished')],
    ['connections', gauge('connections', 'Connected clients')],
    ['rooms', gauge('rooms', 'Rooms')],
    ['members', gauge('members', 'Members of rooms, with those whose connection is lost')],
  ];
  function gauge(name: keyof GaugeValues, help: string): Gauge {
    return new Gauge({ name: `aparte_${name}`, help, registers });
  }
}

/** `isMeant`: the request names an address of this server, not a name that a page made resolve to it. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  isMeant: boolean,
  contentType: string,
  scrape: () => Promise<string>,
): Promise<void> {
  const isScrape = request.method === 'GET' && request.url === '/metrics';
  // Web pages may not read metrics: they send an `Origin` (RFC 6454, section 7) or come under a name of their own.
  const found = isScrape && isMeant && request.headers.origin === undefined;
  const text = found ? await scrape() : 'metrics are at /metrics\n';
  response.writeHead(found ? 200 : 404, {
    'Content-Type': found ? contentType : 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(!found && { Connection: 'close' }),
  });
  response.end(text);
}
