/** Starting and stopping the rendezvous server. */
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { isIPv6 } from 'node:net';
import { AparteError } from '../shared/errors.ts';
import { limitPerAddress } from './address-limits.ts';
import type { Cluster } from './cluster.ts';
import { createHttpServer } from './http-server.ts';
import type { AddressLimits, Limits } from './limits.ts';
import type { ServerObserver } from './observer.ts';
import { UNOBSERVED } from './observer.ts';
import { isLoopback } from './request-origin.ts';
import { Matchmaker } from './socket-frontend.ts';
import type { StunServer } from './stun-server.ts';
import { startStunServer } from './stun-server.ts';
import type { CertificateFiles } from './tls-certificate.ts';
import { readCertificate } from './tls-certificate.ts';
import { type TurnOptions, turnOffer } from './turn-credentials.ts';

/** Where to listen, and what to allow. */
export interface ServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  readonly limits: Limits;
  /** Speaks HTTPS with this certificate. Left out: plain HTTP. */
  readonly tls?: CertificateFiles;
  /** How many proxies in front are believed what they say of the client's address. Left out: none. */
  readonly proxies?: number;
  /** Where to answer STUN, and tell the peers of it; port 0: any free one. Left out: nowhere. */
  readonly stun?: { readonly host: string; readonly port: number };
  /** Where else on this host STUN is answered, to tell the peers of it. */
  readonly stunPort?: number;
  /** TURN servers to hand out credentials for. Left out: none. */
  readonly turn?: TurnOptions;
  /** Whether an IP address may connect; others are hung up on before a byte of theirs is read. Left out: all may. */
  readonly serves?: (address: string) => boolean;
  /** Shares its rooms with all servers that are given the same Redis, `redis:` or `rediss:`. Left out: with nobody. */
  readonly redis?: string;
  /** Shares its rooms so. Left out: by {@link redis}, or with nobody. */
  readonly cluster?: Cluster;
  /** Clients cannot poll: each of their requests could reach another process. */
  readonly webSocketOnly?: boolean;
  /** Is told why what is shared is away, in a word without credentials, and null when it is back. */
  readonly away?: (cause: string | null) => void;
  /** Is told what happens. Left out: nobody. */
  readonly observer?: ServerObserver;
}

/** A server that listens. */
export interface SignalingServer {
  readonly url: string;
  readonly port: number;
  /** Where STUN is answered; null where it is not. */
  readonly stunPort: number | null;
  /** How many connections, rooms and places there are just now, those of lost connections included. */
  stats(): { connections: number; rooms: number; members: number };
  /** How many TCP connections there are, those included that have not said what they want. */
  sockets(): Promise<number>;
  /**
   * Reads the certificate anew, for connections to come; those that are open stay. Throws `bad-certificate`, and goes on
   * with the one it has, where that cannot be. Does nothing without TLS.
   */
  reload(): void;
  /**
   * Lets nobody in any more, tells everyone, lets go of them, and resolves once the port is free: after a second at
   * most. With some `patience`, in ms, people are told spread over so much time as their number asks for, and pairings
   * on their way may take all of it. Idempotent; called again with less patience, it hurries.
   */
  close(patience?: number): Promise<void>;
}

/**
 * Starts a server. Throws `bad-certificate` where it cannot be used, `store-unreachable` where Redis cannot be reached,
 * and `cannot-listen` where a port is in use or not ours to take.
 */
export async function startServer(options: ServerOptions): Promise<SignalingServer> {
  const { port, host, limits, tls, proxies = 0, stun, turn, redis } = options;
  const { observer = UNOBSERVED, serves, webSocketOnly = false } = options;
  const certificate = tls && readCertificate(tls);
  let isAway = false;
  const away = (cause: string | null) => {
    isAway = cause !== null;
    options.away?.(cause);
  };
  const stunServer = stun === undefined ? null : await startStunServer(stun.host, stun.port);
  const cluster = redis === undefined ? (options.cluster ?? null) : await joinCluster(redis, limits, away, stunServer);
  const http = createHttpServer({ limits, observer, certificate, isReady: () => matchmaker.isReady && !isAway });
  // Behind a proxy all have its address.
  if (limits.perAddress !== null && proxies === 0)
    limitPerAddress(http, tcpLimits(limits.perAddress), () => observer.refused('crowded'));
  if (serves !== undefined) {
    http.prependListener('connection', (socket: Socket) => {
      if (!serves(socket.remoteAddress ?? '')) socket.destroy();
    });
  }
  const door = { proxies, isPrivate: isLoopback(host) && proxies === 0 };
  const stunPort = stunServer?.port ?? options.stunPort ?? null;
  const offer = () => ({
    ...(stunPort !== null && { stunPort }),
    ...(turn !== undefined && { turn: [turnOffer(turn, Date.now())] }),
  });
  const matchmaker = new Matchmaker(http, { limits, door, offer, observer, cluster, webSocketOnly });
  try {
    await matchmaker.prepare();
    await new Promise<void>((resolve, reject) => {
      http.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) =>
        reject(new AparteError('cannot-listen', { key: 'system-error', code })),
      );
      http.listen(port, host, resolve);
    });
  } catch (error) {
    await Promise.all([stunServer?.close(), matchmaker.leaveOthers()]);
    throw error;
  }
  const bound = (http.address() as AddressInfo).port;
  matchmaker.start();
  return {
    url: `http${tls === undefined ? '' : 's'}://${isIPv6(host) ? `[${host}]` : host}:${bound}`,
    port: bound,
    stunPort,
    stats: () => matchmaker.stats(),
    sockets: () =>
      new Promise((resolve, reject) => {
        http.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    reload: () => {
      if (tls !== undefined) (http as HttpsServer).setSecureContext(readCertificate(tls));
    },
    close: async (patience = 0) => {
      await matchmaker.close(patience);
      // Pairings that come to an end meanwhile ask it.
      await stunServer?.close();
    },
  };
}

/** Joins those on one Redis; where that cannot be, lets go of the STUN server that has been started. */
async function joinCluster(
  redis: string,
  limits: Limits,
  away: (cause: string | null) => void,
  stunServer: StunServer | null,
): Promise<Cluster> {
  try {
    const { joinThroughRedis } = await import('./redis/index.ts');
    return await joinThroughRedis(redis, limits, away);
  } catch (error) {
    await stunServer?.close();
    throw error;
  }
}

/**
 * What an address may do below HTTP. Long-polling takes two TCP connections a client, and twice as many clients are let
 * in as may stay, so that they can be told.
 */
function tcpLimits({ connections, connects }: AddressLimits): Pick<AddressLimits, 'connections' | 'connects'> {
  const times = 4;
  return {
    connections: times * connections,
    connects: { burst: times * connects.burst, perSecond: times * connects.perSecond },
  };
}
