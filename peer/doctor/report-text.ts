/** Findings and verdict in words, a line each. */
import { CLOCK_TOLERANCE, type Findings, type Nat, type StunFinding, type Verdict } from './findings.ts';

const NAT: Readonly<Record<Nat, string>> = {
  none: 'none between this machine and the server',
  same: 'one public port, whatever the destination (endpoint-independent)',
  varies: 'another public port for each destination (symmetric)',
  unknown: 'of unknown kind: only one STUN destination answered',
};

const EXPECT = {
  direct: 'a direct connection can be expected.',
  relay: 'a connection over a relay can be expected, not a direct one.',
  none: 'no connection can be expected, but with people on this network.',
} as const;

/** The lines to print. */
export function reportLines(findings: Findings, verdict: Verdict): string[] {
  const { server, udp, tcp, nat, ipv6, relays, untried } = findings;
  const line = (name: string, text: string) => `${name.padEnd(8)}${text}`;
  const lines = [
    line('server', server.reached ? `${server.url} ${serverWords(server)}` : `${server.url}: ${server.cause}`),
  ];
  if (server.redirect !== null) lines.push(line('', `it redirects to ${server.redirect}, which was not followed`));
  if (server.skew !== null) lines.push(line('clock', clockWords(server.skew)));
  lines.push(line('UDP', stunWords(udp)), line('TCP', stunWords(tcp)));
  if (nat !== null) lines.push(line('NAT', NAT[nat]));
  lines.push(line('IPv6', ipv6Words(ipv6)));
  if (relays.length + untried.length === 0) lines.push(line('relay', 'none is known'));
  for (const { url, works, cause } of relays) lines.push(line('relay', works ? `${url} works` : `${url}: ${cause}`));
  for (const url of untried) lines.push(line('relay', `${url}: not tried without --relay allow`));
  const { expect, advice } = verdict;
  return [...lines, '', ...(expect === null ? [] : [`From here ${EXPECT[expect]}`]), ...advice];
}

function serverWords({ rtt, version }: Findings['server']): string {
  return `reached${rtt === null ? '' : ` in ${rtt} ms`}, signalling version ${version}`;
}

function clockWords(skew: number): string {
  if (Math.abs(skew) < CLOCK_TOLERANCE) return "as the server's";
  return `${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} the server's`;
}

function stunWords(found: StunFinding | null): string {
  if (found === null) return 'not tried: no STUN server is known';
  return found.mapped === null ? 'no STUN server answered' : `you are seen as ${found.mapped} (${found.rtt} ms)`;
}

function ipv6Words({ address, mapped }: Findings['ipv6']): string {
  if (!address) return 'none';
  return mapped === null
    ? 'this machine has an address; no STUN server was asked, or answered, over it'
    : `works: ${mapped}`;
}
