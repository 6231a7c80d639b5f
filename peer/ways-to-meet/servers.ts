/** The way to meet through rendezvous servers that run already. */
import { inviteFor, parseCode } from '../../shared/code.ts';
import type { WayToMeet } from '../conversation/way-to-meet.ts';
import type { OpenRendezvous } from '../rendezvous/rendezvous.ts';
import { severalServers } from '../rendezvous/several-servers.ts';

/** Whether the server at `url` runs on this machine, so that the remote peer may be on it too. */
export function isOnThisMachine(url: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}

/**
 * Meets at all of `servers` at once; people meet who share one of them. The first server is the one shown, and invites
 * name the first that has let us in. `open` makes the rendezvous at one server.
 */
export function meetAtServers(
  servers: readonly [string, ...string[]],
  open: (url: string) => OpenRendezvous,
): WayToMeet {
  const [first] = servers;
  let entered: string | null = null;
  const sides = servers.map((url) => ({
    name: new URL(url).host,
    open: open(url),
    entered: () => {
      entered ??= url;
    },
  }));
  return {
    open: sides.length === 1 && sides[0] !== undefined ? sides[0].open : severalServers(sides),
    server: first,
    invite: (code) => inviteFor(entered ?? first, parseCode(code)),
    manual: null,
    loopback: servers.some(isOnThisMachine),
    linkLocal: false,
    allowsOwn: false,
    close: () => Promise.resolve(),
  };
}
