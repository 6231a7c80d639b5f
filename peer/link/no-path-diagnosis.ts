/** Why no path was found, derived from the candidates of both sides. */
import type { DirectFault, ErrorDetail, RelayFault } from '../../shared/error-details.ts';
import type { RelayPolicy } from '../../shared/ice-servers.ts';

/** What a link knows about an attempt that failed. */
export interface Attempted {
  /** Candidates of either side, `candidate:…` (RFC 8839, section 5.1). */
  readonly local: readonly string[];
  readonly remote: readonly string[];
  /** URIs of the STUN and TURN servers that were used. */
  readonly urls: readonly string[];
  readonly relay: RelayPolicy;
  /** A relay is known that the user does not allow. */
  readonly relayWithheld: boolean;
}

const isOf = (type: string) => (candidate: string) => candidate.includes(` typ ${type}`);
const isPublic = isOf('srflx');

/**
 * Whether a NAT gave one local address several public ones: it uses another port for each destination. Then the remote
 * peer does not see the address that a STUN server saw ("address and port-dependent mapping", RFC 4787, section 4.1).
 */
export function portsVary(candidates: readonly string[]): boolean {
  const seen = new Map<string, string>();
  return candidates.filter(isPublic).some((candidate) => {
    const [, , , , address, port] = candidate.split(' ');
    const base = / raddr (\S+ rport [1-9]\d*)/.exec(candidate)?.[1];
    if (base === undefined) return false;
    const mapped = `${address} ${port}`;
    const before = seen.get(base) ?? mapped;
    seen.set(base, mapped);
    return before !== mapped;
  });
}

/** Private addresses (RFC 6890), and the `.local` names by which browsers hide their addresses. */
const PRIVATE =
  /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|\.local$|^localhost$/;

/** Whether a side has private IPv4 addresses only and learnt no public one: no STUN server answered it. */
function isUnseen(candidates: readonly string[]): boolean {
  const hosts = candidates.filter(isOf('host')).map((candidate) => candidate.split(' ')[4] ?? '');
  const old = hosts.filter((address) => !address.includes(':'));
  return old.length > 0 && old.every((address) => PRIVATE.test(address)) && !candidates.some(isPublic);
}

/** Whether a server is where only a public address helps. */
function isFar(url: string): boolean {
  return !PRIVATE.test(/^[a-z]+:([^:?]*)/.exec(url)?.[1] ?? '') && !url.includes('[');
}

/** Why no path was found. */
export function diagnose(attempted: Attempted): ErrorDetail {
  const direct = attempted.relay === 'only' ? null : directFault(attempted);
  return { key: 'no-path', direct, relay: relayFault(attempted) };
}

function directFault({ local, remote, urls }: Attempted): DirectFault {
  const hasAddress = (candidates: readonly string[]) => candidates.some((candidate) => !isOf('relay')(candidate));
  if (!hasAddress(local)) return 'no-address-here';
  if (!hasAddress(remote)) return 'no-address-there';
  const here = portsVary(local);
  const there = portsVary(remote);
  if (here && there) return 'both-symmetric';
  if (urls.some(isFar) && isUnseen(local)) return 'udp-blocked-here';
  if (here) return 'here-symmetric';
  if (there) return 'there-symmetric';
  if (urls.length === 0) return 'no-stun';
  if (local.some(isPublic) && isUnseen(remote)) return 'udp-blocked-there';
  return 'unreachable';
}

function relayFault({ local, remote, urls, relay, relayWithheld }: Attempted): RelayFault | null {
  if (relayWithheld) return 'withheld';
  if (relay === 'never') return null;
  if (!urls.some((url) => url.startsWith('turn'))) return relay === 'only' ? 'only-relay-none-known' : 'none-known';
  if (!local.some(isOf('relay'))) return 'unusable';
  // coturn stops listening once it has no route to an address, such as the private addresses of the remote peer.
  const spared = relay === 'allow' && remote.some(isOf('relay'));
  return spared ? 'no-help-try-only' : 'no-help';
}
