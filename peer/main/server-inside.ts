/** The server inside that others may reach: on an address the user names, or for the local network. */
import { networkInterfaces } from 'node:os';
import { AparteError } from '../../shared/errors.ts';
import { DEFAULT_PORT } from '../../shared/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { isLoopback } from '../../signaling/request-origin.ts';
import { startServer } from '../../signaling/server.ts';
import { defaultRouteAddress, isNeighbour } from '../rendezvous/lan/interfaces.ts';
import type { LanServer } from '../rendezvous/lan/lan-server.ts';
import { writeError } from './exit.ts';

/** Rooms and connections of a server for the local network: nobody is expected there but those who look for us. */
const LAN_LIMITS = { ...LIMITS, rooms: 64, connections: 256 };

/** Starts the server for the local network, on any free port. Nobody from elsewhere is let in. Throws `cannot-listen`. */
export async function lanServer(): Promise<LanServer> {
  const options = { port: 0, limits: LAN_LIMITS, serves: isNeighbour };
  try {
    return await startServer({ ...options, host: '::' });
  } catch {
    // Where there is no IPv6.
    return startServer({ ...options, host: '0.0.0.0' });
  }
}

/** A server inside. */
export interface HostedServer {
  /** As others reach it, and as we do. */
  readonly url: string;
  readonly own: string;
  close(): Promise<void>;
}

/**
 * Starts a server on an address of this machine, at the default port if it is free, and says on standard error where
 * others reach it. Throws `cannot-listen`.
 */
export async function hostedServer(host: string): Promise<HostedServer> {
  const start = (port: number) => startServer({ host, port, limits: LIMITS });
  const server = await start(DEFAULT_PORT)
    .catch(() => start(0))
    .catch((error: unknown) => {
      throw error instanceof AparteError &&
        error.detail?.key === 'system-error' &&
        error.detail.code === 'EADDRNOTAVAIL'
        ? new AparteError('cannot-listen', { key: 'not-our-address', host })
        : error;
    });
  const isWildcard = host === '0.0.0.0' || host === '::';
  const addresses = isWildcard ? await outwardAddresses(host === '::' ? [4, 6] : [4]) : [host];
  const [first = `http://127.0.0.1:${server.port}`, ...more] = addresses.map((address) => urlOf(address, server.port));
  writeError(
    `aparte: others reach the server inside at ${first}${more.length > 0 ? ` (or ${more.join(', ')})` : ''}\n`,
  );
  if (!isLoopback(host)) {
    writeError('aparte: warning: plain HTTP beyond this machine shows nameplates and addresses to the network\n');
  }
  return { url: first, own: isWildcard ? `http://127.0.0.1:${server.port}` : first, close: () => server.close() };
}

function urlOf(address: string, port: number): string {
  return new URL(`http://${address.includes(':') ? `[${address}]` : address}:${port}`).origin;
}

/** Our addresses that other machines may know us by, the one that packets to far away go out from first. */
async function outwardAddresses(families: readonly (4 | 6)[]): Promise<string[]> {
  const first = await Promise.all(families.map(defaultRouteAddress));
  const all = Object.values(networkInterfaces())
    .flatMap((one) => one ?? [])
    .filter(({ internal, family }) => !internal && families.some((each) => family === `IPv${each}`))
    .map(({ address }) => address)
    // Link-local ones need a zone, which differs on each machine.
    .filter((address) => !/^fe[89ab]/i.test(address));
  return [...new Set([...first.filter((address) => address !== null), ...all])];
}
