/** Starting and stopping the rendezvous server. */
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { AparteError } from '../shared/errors.ts';
import { createHttpServer, secureAnswers } from './http.ts';
import type { Limits } from './limits.ts';
import { Matchmaker } from './matchmaker.ts';

/** Where to listen, and what to allow. */
export interface ServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  readonly limits: Limits;
}

/** A server that listens. */
export interface SignalingServer {
  readonly url: string;
  readonly port: number;
  /** How many connections, rooms and places there are just now, those of lost connections included. */
  stats(): { connections: number; rooms: number; members: number };
  /** Tells everyone, lets go of them, and resolves once the port is free: after a second at most. Idempotent. */
  close(): Promise<void>;
}

/** Starts a server. Throws `cannot-listen` where the port is in use or not ours to take. */
export async function startServer({ port, host, limits }: ServerOptions): Promise<SignalingServer> {
  // Long-polling takes up to two connections a client.
  const http = createHttpServer(2 * limits.connections);
  const matchmaker = new Matchmaker(http, limits);
  secureAnswers(http);
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(new AparteError('cannot-listen', error.code)));
    http.listen(port, host, resolve);
  });
  const bound = (http.address() as AddressInfo).port;
  const close = matchmaker.start();
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${bound}`,
    port: bound,
    stats: () => matchmaker.stats(),
    close,
  };
}
