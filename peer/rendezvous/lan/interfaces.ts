/** The network interfaces of this machine, and which addresses lie in their networks. */
import { createSocket } from 'node:dgram';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** A network interface, as far as one version of IP goes. */
export interface LocalInterface {
  /** Name of the interface, which is also the zone of its link-local IPv6 addresses (RFC 4007). */
  readonly name: string;
  readonly family: 4 | 6;
  /** Our addresses there, without zones; at least one. A link-local IPv6 address comes first. */
  readonly addresses: readonly string[];
  readonly isLoopback: boolean;
  /** Whether an address, without a zone, lies in a network of this interface and is reached without a router. */
  readonly contains: (address: string) => boolean;
  /** Whether an address, without a zone, belongs to this machine at present, on any interface. */
  readonly isOwn: (address: string) => boolean;
}

/** The hardware address of tunnels: what lies behind them is not the local network. */
const NO_MAC = '00:00:00:00:00:00';

/**
 * Returns the interfaces that are up, without tunnels. The loopback interface is listed with IPv4 only. Others are
 * listed with IPv6 if they have a link-local address, the source of multicast DNS (RFC 6762, section 11).
 */
export function localInterfaces(): LocalInterface[] {
  const found: LocalInterface[] = [];
  for (const [name, all = []] of Object.entries(networkInterfaces())) {
    const isLoopback = all.some(({ internal }) => internal);
    if (!isLoopback && all.every(({ mac }) => mac === NO_MAC)) continue;
    const four = all.filter(({ family }) => family === 'IPv4');
    const six = all.filter(({ family }) => family === 'IPv6');
    six.sort((a, b) => Number(isLinkLocal(b.address)) - Number(isLinkLocal(a.address)));
    if (four.length > 0) found.push(interfaceOf(name, 4, four, isLoopback));
    if (!isLoopback && isLinkLocal(six[0]?.address ?? '')) found.push(interfaceOf(name, 6, six, false));
  }
  return found;
}

/**
 * Returns the interfaces of at most `limit` names, and how many names were left out. The loopback interface and those
 * with a default route come first, then the others in the order of the system: a machine with many containers may list
 * hundreds of bridges before its network card.
 */
export async function limitedInterfaces(limit: number): Promise<{ used: LocalInterface[]; leftOut: number }> {
  const all = localInterfaces();
  const names = new Set(all.map(({ name }) => name));
  if (names.size <= limit) return { used: all, leftOut: 0 };
  const sources = await Promise.all([defaultRouteAddress(4), defaultRouteAddress(6)]);
  const isFirst = ({ isLoopback, addresses }: LocalInterface) =>
    isLoopback || addresses.some((address) => sources.includes(address));
  const first = all.filter(isFirst).map(({ name }) => name);
  const kept = new Set(Array.from(new Set([...first, ...names])).slice(0, limit));
  return { used: all.filter(({ name }) => kept.has(name)), leftOut: names.size - kept.size };
}

function interfaceOf(
  name: string,
  family: 4 | 6,
  own: readonly NetworkInterfaceInfo[],
  isLoopback: boolean,
): LocalInterface {
  const networks = new BlockList();
  for (const { cidr } of own) {
    const [network = '', length] = (cidr ?? '').split('/');
    if (isIP(network) !== 0) networks.addSubnet(network, Number(length), `ipv${family}`);
  }
  const contains = (address: string) => isIP(address) === family && networks.check(address, `ipv${family}`);
  return { name, family, addresses: own.map(({ address }) => address), isLoopback, contains, isOwn };
}

function isOwn(address: string): boolean {
  const own = new BlockList();
  for (const one of Object.values(networkInterfaces()).flatMap((some = []) => some)) {
    own.addAddress(one.address, one.family === 'IPv4' ? 'ipv4' : 'ipv6');
  }
  return own.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Returns the address of this machine from which packets to the internet are sent, null if there is no default route.
 * Nothing is sent.
 */
export function defaultRouteAddress(family: 4 | 6): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(`udp${family}`);
    const done = (address: string | null) => {
      socket.close();
      resolve(address);
    };
    socket.on('error', () => done(null));
    socket.on('connect', () => done(socket.address().address));
    // Addresses for documentation (RFC 5737, RFC 3849).
    socket.connect(9, family === 4 ? '192.0.2.1' : '2001:db8::1');
  });
}

/** Whether an IPv6 address needs a zone: fe80::/10 (RFC 4291, section 2.5.6). */
function isLinkLocal(address: string): boolean {
  return isIPv6(address) && /^fe[89ab]/i.test(address);
}

/** Returns an address as a socket reports it, without a zone, and an IPv4-mapped IPv6 address as IPv4. */
export function plainAddress(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/** Whether an address belongs to this machine or to a network it is in. */
export function isNeighbour(address: string): boolean {
  const plain = plainAddress(address);
  return plain === '::1' || localInterfaces().some((one) => one.contains(plain));
}

/** Whether a packet from this address, as a socket reports it, came in through an interface. */
export function comesFrom(address: string, local: LocalInterface): boolean {
  const [, zone = local.name] = address.split('%');
  return zone === local.name && local.contains(plainAddress(address));
}

/**
 * Returns an address that was heard of on an interface in a form that can be connected to. Null if it is not in a
 * network of that interface, or belongs to this machine: nobody on a network may make us connect to our own services.
 * Two programs on one machine meet on the loopback interface.
 */
export function reachable(address: string, local: LocalInterface): string | null {
  const plain = plainAddress(address);
  if (!local.contains(plain) || (!local.isLoopback && local.isOwn(plain))) return null;
  return isLinkLocal(plain) ? `${plain}%${local.name}` : plain;
}
