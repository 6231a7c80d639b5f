/**
 * The STUN and TURN servers that a rendezvous server offers, and which of them are used. A hostile server could name
 * services of this machine or of its network, and programs would connect to these before anybody has proven a code
 * (docs/PROTOCOL.md, Client to server). So a server may only name hosts that are at least as far away as itself.
 */
import { type IceServer, isStunUrl } from '../../shared/ice-servers.ts';
import type { JoinReply } from '../../shared/signal-wire.ts';

/** The server we are connected to. */
export interface ConnectedServer {
  /** Host of its URL. */
  readonly host: string;
  /** IP address of the connection; null where it is unknown, as in a browser. */
  readonly address: string | null;
}

/** Looks up all addresses of a host name. Rejects if there are none. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/** Time for looking up the names in an offer, in ms. A name that takes longer is left out. */
const LOOKUP_PATIENCE = 1_000;

/** How far away an address is. -1: it leads nowhere, such as a multicast address. */
const [NOWHERE, MACHINE, LINK, PRIVATE, INTERNET] = [-1, 0, 1, 2, 3];

/** Addresses by distance (RFC 6890), in the spelling of the URL parser. The first entry that fits counts. */
const DISTANCES: readonly (readonly [RegExp, number])[] = [
  [/^(?:(?:127|0)\.|::1?$|(?:.*\.)?localhost$)/, MACHINE],
  [/^(?:169\.254\.|fe[89ab].*:)/, LINK],
  [/^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./, PRIVATE],
  // Unique local and site-local addresses.
  [/^f(?:[cd]|e[c-f]).*:/, PRIVATE],
  // Multicast and reserved; 6to4 and everything that is no global unicast address.
  [/^(?:22[4-9]|2[3-5]\d)\.|^2002:|^(?![23]...:).*:/, NOWHERE],
  [/^[\d.]+$|:/, INTERNET],
];

/** Returns the distance to a host, null for a name. */
function distanceTo(host: string): number | null {
  const plain = host.replace(/^\[|%.*$|\]$/g, '');
  const url = `http://${plain.includes(':') ? `[${plain}]` : plain}/`;
  // The URL parser reads every spelling of an IPv4 address, such as 2130706433 or 0x7f.1.
  const canonical = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
  // An IPv4 address within an IPv6 address: mapped (RFC 4291), or translated by a NAT64 (RFC 6052).
  const within = /^(?:::ffff|64:ff9b:):([0-9a-f]+):([0-9a-f]+)$/.exec(canonical);
  if (within === null) return DISTANCES.find(([form]) => form.test(canonical))?.[1] ?? null;
  const [high = 0, low = 0] = within.slice(1).map((group) => Number.parseInt(group, 16));
  return distanceTo([high >> 8, high & 255, low >> 8, low & 255].join('.'));
}

/** Whether a server at `from` may name `host`; null if a name must be looked up first. */
function mayName(from: ConnectedServer, host: string): boolean | null {
  if (host === from.host) return true;
  const to = distanceTo(host);
  return to === null ? null : to >= (distanceTo(from.address ?? from.host) ?? INTERNET);
}

/** Scheme, host and the rest of the URI of a TURN server. */
const PARTS = /^(turns?:)(\[[^\]]*\]|[^:?]*)(.*)$/;

function hostOf(url: string): string {
  return PARTS.exec(url)?.[2] ?? '';
}

/**
 * Returns the servers of `reply` that may be used. STUN is asked of the server's own host only, at its port and the port
 * above: a NAT that maps these two differently is worth knowing. Host names of TURN servers are looked up by `lookUp`,
 * if any are named and there is a `lookUp`, and the result is then a promise.
 */
export function usableServers(
  from: ConnectedServer,
  { stunPort, turn = [] }: Pick<JoinReply, 'stunPort' | 'turn'>,
  lookUp: LookUp | null,
): IceServer[] | Promise<IceServer[]> {
  const ports = stunPort === undefined ? [] : [stunPort, stunPort + 1];
  const stun = ports.map((port) => `stun:${from.host}:${port}`).filter(isStunUrl);
  const known = turn.map((server) => ({
    ...server,
    urls: server.urls.filter((url) => mayName(from, hostOf(url)) ?? true),
  }));
  const found = [...(stun.length > 0 ? [{ urls: stun }] : []), ...known];
  const names = new Set(known.flatMap(({ urls }) => urls.map(hostOf).filter((host) => mayName(from, host) === null)));
  const withUrls = (servers: readonly IceServer[]) => servers.filter(({ urls }) => urls.length > 0);
  if (names.size === 0 || lookUp === null) return withUrls(found);
  return addressesOf(names, lookUp).then((addresses) =>
    withUrls(
      found.map((server) => ({ ...server, urls: server.urls.flatMap((url) => checkedUrls(from, url, addresses)) })),
    ),
  );
}

async function addressesOf(names: Iterable<string>, lookUp: LookUp): Promise<Map<string, readonly string[]>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), LOOKUP_PATIENCE);
  });
  const found = Array.from(names, async (name) => {
    return [name, await Promise.race([lookUp(name).catch(() => []), late])] as const;
  });
  return new Map(await Promise.all(found).finally(() => clearTimeout(timer)));
}

/**
 * Returns the URLs to use for a URL that may hold a looked-up name: none if any address of the name may not be used. The
 * name is replaced by an address of each IP version, as a later lookup could answer otherwise. With TLS the name stays,
 * for the certificate.
 */
function checkedUrls(from: ConnectedServer, url: string, found: ReadonlyMap<string, readonly string[]>): string[] {
  const [, scheme = '', host = '', rest = ''] = PARTS.exec(url) ?? [];
  const addresses = found.get(host);
  if (addresses === undefined) return [url];
  if (addresses.length === 0 || !addresses.every((address) => mayName(from, address) === true)) return [];
  if (scheme === 'turns:') return [url];
  const oneOfEach = [addresses.find((one) => !one.includes(':')), addresses.find((one) => one.includes(':'))];
  return oneOfEach.flatMap((one) =>
    one === undefined ? [] : [`${scheme}${one.includes(':') ? `[${one}]` : one}${rest}`],
  );
}
