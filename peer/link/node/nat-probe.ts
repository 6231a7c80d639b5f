/** Tells a NAT with another port for each destination, which libjuice cannot see: it asks one STUN server only. */
import { lookup } from 'node:dns/promises';
import { askUdp } from '../../doctor/stun-client.ts';

/** A STUN server. */
interface StunServer {
  readonly hostname: string;
  readonly port: number;
}

/** Candidates with this related port belong to one socket, whose port matters to nobody. */
const PROBE_PORT = 9;
/** A server-reflexive candidate comes behind all others of its kind (RFC 8445, section 5.1.2.1). */
const PRIORITY = 100 * 2 ** 24 + 255;

/**
 * Asks STUN servers from one socket. Where two see it at different ports, returns what each of them saw as a candidate;
 * nobody can be reached there, but both peers can tell the cause by them if no path is found. Else none.
 */
export async function varyingCandidates(servers: readonly StunServer[]): Promise<readonly string[]> {
  if (servers.length < 2) return [];
  const destinations = await Promise.all(servers.map(resolve));
  const mappings = await askUdp(destinations.flatMap((each) => (each === null ? [] : [each])));
  const places = new Set(
    mappings.flatMap((each) => (each === null ? [] : [`${each.mapped.address} ${each.mapped.port}`])),
  );
  if (places.size < 2) return [];
  return Array.from(places, (place, index) => {
    return `candidate:nat${index} 1 UDP ${PRIORITY} ${place} typ srflx raddr 0.0.0.0 rport ${PROBE_PORT}`;
  });
}

async function resolve({ hostname, port }: StunServer): Promise<{ address: string; port: number } | null> {
  try {
    return { address: (await lookup(hostname, { family: 4 })).address, port };
  } catch {
    return null;
  }
}
