/** The way to meet at the default server, which a program runs inside itself when no server listens there. */
import { connect } from 'node:net';
import { AparteError } from '../../../shared/errors.ts';
import type { RelayPolicy } from '../../../shared/ice-servers.ts';
import { DEFAULT_PORT } from '../../../shared/limits.ts';
import type { WayToMeet } from '../../conversation/way-to-meet.ts';
import type { OpenRendezvous } from '../../rendezvous/rendezvous.ts';
import { meetAtServers } from '../servers.ts';
import { rendezvousAt } from './server-rendezvous.ts';

/** Where a server is looked for when the user names none, and where ours then listens. */
export const DEFAULT_SERVER = `http://localhost:${DEFAULT_PORT}`;
/** How long a program may take to accept a connection on this machine, in ms. */
const ANSWER_TIME = 1_000;
/** How long a server of its own process may be gone before a program that waits takes its address, in ms. */
const RESTART_TIME = 30_000;

/** The error for a program that listens at the default address and says nothing. */
export function portHeld(): AparteError {
  return new AparteError('server-unreachable', { key: 'port-held', port: DEFAULT_PORT });
}

/** A way to meet, and whether its server was started here, so that nobody else can be there yet. */
export interface DefaultServerWay {
  readonly way: WayToMeet;
  readonly isServerOurs: boolean;
}

/**
 * Meets at `servers`, of which one is the default server. Starts that server if it does not run. Throws `cannot-listen`
 * when it can neither be reached nor started and no other server is named.
 */
export async function meetAtDefaultServer(
  servers: readonly [string, ...string[]],
  relay: RelayPolicy,
): Promise<DefaultServerWay> {
  const server = new ServerInside();
  await server.ensure().catch((error: unknown) => {
    if (servers.length === 1) throw error;
  });
  const open = (url: string) =>
    url === DEFAULT_SERVER ? takingOver(rendezvousAt(server.url, relay), server) : rendezvousAt(url, relay);
  const way = meetAtServers(servers, open);
  const allowsOwn = servers.every((url) => url === DEFAULT_SERVER);
  return { way: { ...way, allowsOwn, close: () => server.close() }, isServerOurs: server.isOurs };
}

/** The server at the default address, if this program runs it. */
class ServerInside {
  #close: (() => Promise<void>) | null = null;
  /** The address on which it listens: 127.0.0.1, or ::1 on a machine whose loopback interface has nothing else. */
  #host = '127.0.0.1';

  get isOurs(): boolean {
    return this.#close !== null;
  }

  /** Where this program reaches the server. */
  get url(): string {
    // The name `localhost` cannot be looked up where a machine has only link-local addresses besides.
    return `http://${this.#host === '::1' ? '[::1]' : this.#host}:${DEFAULT_PORT}`;
  }

  /** Makes sure that a server runs. When two programs start at once, one listens and the other finds it. */
  async ensure(): Promise<void> {
    if (this.#close !== null || (await answers(this.#host))) return;
    const { startServer } = await import('../../../signaling/server.ts');
    const { LIMITS } = await import('../../../signaling/limits.ts');
    try {
      const server = await startServer({
        host: this.#host,
        port: DEFAULT_PORT,
        limits: { ...LIMITS, perAddress: null },
      });
      this.#close = () => server.close();
    } catch (error) {
      if (await answers(this.#host)) return;
      const { detail } = error instanceof AparteError ? error : { detail: null };
      if (this.#host === '::1' || detail?.key !== 'system-error' || detail.code !== 'EADDRNOTAVAIL') throw error;
      this.#host = '::1';
      await this.ensure();
    }
  }

  async close(): Promise<void> {
    await this.#close?.();
  }
}

/** Whether a program listens at the default address. */
function answers(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: DEFAULT_PORT });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_TIME, () => done(false));
    socket.on('connect', () => done(true)).on('error', () => done(false));
  });
}

/**
 * A rendezvous that starts a server when the program that ran the server has gone. A server that offers STUN was started
 * by `aparte signal`, which may be restarting: its address stays free for it for a while.
 */
function takingOver(open: OpenRendezvous, server: ServerInside): OpenRendezvous {
  return (request, events) => {
    let mayRestart = false;
    let lostAt: number | null = null;
    return open(request, {
      ...events,
      joined: (nameplate, members, iceServers) => {
        mayRestart = iceServers.length > 0;
        lostAt = null;
        events.joined(nameplate, members, iceServers);
      },
      resumed: (iceServers) => {
        mayRestart = iceServers.length > 0;
        lostAt = null;
        events.resumed(iceServers);
      },
      lost: (cause, retryAt) => {
        const now = performance.now();
        lostAt ??= now;
        // A failure to listen shows at the next try to connect.
        if (!mayRestart || now - lostAt >= RESTART_TIME) server.ensure().catch(() => undefined);
        events.lost(cause.detail?.key === 'no-answer-in-time' ? portHeld() : cause, retryAt);
      },
    });
  };
}
