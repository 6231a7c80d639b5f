/** The IP addresses of this machine, in the order in which other machines are likely to reach them. */
import { createSocket, type SocketType } from 'node:dgram';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/**
 * Names of interfaces that lead to containers and virtual machines on this machine: Docker, Podman, Kubernetes, LXD,
 * libvirt, VMware, VirtualBox, macOS and Hyper-V.
 */
const BRIDGE = /^(?:docker|br[-\d]|veth|virbr|cni|flannel|cali|podman|lxc|lxd|vmnet|vboxnet|bridge\d|vEthernet)/i;
/** Addresses to ask the routing table about: of the blocks for documentation (RFC 5737, RFC 3849). Nothing is sent. */
const ELSEWHERE = { udp4: '192.0.2.1', udp6: '2001:db8::1' } as const;
/** Any port: a UDP socket that is connected sends nothing. */
const PORT = 9;

/** Whether another machine could use an address: not one of the loopback device, nor a link-local one of IPv6. */
function isUseful({ internal, address }: NetworkInterfaceInfo): boolean {
  return !internal && !/^fe[89ab]/i.test(address);
}

/** Whether this machine has an address that another machine could use. */
export function hasNetwork(): boolean {
  return Object.values(networkInterfaces()).some((all = []) => all.some(isUseful));
}

/** Whether all addresses that another machine could use are link-local ones of IPv4 (RFC 3927). */
export function hasOnlyLinkLocal(): boolean {
  const useful = Object.values(networkInterfaces()).flatMap((all = []) => all.filter(isUseful));
  return useful.length > 0 && useful.every(({ address }) => address.startsWith('169.254.'));
}

/** Whether any interface of this machine has this address. */
export function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((all = []) => all.some((each) => each.address === address));
}

/** Whether this is an address of the loopback device, in the form that libjuice writes. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/**
 * A loopback address that libjuice can use, of IPv6 if that is preferred. It resolves addresses with AI_ADDRCONFIG: of a
 * version of IP that no other interface has, it takes none, unless the loopback device is all there is.
 */
export function loopbackAddress(prefers: 'IPv4' | 'IPv6'): string {
  const all = Object.values(networkInterfaces()).flatMap((some = []) => some);
  const used = all.filter(({ internal }) => !internal).map(({ family }) => family);
  const usable = all.filter(({ internal, family }) => internal && (used.length === 0 || used.includes(family)));
  return (usable.find(({ family }) => family === prefers) ?? usable[0])?.address ?? '127.0.0.1';
}

/**
 * All addresses but those of the loopback device and link-local ones of IPv6. First come those of the interface that has
 * the default route, then those of other interfaces, last those of bridges to containers and virtual machines; of one
 * interface, IPv6 comes first.
 */
export async function ownAddresses(): Promise<string[]> {
  const sources = await Promise.all([sourceAddress('udp4'), sourceAddress('udp6')]);
  const ranked = Object.entries(networkInterfaces()).flatMap(([name, all = []]) => {
    const isDefault = all.some(({ address }) => sources.includes(address));
    const rank = isDefault ? 0 : BRIDGE.test(name) ? 2 : 1;
    return all.filter(isUseful).map(({ address }) => ({ address, rank: 2 * rank + (address.includes(':') ? 0 : 1) }));
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ address }) => address);
}

/** The address that packets to other networks leave from; null without a default route. */
function sourceAddress(type: SocketType & keyof typeof ELSEWHERE): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(type);
    const end = (address: string | null) => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => end(null));
    socket.connect(PORT, ELSEWHERE[type], () => end(socket.address().address));
  });
}
