/** The report of `aparte doctor`, in English. */
import type {
  Advice,
  Expectation,
  Findings,
  Nat,
  RelayFault,
  ServerFinding,
  StunFinding,
} from '../../doctor/findings.ts';

const NAT_KINDS: Readonly<Record<Nat, string>> = {
  none: 'none between this computer and the server',
  same: 'one public port for all destinations (endpoint-independent)',
  varies: 'another public port for each destination (symmetric)',
  unknown: 'of unknown kind, because only one STUN destination answered',
};

const EXPECTATIONS: Readonly<Record<Exclude<Expectation, null>, string>> = {
  direct: 'Expect a direct connection.',
  relay: 'Expect a connection over a relay, and no direct one.',
  none: 'Expect no connection, except with people on this network.',
};

/** What each advice says, in one or two sentences. */
export const DOCTOR_ADVICE: Readonly<Record<Advice, string>> = {
  'server-inside':
    'No server runs here, and none is needed: a chat would start its own, for people on this computer. To reach other computers, use --lan, --manual or --server URL on both sides.',
  'only-nearby': 'No STUN server is known, so only people on this computer or this network can be reached directly.',
  'start-stun': 'Let the server answer STUN (aparte signal --stun-port 3478), or name a STUN server with --stun.',
  'symmetric-nat':
    'The router here uses another port for each destination (symmetric NAT), as mobile and company networks do.',
  'open-networks-only':
    'A direct connection works only with people whose network is open, or over IPv6 if both sides have it.',
  'udp-blocked': 'UDP is blocked here: no STUN server answered over UDP.',
  'tcp-answered': 'STUN over TCP was answered, so UDP is blocked and not the server.',
  'tcp-silent': 'No STUN server answered over TCP either: the server may be at fault, or its port closed.',
  'allow-relay': 'A relay works: use --relay allow on both sides.',
  'need-relay': 'A relay would help: ask the operator of the server for one, or name one with --turn.',
  'relay-fails': 'The known relay does not work from here.',
  'relay-untried': 'The server offers a relay that was not tried: aparte doctor --relay allow tries it.',
  'clocks-differ': 'The clocks differ, so messages show wrong times.',
  'proxy-untrusted':
    'The server takes its proxy for the client. Its operator has to set APARTE_TRUST_PROXY to the number of proxies.',
  'proxy-forgeable':
    'Clients can choose the address that the server counts them under. Its operator has to lower APARTE_TRUST_PROXY.',
};

/** Why a relay does not work. */
export function relayFault(fault: RelayFault): string {
  if (fault === 'no-answer') return 'no answer';
  return fault === 'wrong-password' ? 'it refused the password' : `it refused (${fault.refused})`;
}

/** The findings, a line each. `isClockRight`: the clocks differ by too little to matter. */
export function doctorFindings(findings: Findings, isClockRight: boolean): string[] {
  const { server, udp, tcp, nat, ipv6, relays, untried } = findings;
  const line = (name: string, text: string) => `${name.padEnd(8)}${text}`;
  const lines = [line('server', serverWords(server))];
  if (server.redirect !== null) lines.push(line('', `it redirects to ${server.redirect}, which was not followed`));
  if (server.skew !== null) lines.push(line('clock', clockWords(server.skew, isClockRight)));
  lines.push(line('UDP', stunWords(udp)), line('TCP', stunWords(tcp)));
  if (nat !== null) lines.push(line('NAT', NAT_KINDS[nat]));
  lines.push(line('IPv6', ipv6Words(ipv6)));
  if (relays.length + untried.length === 0) lines.push(line('relay', 'none is known'));
  for (const { url, fault } of relays) {
    lines.push(line('relay', fault === null ? `${url} works` : `${url}: ${relayFault(fault)}`));
  }
  for (const url of untried) lines.push(line('relay', `${url}: not tried without --relay allow`));
  return lines;
}

/** The sentence about what to expect. */
export function doctorExpectation(expect: Exclude<Expectation, null>): string {
  return EXPECTATIONS[expect];
}

function serverWords({ url, reached, cause, inside, rtt, version }: ServerFinding): string {
  if (inside) return `none runs at ${url}; a chat would start its own`;
  if (!reached) return `${url}: ${cause}`;
  return `${url} reached${rtt === null ? '' : ` in ${rtt} ms`}, signalling version ${version}`;
}

function clockWords(skew: number, isRight: boolean): string {
  if (isRight) return "the same as the server's";
  return `${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} the server's`;
}

function stunWords(found: StunFinding | null): string {
  if (found === null) return 'not tried: no STUN server is known';
  return found.mapped === null ? 'no STUN server answered' : `others see you as ${found.mapped} (${found.rtt} ms)`;
}

function ipv6Words({ address, mapped }: Findings['ipv6']): string {
  if (!address) return 'none';
  return mapped === null ? 'this computer has an address, but no STUN server answered over it' : `works: ${mapped}`;
}
