/** The way to meet at a server inside this program that other machines can reach. */
import { networkInterfaces } from 'node:os';
import { AparteError } from '../../../shared/errors.ts';
import { DEFAULT_PORT } from '../../../shared/limits.ts';
import { LIMITS } from '../../../signaling/limits.ts';
import { startServer } from '../../../signaling/server.ts';
import type { WayToMeet } from '../../conversation/way-to-meet.ts';
import { defaultRouteAddress } from '../../rendezvous/lan/interfaces.ts';
import { meetAtServers } from '../servers.ts';
import { rendezvousAt } from './server-rendezvous.ts';

/** A way to meet, and every URL at which others reach its server. */
export interface HostedServerWay {
  readonly way: WayToMeet;
  readonly urls: readonly [string, ...string[]];
}

/**
 * Starts a server on `host`, an IP address of this machine or `0.0.0.0` or `::` for all of them, and meets there. The
 * port is the default one if it is free. Throws `cannot-listen`.
 */
export async function meetAtHostedServer(host: string): Promise<HostedServerWay> {
  const start = (port: number) => startServer({ host, port, limits: LIMITS });
  const server = await start(DEFAULT_PORT)
    .catch(() => start(0))
    .catch((error: unknown) => {
      const { detail } = error instanceof AparteError ? error : { detail: null };
      throw detail?.key === 'system-error' && detail.code === 'EADDRNOTAVAIL'
        ? new AparteError('cannot-listen', { key: 'not-our-address', host })
        : error;
    });
  const isWildcard = host === '0.0.0.0' || host === '::';
  const addresses = isWildcard ? await outwardAddresses(host === '::' ? [4, 6] : [4]) : [host];
  const loopback = urlOf('127.0.0.1', server.port);
  const [first = loopback, ...more] = addresses.map((address) => urlOf(address, server.port));
  // We reach the server on loopback, even when the network that others use goes away.
  const own = isWildcard ? loopback : first;
  const way = { ...meetAtServers([first], () => rendezvousAt(own, 'never')), close: () => server.close() };
  return { way, urls: [first, ...more] };
}

function urlOf(address: string, port: number): string {
  return new URL(`http://${address.includes(':') ? `[${address}]` : address}:${port}`).origin;
}

/** The addresses of this machine that others may know, first the one from which packets to the internet go out. */
async function outwardAddresses(families: readonly (4 | 6)[]): Promise<string[]> {
  const first = await Promise.all(families.map(defaultRouteAddress));
  const all = Object.values(networkInterfaces())
    .flatMap((one) => one ?? [])
    .filter(({ internal, family }) => !internal && families.some((each) => family === `IPv${each}`))
    .map(({ address }) => address)
    // Link-local addresses need a zone, which differs on each machine.
    .filter((address) => !/^fe[89ab]/i.test(address));
  return [...new Set([...first.filter((address) => address !== null), ...all])];
}
