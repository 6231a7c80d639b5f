/** What the doctor finds, and what is to be expected of it. */

/**
 * How a NAT maps one port of ours: `none` is in the way; `same` public port whatever the destination
 * ("endpoint-independent mapping", RFC 4787, section 4.1); it `varies` with it ("symmetric"); `unknown` where only one
 * destination answered.
 */
export type Nat = 'none' | 'same' | 'varies' | 'unknown';

/** STUN over one transport. */
export interface StunFinding {
  /** How we are seen, `ADDRESS:PORT`; null where nobody answered. */
  readonly mapped: string | null;
  /** In ms. */
  readonly rtt: number | null;
}

/** One TURN server under one of its URIs. */
export interface RelayFinding {
  readonly url: string;
  readonly works: boolean;
  /** Why it does not, in words; null where it does. */
  readonly cause: string | null;
}

/** Everything. Printed as it is under `--json`. */
export interface Findings {
  /**
   * `version`: of the signalling protocol; `skew`: by how many seconds our clock is ahead of the server's; `redirect`:
   * where it sends whoever asks (not followed), null where nowhere.
   */
  readonly server: {
    readonly url: string;
    readonly reached: boolean;
    readonly cause: string | null;
    readonly rtt: number | null;
    readonly version: number | null;
    readonly skew: number | null;
    readonly redirect: string | null;
  };
  /** Over UDP and TCP; null where no STUN server is known. */
  readonly udp: StunFinding | null;
  readonly tcp: StunFinding | null;
  /** Null where nobody answered over UDP. */
  readonly nat: Nat | null;
  /** `address`: this machine has a global one; `mapped` as in {@link StunFinding}. */
  readonly ipv6: { readonly address: boolean; readonly mapped: string | null };
  readonly relays: readonly RelayFinding[];
  /** URIs of relays the server offers that were not asked, as the user does not allow relays. */
  readonly untried: readonly string[];
}

/** What to expect: a direct connection, one over a relay, none; null where that cannot be said. */
export type Expectation = 'direct' | 'relay' | 'none' | null;

/** What to expect, and what a person can do, sentence by sentence. */
export interface Verdict {
  readonly expect: Expectation;
  readonly advice: readonly string[];
}

const MEANS = {
  noServer: 'Without a server there is no telling: check its address, or start one with "aparte signal".',
  onlyHere: 'No STUN server is known, so that only people on this machine or network can be reached directly.',
  startStun: 'Have the server answer STUN (aparte signal --stun-port 3478), or name one with --stun.',
  varies: 'The router here uses another port for each destination (symmetric), as mobile and company networks do.',
  onlyOpen: 'Direct connections come about only with people whose network is open, or over IPv6 where both have it.',
  blocked: 'UDP is blocked here: no STUN server answered over UDP.',
  blockedByPort: 'STUN over TCP was answered: the block is of UDP, not of the server.',
  silent: 'Nor did one answer over TCP: the server may be at fault, or its port be closed.',
  allow: 'A relay works: use --relay allow on both sides.',
  needRelay: 'A relay would help: ask for one at the server, or name one with --turn.',
  relayFails: 'The relay that is known does not work from here.',
  untried: 'The server offers a relay that was not tried: aparte doctor --relay allow tries it.',
  skew: 'The clocks differ: messages will show odd times.',
} as const;

/** Clocks that differ by less than this many seconds are told as equal: HTTP counts in whole ones. */
export const CLOCK_TOLERANCE = 3;

/** Judges. `onlyRelay`: the user wants nothing else. */
export function judge(findings: Findings, onlyRelay: boolean): Verdict {
  const { server, udp, tcp, nat, relays, untried } = findings;
  if (!server.reached) return { expect: null, advice: [MEANS.noServer] };
  const clock = server.skew !== null && Math.abs(server.skew) >= CLOCK_TOLERANCE ? [MEANS.skew] : [];
  const relayWorks = relays.some(({ works }) => works);
  const noneWorks = relays.length > 0 ? MEANS.relayFails : MEANS.needRelay;
  const help = relayWorks ? MEANS.allow : untried.length > 0 ? MEANS.untried : noneWorks;
  const instead: Expectation = relayWorks ? 'relay' : 'none';
  if (onlyRelay) return { expect: instead, advice: [...(relayWorks ? [] : [help]), ...clock] };
  if (udp === null) return { expect: 'direct', advice: [MEANS.onlyHere, MEANS.startStun, ...clock] };
  if (nat === 'varies') return { expect: instead, advice: [MEANS.varies, MEANS.onlyOpen, help, ...clock] };
  if (nat !== null) return { expect: 'direct', advice: clock };
  return { expect: instead, advice: [MEANS.blocked, tcp?.mapped ? MEANS.blockedByPort : MEANS.silent, help, ...clock] };
}
