/** The STUN and TURN servers that a rendezvous server offers to those who join. */
import { type IceServer, isStunUrl } from '../../shared/ice-servers.ts';
import type { JoinReply } from '../../shared/signal-wire.ts';

/**
 * What `reply` offers. STUN is only ever asked of the server itself, at `host`, which the user has chosen: at its port
 * and at the one above, since a NAT that maps these two differently is one to know of.
 */
export function offeredServers(
  host: string,
  { stunPort, turn = [] }: Pick<JoinReply, 'stunPort' | 'turn'>,
): IceServer[] {
  const ports = stunPort === undefined ? [] : [stunPort, stunPort + 1];
  const urls = ports.map((port) => `stun:${host}:${port}`).filter(isStunUrl);
  return urls.length > 0 ? [{ urls }, ...turn] : turn;
}
