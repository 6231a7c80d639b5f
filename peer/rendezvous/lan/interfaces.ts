/** The networks this machine is plugged into, and which addresses lie in them. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** A network interface, as far as one version of IP goes. */
export interface LocalLink {
  /** Name of the interface, as a zone of IPv6 (RFC 4007) has it. */
  readonly zone: string;
  readonly family: 4 | 6;
  /** Our addresses there, without a zone; of IPv6 a link-local one is the first. At least one. */
  readonly addresses: readonly string[];
  /** Whether it leads to this machine only. */
  readonly isLoopback: boolean;
  /** Whether an address, without a zone, lies in one of its networks: it is reached without a router. */
  readonly holds: (address: string) => boolean;
  /** Whether an address, without a zone, is one of this machine's own just now, on whatever interface. */
  readonly isOwn: (address: string) => boolean;
}

/** Interfaces that are looked at, at most: machines with many containers have hundreds. */
const MAX_LINKS = 32;
/** What interfaces have that lead through a tunnel, to somewhere else. */
const NO_MAC = '00:00:00:00:00:00';

/**
 * The links there are just now: the loopback device, with IPv4, and each interface that is up and no tunnel; with IPv6
 * if it has a link-local address, which multicast DNS sends from (RFC 6762, section 11).
 */
export function localLinks(): LocalLink[] {
  const links: LocalLink[] = [];
  for (const [zone, all = []] of Object.entries(networkInterfaces())) {
    const isLoopback = all.some(({ internal }) => internal);
    if (!isLoopback && all.every(({ mac }) => mac === NO_MAC)) continue;
    const four = all.filter(({ family }) => family === 'IPv4');
    const six = all.filter(({ family }) => family === 'IPv6');
    six.sort((a, b) => Number(isLinkLocal(b.address)) - Number(isLinkLocal(a.address)));
    if (four.length > 0) links.push(linkOf(zone, 4, four, isLoopback));
    if (!isLoopback && isLinkLocal(six[0]?.address ?? '')) links.push(linkOf(zone, 6, six, false));
  }
  return links.slice(0, MAX_LINKS);
}

function linkOf(zone: string, family: 4 | 6, own: readonly NetworkInterfaceInfo[], isLoopback: boolean): LocalLink {
  const networks = new BlockList();
  for (const { cidr } of own) {
    const [network = '', length] = (cidr ?? '').split('/');
    if (isIP(network) !== 0) networks.addSubnet(network, Number(length), `ipv${family}`);
  }
  const holds = (address: string) => isIP(address) === family && networks.check(address, `ipv${family}`);
  return { zone, family, addresses: own.map(({ address }) => address), isLoopback, holds, isOwn };
}

function isOwn(address: string): boolean {
  const all = Object.values(networkInterfaces()).flatMap((some = []) => some);
  const own = new BlockList();
  for (const one of all) own.addAddress(one.address, one.family === 'IPv4' ? 'ipv4' : 'ipv6');
  return own.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Whether this is an IPv6 address that needs a zone to be of use: fe80::/10 (RFC 4291, section 2.5.6). */
function isLinkLocal(address: string): boolean {
  return isIPv6(address) && /^fe[89ab]/i.test(address);
}

/** An address as a socket reports it, without zone, and IPv4 as such where it comes mapped into IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/** Whether somebody at this address is on one of our links, or on this machine. */
export function isNeighbour(address: string): boolean {
  const plain = plainAddress(address);
  return plain === '::1' || localLinks().some((link) => link.holds(plain));
}

/** Whether a packet from this address, as a socket reports it, came by a link. */
export function comesFrom(address: string, link: LocalLink): boolean {
  const [, zone = link.zone] = address.split('%');
  return zone === link.zone && link.holds(plainAddress(address));
}

/**
 * How to write an address that was heard of on a link so that a connection can be made; null where it is not of it, or
 * leads to this machine: nobody on a network has us connect to our own services. Programs on one machine meet on the
 * loopback device.
 */
export function reachable(address: string, link: LocalLink): string | null {
  const plain = plainAddress(address);
  if (!link.holds(plain) || (!link.isLoopback && link.isOwn(plain))) return null;
  return isLinkLocal(plain) ? `${plain}%${link.zone}` : plain;
}
