/** The way to meet on the local network, with no server but those inside the programs themselves. */
import { LIMITS } from '../../../signaling/limits.ts';
import { startServer } from '../../../signaling/server.ts';
import type { WayToMeet } from '../../conversation/way-to-meet.ts';
import { isNeighbour, localInterfaces } from '../../rendezvous/lan/interfaces.ts';
import { lanRendezvous } from '../../rendezvous/lan/lan-rendezvous.ts';
import type { LanServer } from '../../rendezvous/lan/lan-server.ts';
import { now } from './server-rendezvous.ts';

/** Rooms and connections of a server for the local network. Only people who look for us come there. */
const LAN_LIMITS = { ...LIMITS, rooms: 64, connections: 256 };

/** Starts a server for the local network on any free port. It lets in neighbours only. Throws `cannot-listen`. */
export async function startLanServer(): Promise<LanServer> {
  const options = { port: 0, limits: LAN_LIMITS, serves: isNeighbour };
  try {
    return await startServer({ ...options, host: '::' });
  } catch {
    // There is no IPv6 on this machine.
    return startServer({ ...options, host: '0.0.0.0' });
  }
}

/** Whether this machine is on no network, so that the remote peer can only be on the machine itself. */
export function isAlone(): boolean {
  return localInterfaces().every(({ isLoopback }) => isLoopback);
}

/** Meets on the local network. */
export function meetOnLocalNetwork(): WayToMeet {
  return {
    open: lanRendezvous(startLanServer, now),
    server: null,
    invite: () => null,
    manual: null,
    loopback: isAlone(),
    linkLocal: true,
    allowsOwn: true,
    close: () => Promise.resolve(),
  };
}
