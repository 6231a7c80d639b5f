/** Which STUN and TURN servers a link uses, and which candidates of the other side: the user's word on relays. */
import type { IceServer, RelayPolicy } from '../../shared/ice-servers.ts';

/** What the user has said. */
export interface IcePolicy {
  /** STUN servers in place of those offered, and TURN servers in place of those offered. */
  readonly iceServers: readonly IceServer[];
  /** Left out: `never`. */
  readonly relay?: RelayPolicy;
  /** Whether the other side may be on this machine: addresses that lead only back to it are tried. Left out: no. */
  readonly loopback?: boolean;
  /** Whether both are on one link: IPv4 addresses that are good on a link only are tried (RFC 3927). Left out: no. */
  readonly linkLocal?: boolean;
}

const isTurn = ({ urls }: IceServer) => urls.some((url) => /^turns?:/.test(url));

/** The servers to use: the user's own, and of each kind that he names none of, those `offered`. TURN only as allowed. */
export function chosenServers({ iceServers, relay = 'never' }: IcePolicy, offered: readonly IceServer[]): IceServer[] {
  const [ownTurn, ownStun] = [iceServers.filter(isTurn), iceServers.filter((server) => !isTurn(server))];
  const stun = ownStun.length > 0 ? ownStun : offered.filter((server) => !isTurn(server));
  if (relay === 'never') return stun;
  return [...stun, ...(ownTurn.length > 0 ? ownTurn : offered.filter(isTurn))];
}

/** Whether a relay could be used if only the user allowed it. */
export function isRelayWithheld({ iceServers, relay = 'never' }: IcePolicy, offered: readonly IceServer[]): boolean {
  return relay === 'never' && [...iceServers, ...offered].some(isTurn);
}

/** Whether a candidate leads over a relay. */
export function isRelayed(candidate: string): boolean {
  return / typ relay(?: |$)/i.test(candidate);
}

/** Whether a well-formed candidate is worth a try, and harmless. ICE over TCP (RFC 6544) could open any port's talk. */
export function isUsable(
  candidate: string,
  { relay = 'never', loopback = false, linkLocal = false }: IcePolicy,
): boolean {
  const [, , transport = '', , address = ''] = candidate.split(' ');
  if (transport.toLowerCase() !== 'udp' || (relay === 'never' && isRelayed(candidate))) return false;
  return /\.local$/i.test(address) || isReachable(address, loopback, linkLocal);
}

/**
 * Whether an address may be another machine's: IPv4 outside 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 and all from
 * 224.0.0.0 on (RFC 6890); of IPv6 global unicast and unique local addresses, 2000::/3 and fc00::/7 (RFC 4291, RFC 4193).
 * Those of the loopback device, and 169.254.0.0/16, as said.
 */
function isReachable(address: string, loopback: boolean, linkLocal: boolean): boolean {
  const url = `http://${address.includes(':') ? `[${address}]` : address}/`;
  const canonical = URL.canParse(url) ? new URL(url).hostname : '';
  if (canonical.startsWith('[')) return (loopback && canonical === '[::1]') || GLOBAL_OR_LOCAL.test(canonical);
  // Another spelling, such as an octal one, is read differently by different programs.
  if (canonical !== address) return false;
  const [first = 0, second = 0] = canonical.split('.').map(Number);
  if (first === 127) return loopback;
  return first !== 0 && first < 224 && (linkLocal || !(first === 169 && second === 254));
}

const GLOBAL_OR_LOCAL = /^\[(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}):/;

/** A description with those of its candidates, `candidate:…` each, that `keeps` says yes to; it is asked once each. */
export function withCandidates(sdp: string, keeps: (candidate: string) => boolean): string {
  return sdp
    .split('\r\n')
    .filter((line) => !line.toLowerCase().startsWith('a=candidate') || keeps(line.slice('a='.length)))
    .join('\r\n');
}
