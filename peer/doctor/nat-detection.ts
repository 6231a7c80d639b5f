/** Finds out what the network does to packets, by asking STUN servers from one port. */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { type SocketAddress, STUN_PORT } from '../../shared/stun.ts';
import type { Findings, Nat, StunFinding } from './findings.ts';
import { askTcp, askUdp, type Mapping } from './stun-client.ts';

/** The findings about the network. */
export type NetworkFindings = Pick<Findings, 'udp' | 'tcp' | 'nat' | 'ipv6'>;

/** Asks the STUN servers under `urls`, `stun:HOST[:PORT]`, over UDP, TCP and both families of addresses. */
export async function examineNetwork(urls: readonly string[]): Promise<NetworkFindings> {
  const addresses = (await Promise.all(urls.map(resolve))).flat();
  const [four, six] = [addresses.filter((one) => !isSix(one)), addresses.filter(isSix)];
  const [udp, udp6, tcp] = await Promise.all([askUdp(four), askUdp(six), Promise.all(addresses.map(askTcp))]);
  const any = [...udp, ...udp6];
  const nat = natOf(present(udp)) ?? natOf(present(udp6));
  return {
    udp: urls.length === 0 ? null : finding(any),
    tcp: urls.length === 0 ? null : finding(tcp),
    nat,
    ipv6: {
      address: interfaces().some((address) => /^[23]/.test(address) && address.includes(':')),
      mapped: finding(udp6).mapped,
    },
  };
}

/** The kind of NAT that the mappings of one port show; null without mappings. `own`: the addresses of this machine. */
export function natOf(mappings: readonly Mapping[], own: readonly string[] = interfaces()): Nat | null {
  const [first] = mappings;
  if (first === undefined) return null;
  if (own.includes(first.mapped.address)) return 'none';
  if (new Set(mappings.map(({ mapped }) => text(mapped))).size > 1) return 'varies';
  return mappings.length > 1 ? 'same' : 'unknown';
}

const isSix = ({ address }: SocketAddress) => address.includes(':');
const present = (mappings: readonly (Mapping | null)[]) => mappings.filter((mapping) => mapping !== null);
const text = ({ address, port }: SocketAddress) => `${address.includes(':') ? `[${address}]` : address}:${port}`;

function finding(mappings: readonly (Mapping | null)[]): StunFinding {
  const [first] = present(mappings);
  return first ? { mapped: text(first.mapped), rtt: Math.round(10 * first.rttMs) / 10 } : { mapped: null, rtt: null };
}

function interfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));
}

/** The addresses behind a URI, one for each family; none if the name is unknown. */
async function resolve(url: string): Promise<SocketAddress[]> {
  const [, host = '', port = STUN_PORT] = /^stun:(\[.*\]|[^:]+)(?::(\d+))?$/.exec(url) ?? [];
  const found = await lookup(host.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  return [4, 6]
    .flatMap((family) => found.filter((one) => one.family === family).slice(0, 1))
    .map(({ address }) => ({ address, port: Number(port) }));
}
