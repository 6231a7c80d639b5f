/** Starting and stopping the rendezvous server. */
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { AparteError } from '../shared/errors.ts';
import { limitPerAddress } from './addresses.ts';
import { createHttpServer, secureAnswers } from './http.ts';
import type { Limits } from './limits.ts';
import { Matchmaker } from './matchmaker.ts';
import type { ServerObserver } from './observer.ts';
import { startStunServer } from './stun.ts';
import { type TurnOptions, turnOffer } from './turn.ts';

/** Where to listen, and what to allow. */
export interface ServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  readonly limits: Limits;
  /** Where to answer STUN, and tell the peers of it; port 0: any free one. Left out: nowhere. */
  readonly stun?: { readonly host: string; readonly port: number };
  /** TURN servers to hand out credentials for. Left out: none. */
  readonly turn?: TurnOptions;
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
  /** Tells everyone, lets go of them, and resolves once the port is free: after a second at most. Idempotent. */
  close(): Promise<void>;
}

/** Starts a server. Throws `cannot-listen` where a port is in use or not ours to take. */
export async function startServer(options: ServerOptions): Promise<SignalingServer> {
  const { port, host, limits, stun, turn, observer } = options;
  const stunServer = stun === undefined ? null : await startStunServer(stun.host, stun.port);
  // Long-polling takes up to two connections a client.
  const http = createHttpServer(2 * limits.connections);
  // Twice as many connections are let in as may stay, so that they can be told.
  if (limits.perAddress !== null) limitPerAddress(http, 4 * limits.perAddress.connections);
  const offer = () => ({
    ...(stunServer !== null && { stunPort: stunServer.port }),
    ...(turn !== undefined && { turn: [turnOffer(turn, Date.now())] }),
  });
  const matchmaker = new Matchmaker(http, limits, offer, observer);
  secureAnswers(http);
  try {
    await new Promise<void>((resolve, reject) => {
      http.once('error', (error: NodeJS.ErrnoException) => reject(new AparteError('cannot-listen', error.code)));
      http.listen(port, host, resolve);
    });
  } catch (error) {
    await stunServer?.close();
    throw error;
  }
  const bound = (http.address() as AddressInfo).port;
  const close = matchmaker.start();
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${bound}`,
    port: bound,
    stunPort: stunServer?.port ?? null,
    stats: () => matchmaker.stats(),
    sockets: () =>
      new Promise((resolve, reject) => {
        http.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    close: async () => {
      await Promise.all([close(), stunServer?.close()]);
    },
  };
}
