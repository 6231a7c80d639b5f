/** Which rendezvous server to use: the one named, the one that runs at the default address, or one inside ourselves. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { AparteError } from '../../shared/errors.ts';
import { DEFAULT_PORT } from '../../shared/limits.ts';
import type { OpenRendezvous } from '../rendezvous/rendezvous.ts';
import type { SocketIoDeps } from '../rendezvous/socketio.ts';

/** What every connection to a rendezvous server needs. */
export const SERVER_DEPS: SocketIoDeps = {
  now: () => performance.now(),
  lookUp: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
};

/** The address where a server is looked for, and where ours listens if there is none. */
export const DEFAULT_SERVER = `http://localhost:${DEFAULT_PORT}`;
const LOOPBACK = '127.0.0.1';

/** Whether a server is reached within this machine, so that the other side may be here, too. */
export function isHere(url: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}

/** A program listens at the default address and says nothing. */
export function portHeld(): AparteError {
  return new AparteError('server-unreachable', { key: 'port-held', port: DEFAULT_PORT });
}

/** Whether somebody listens at the default address. */
function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port: DEFAULT_PORT });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.on('connect', () => done(true)).on('error', () => done(false));
  });
}

/** The server at the default address: inside this program, or elsewhere on this machine. */
class LocalServer {
  #close: (() => Promise<void>) | null = null;

  /**
   * Makes sure that a server runs. Where two programs start at once, one of them listens and the other finds it.
   * Throws `cannot-listen` where the port can neither be reached nor opened.
   */
  async ensure(): Promise<void> {
    if (this.#close !== null || (await answers())) return;
    const { startServer } = await import('../../signaling/server.ts');
    const { LIMITS } = await import('../../signaling/limits.ts');
    try {
      const server = await startServer({ host: LOOPBACK, port: DEFAULT_PORT, limits: { ...LIMITS, perAddress: null } });
      this.#close = () => server.close();
    } catch (error) {
      if (!(await answers())) throw error;
    }
  }

  /** Closes the server, if it is ours. */
  async close(): Promise<void> {
    await this.#close?.();
  }
}

/**
 * Finds or starts the server at the default address. Throws as `LocalServer.ensure` where it is the only one of
 * `servers`; else the others may do.
 */
export async function localServer(servers: readonly string[]): Promise<LocalServer> {
  const server = new LocalServer();
  await server.ensure().catch((error: unknown) => {
    if (servers.length === 1) throw error;
  });
  return server;
}

/** A rendezvous that takes the server's part over when the program that ran it has gone. */
export function hostIfNeeded(open: OpenRendezvous, server: LocalServer): OpenRendezvous {
  return (request, events) =>
    open(request, {
      ...events,
      lost: (cause, retryAt) => {
        // Failing to listen is what the next retry will say.
        server.ensure().catch(() => undefined);
        const isHeld = cause.detail?.key === 'no-answer-in-time';
        events.lost(isHeld ? portHeld() : cause, retryAt);
      },
    });
}
