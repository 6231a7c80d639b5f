/** The rendezvous at a server, with what only Node has. */
import { lookup } from 'node:dns/promises';
import type { OpenRendezvous } from '../../rendezvous/rendezvous.ts';
import { type SocketIoDeps, socketIoRendezvous } from '../../rendezvous/socketio.ts';

/** The clock that never jumps, and the host names as the system knows them. */
export const SERVER_DEPS: SocketIoDeps = {
  now: () => performance.now(),
  lookUp: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
};

/** A rendezvous at the server `url`. */
export function rendezvousAt(url: string): OpenRendezvous {
  return socketIoRendezvous(url, SERVER_DEPS);
}
