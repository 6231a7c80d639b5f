/** The rendezvous at a server, with what only Node has. */
import { lookup } from 'node:dns/promises';
import type { RelayPolicy } from '../../../shared/ice-servers.ts';
import type { OpenRendezvous } from '../../rendezvous/rendezvous.ts';
import { socketIoRendezvous } from '../../rendezvous/socketio.ts';

/** ms on a clock that never jumps. */
export const now = (): number => performance.now();

const lookUp = async (host: string) => (await lookup(host, { all: true })).map(({ address }) => address);

/** A rendezvous at the server `url`. The host names of its relays are looked up only if relays are allowed. */
export function rendezvousAt(url: string, relay: RelayPolicy): OpenRendezvous {
  return socketIoRendezvous(url, relay === 'never' ? { now } : { now, lookUp });
}
