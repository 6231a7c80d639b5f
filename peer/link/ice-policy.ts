/** The user's policy for ICE: which STUN and TURN servers a link uses, and which candidates of the remote peer. */
import type { IceServer, RelayPolicy } from '../../shared/ice-servers.ts';

/** The user's choices, and what the way to meet adds. */
export interface IcePolicy {
  /** The user's own STUN and TURN servers. Servers of a kind replace all offered servers of that kind. */
  readonly iceServers: readonly IceServer[];
  /** Default: `never`. */
  readonly relay?: RelayPolicy;
  /** Whether the remote peer may be on this machine, so that loopback addresses are tried. Default: no. */
  readonly loopback?: boolean;
  /** Whether both may be on one network segment, so that link-local IPv4 addresses are tried (RFC 3927). Default: no. */
  readonly linkLocal?: boolean;
}

const isTurn = ({ urls }: IceServer) => urls.some((url) => /^turns?:/.test(url));

/** The servers to use: per kind the user's own, or else those `offered`. TURN servers only if relays are allowed. */
export function chosenServers({ iceServers, relay = 'never' }: IcePolicy, offered: readonly IceServer[]): IceServer[] {
  const [ownTurn, ownStun] = [iceServers.filter(isTurn), iceServers.filter((server) => !isTurn(server))];
  const stun = ownStun.length > 0 ? ownStun : offered.filter((server) => !isTurn(server));
  if (relay === 'never') return stun;
  return [...stun, ...(ownTurn.length > 0 ? ownTurn : offered.filter(isTurn))];
}

/** Whether a relay is known that the user does not allow. */
export function isRelayWithheld({ iceServers, relay = 'never' }: IcePolicy, offered: readonly IceServer[]): boolean {
  return relay === 'never' && [...iceServers, ...offered].some(isTurn);
}

/** Whether a candidate is the address of a relay. */
export function isRelayed(candidate: string): boolean {
  return / typ relay(?: |$)/i.test(candidate);
}

/** Whether a well-formed candidate is harmless to try. ICE over TCP (RFC 6544) could connect to any service. */
export function isUsable(
  candidate: string,
  { relay = 'never', loopback = false, linkLocal = false }: IcePolicy,
): boolean {
  const [, , transport = '', , address = ''] = candidate.split(' ');
  if (transport.toLowerCase() !== 'udp' || (relay === 'never' && isRelayed(candidate))) return false;
  // Looking up a `.local` name tells the local network our address, and no relay reaches what it leads to.
  if (/\.local$/i.test(address)) return relay !== 'only';
  return isReachable(address, loopback, linkLocal);
}

/**
 * Whether an address may belong to another machine. IPv4: all but 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 and 224.0.0.0
 * or higher (RFC 6890). IPv6: global unicast and unique local addresses, 2000::/3 and fc00::/7 (RFC 4291, RFC 4193).
 * `loopback` and `linkLocal` add those addresses.
 */
function isReachable(address: string, loopback: boolean, linkLocal: boolean): boolean {
  const url = `http://${address.includes(':') ? `[${address}]` : address}/`;
  const canonical = URL.canParse(url) ? new URL(url).hostname : '';
  if (canonical.startsWith('[')) return (loopback && canonical === '[::1]') || GLOBAL_OR_LOCAL.test(canonical);
  // Programs disagree on other spellings, such as octal numbers.
  if (canonical !== address) return false;
  const [first = 0, second = 0] = canonical.split('.').map(Number);
  if (first === 127) return loopback;
  return first !== 0 && first < 224 && (linkLocal || !(first === 169 && second === 254));
}

const GLOBAL_OR_LOCAL = /^\[(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}):/;

/** A description with only the candidates that `keeps` accepts. It is called once for each `candidate:…`. */
export function withCandidates(sdp: string, keeps: (candidate: string) => boolean): string {
  return sdp
    .split('\r\n')
    .filter((line) => !line.toLowerCase().startsWith('a=candidate') || keeps(line.slice('a='.length)))
    .join('\r\n');
}
