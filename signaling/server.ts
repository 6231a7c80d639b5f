/** Starts and stops the rendezvous server. */
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { isIPv6 } from 'node:net';
import { AparteError } from '../shared/errors.ts';
import { limitPerAddress } from './address-limits.ts';
import type { CertificateFiles } from './http-server.ts';
import { createHttpServer, readCertificate } from './http-server.ts';
import { makeIceOffer, type TurnOptions } from './ice-offer.ts';
import type { AddressLimits, Limits } from './limits.ts';
import type { ServerObserver } from './observer.ts';
import { NO_OBSERVER } from './observer.ts';
import type { ProxyMismatch } from './request-origin.ts';
import { isLoopback } from './request-origin.ts';
import type { Cluster } from './rooms-interface.ts';
import { SocketFrontend } from './socket-frontend.ts';
import { startStunServer } from './stun-server.ts';

/**
 * TCP connections of one address per client that it may connect. Long-polling takes two, and twice as many clients are
 * let in as may stay, so that the others can be told.
 */
const SOCKETS_PER_CLIENT = 4;

/** Where to listen and what to allow. */
export interface ServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  readonly limits: Limits;
  /** Speaks HTTPS with this certificate. Absent: plain HTTP. */
  readonly tls?: CertificateFiles;
  /** The number of trusted proxies in front, which tell the client's address. Absent: none. */
  readonly proxies?: number;
  /** Where to answer STUN; port 0: any free port. Absent: nowhere. */
  readonly stun?: { readonly host: string; readonly port: number };
  /** A port of this host where another process answers STUN. */
  readonly stunPort?: number;
  /** TURN servers to offer to clients. Absent: none. */
  readonly turn?: TurnOptions;
  /** Whether an IP address may connect. Others are disconnected before a byte of theirs is read. Absent: all may. */
  readonly serves?: (address: string) => boolean;
  /** A `redis:` or `rediss:` URL. The rooms are shared with all servers on the same Redis. Absent: they are not. */
  readonly redis?: string;
  /** Shares the rooms with the other processes of this server. Absent: it has none. */
  readonly cluster?: Cluster;
  /** Whether long-polling is refused, because each request could reach another process. */
  readonly webSocketOnly?: boolean;
  /** Is called with the cause, without credentials, when Redis cannot be reached, and with null when it can again. */
  readonly away?: (cause: string | null) => void;
  /** Is called when a refused request shows a wrong number of trusted proxies: once for each mismatch. */
  readonly proxyMismatch?: (mismatch: ProxyMismatch) => void;
  /** Is told of events. Absent: nobody is. */
  readonly observer?: ServerObserver;
}

/** A server that listens. */
export interface SignalingServer {
  readonly url: string;
  readonly port: number;
  /** The port where STUN is answered; null: nowhere. */
  readonly stunPort: number | null;
  /** The number of connections, rooms and slots. Slots of lost connections count. */
  stats(): { connections: number; rooms: number; members: number };
  /** The number of TCP connections, with those that have sent no request yet. */
  sockets(): Promise<number>;
  /**
   * Reads the certificate again, for new connections. Open connections stay. Throws `bad-certificate` and keeps the old
   * one if the files cannot be used. Does nothing without TLS.
   */
  reload(): void;
  /**
   * Lets nobody in any more, disconnects all clients, and resolves when the port is free. With `patience`, in ms, clients
   * are disconnected over as much of that time as their number needs, and pairings may take all of it. Idempotent; a
   * later call with less patience shortens it.
   */
  close(patience?: number): Promise<void>;
}

/** Starts a server. Throws `bad-certificate`, `store-unreachable` (Redis), or `cannot-listen`. */
export async function startServer(options: ServerOptions): Promise<SignalingServer> {
  const { port, host, limits, tls, proxies = 0, turn, observer = NO_OBSERVER, serves } = options;
  const certificate = tls && readCertificate(tls);
  const stunServer = options.stun === undefined ? null : await startStunServer(options.stun.host, options.stun.port);
  const stunPort = stunServer?.port ?? options.stunPort ?? null;
  let cluster: Cluster | null = null;
  try {
    let isAway = false;
    const away = (cause: string | null) => {
      isAway = cause !== null;
      options.away?.(cause);
    };
    cluster = await joinCluster(options, away);
    const exposure = { proxies, isPrivate: isLoopback(host) && proxies === 0 };
    const isReady = () => frontend.isReady && !isAway;
    const http = createHttpServer({ limits, exposure, observer, certificate, isReady });
    // Behind a proxy, all TCP connections come from its address.
    if (limits.perAddress !== null && proxies === 0)
      limitPerAddress(http, tcpLimits(limits.perAddress), () => observer.refused('crowded'));
    if (serves !== undefined) {
      http.prependListener('connection', (socket: Socket) => {
        if (!serves(socket.remoteAddress ?? '')) socket.destroy();
      });
    }
    const mismatches = new Set<ProxyMismatch>();
    const frontend = new SocketFrontend(http, {
      limits,
      exposure,
      offer: () => makeIceOffer(stunPort, turn, Date.now()),
      observer,
      cluster,
      webSocketOnly: options.webSocketOnly ?? false,
      proxyMismatch: (mismatch) => {
        if (!mismatches.has(mismatch)) options.proxyMismatch?.(mismatch);
        mismatches.add(mismatch);
      },
    });
    await new Promise<void>((resolve, reject) => {
      http.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) =>
        reject(new AparteError('cannot-listen', { key: 'system-error', code })),
      );
      http.listen(port, host, resolve);
    });
    const bound = (http.address() as AddressInfo).port;
    frontend.start();
    return {
      url: `http${tls === undefined ? '' : 's'}://${isIPv6(host) ? `[${host}]` : host}:${bound}`,
      port: bound,
      stunPort,
      stats: () => frontend.stats(),
      sockets: () =>
        new Promise((resolve, reject) => {
          http.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
        }),
      reload: () => {
        if (tls !== undefined) (http as HttpsServer).setSecureContext(readCertificate(tls));
      },
      close: async (patience = 0) => {
        await frontend.close(patience);
        // Last, because pairings that are being finished ask it.
        await stunServer?.close();
      },
    };
  } catch (error) {
    await Promise.all([stunServer?.close(), cluster?.close()]);
    throw error;
  }
}

/** Joins the servers on one Redis, or the cluster that was given. Null: there is neither. */
async function joinCluster(options: ServerOptions, away: (cause: string | null) => void): Promise<Cluster | null> {
  if (options.redis === undefined) return options.cluster ?? null;
  const { joinThroughRedis } = await import('./redis/index.ts');
  return await joinThroughRedis(options.redis, options.limits, away);
}

/** The limits of an address on TCP connections. */
function tcpLimits({ connections, connects }: AddressLimits): Pick<AddressLimits, 'connections' | 'connects'> {
  return {
    connections: SOCKETS_PER_CLIENT * connections,
    connects: {
      burst: SOCKETS_PER_CLIENT * connects.burst,
      perSecond: SOCKETS_PER_CLIENT * connects.perSecond,
    },
  };
}
