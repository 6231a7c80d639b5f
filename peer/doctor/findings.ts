/** What the doctor finds, and what kind of connection that lets expect. */

/**
 * How the NAT maps one port of ours. `none`: there is no NAT. `same`: one public port for all destinations
 * ("endpoint-independent mapping", RFC 4787, section 4.1). `varies`: another public port for each destination
 * ("symmetric"). `unknown`: only one destination answered.
 */
export type Nat = 'none' | 'same' | 'varies' | 'unknown';

/** What STUN found over one transport. */
export interface StunFinding {
  /** Our public address and port as `ADDRESS:PORT`; null: nobody answered. */
  readonly mapped: string | null;
  /** Round trip in ms; null: nobody answered. */
  readonly rtt: number | null;
}

/** Why a TURN server gave no address; `refused` has the STUN error code. */
export type RelayFault = 'no-answer' | 'wrong-password' | { readonly refused: number };

/** One TURN server under one of its URIs. */
export interface RelayFinding {
  readonly url: string;
  readonly works: boolean;
  /** Null if it works. */
  readonly fault: RelayFault | null;
}

/**
 * What is wrong with the number of proxies that a server trusts. `untrusted`: it takes its proxy for the client.
 * `forgeable`: clients can choose the address as which they count.
 */
export type ProxyFault = 'untrusted' | 'forgeable';

/** What the doctor found about the rendezvous server. */
export interface ServerFinding {
  readonly url: string;
  readonly reached: boolean;
  /** Why it was not reached, in words; null if it was. */
  readonly cause: string | null;
  /** Whether a chat would start this server itself, because none runs at the default address. */
  readonly inside: boolean;
  /** Round trip in ms; null: no answer. */
  readonly rtt: number | null;
  /** Version of the signalling protocol; null if it was not reached. */
  readonly version: number | null;
  /** By how many seconds our clock is ahead of the server's; null: unknown. */
  readonly skew: number | null;
  /** Where the server redirects to, which is not followed; null: nowhere. */
  readonly redirect: string | null;
  /** Null: nothing is known to be wrong with its proxies. */
  readonly proxies: ProxyFault | null;
}

/** Everything the doctor found. */
export interface Findings {
  readonly server: ServerFinding;
  /** Over UDP and over TCP; null: no STUN server is known. */
  readonly udp: StunFinding | null;
  readonly tcp: StunFinding | null;
  /** Null: nobody answered over UDP. */
  readonly nat: Nat | null;
  /** `address`: this machine has a global one. `mapped`: as in {@link StunFinding}. */
  readonly ipv6: { readonly address: boolean; readonly mapped: string | null };
  readonly relays: readonly RelayFinding[];
  /** URIs of relays that the server offers and that were not tried, because the user does not allow relays. */
  readonly untried: readonly string[];
}

/** What kind of connection to expect; null: that cannot be said. */
export type Expectation = 'direct' | 'relay' | 'none' | null;

/** What the user should know or do. The words are in `peer/words/`. */
export type Advice =
  | 'server-inside'
  | 'only-nearby'
  | 'start-stun'
  | 'symmetric-nat'
  | 'open-networks-only'
  | 'udp-blocked'
  | 'tcp-answered'
  | 'tcp-silent'
  | 'allow-relay'
  | 'need-relay'
  | 'relay-fails'
  | 'relay-untried'
  | 'clocks-differ'
  | 'proxy-untrusted'
  | 'proxy-forgeable';

/** What to expect, and advice in the order in which to read it. */
export interface Verdict {
  readonly expect: Expectation;
  readonly advice: readonly Advice[];
}

/** Clocks that differ by less than this, in seconds, count as equal: HTTP tells whole seconds. */
export const CLOCK_TOLERANCE = 3;

/** The verdict on what was found. `onlyRelay`: the user accepts no direct connection. */
export function judge(findings: Findings, onlyRelay: boolean): Verdict {
  const { server, udp, tcp, nat, relays, untried } = findings;
  if (server.inside) return { expect: null, advice: ['server-inside'] };
  const proxies: Advice[] = server.proxies === null ? [] : [`proxy-${server.proxies}`];
  if (!server.reached) return { expect: null, advice: proxies };
  const differs = Math.abs(server.skew ?? 0) >= CLOCK_TOLERANCE;
  const clock: Advice[] = [...(differs ? (['clocks-differ'] as const) : []), ...proxies];
  const relayWorks = relays.some(({ works }) => works);
  const otherwise: Expectation = relayWorks ? 'relay' : 'none';
  const help = helpBy(relayWorks, relays.length > 0, untried.length > 0);
  if (onlyRelay) return { expect: otherwise, advice: [...(relayWorks ? [] : [help]), ...clock] };
  if (udp === null) return { expect: 'direct', advice: ['only-nearby', 'start-stun', ...clock] };
  if (nat === 'varies') return { expect: otherwise, advice: ['symmetric-nat', 'open-networks-only', help, ...clock] };
  if (nat !== null) return { expect: 'direct', advice: clock };
  const overTcp = tcp?.mapped ? 'tcp-answered' : 'tcp-silent';
  return { expect: otherwise, advice: ['udp-blocked', overTcp, help, ...clock] };
}

/** How a relay would help where no direct connection can be expected. */
function helpBy(works: boolean, isKnown: boolean, isOffered: boolean): Advice {
  if (works) return 'allow-relay';
  if (isOffered) return 'relay-untried';
  return isKnown ? 'relay-fails' : 'need-relay';
}
