/** How fast the rendezvous server answers, how far its clock is from ours, and whether it knows its proxies. */
import type { ProxyFault } from './findings.ts';

/** How long the answer may take, in ms. */
const PATIENCE = 5_000;

/** An address for documentation (RFC 5737): no client has it. */
const FORGED = '192.0.2.1';

/** Characters of a redirect that are kept. */
const MAX_REDIRECT = 200;

/** What the head of an HTTP answer says. */
export interface HttpAnswer {
  /** Round trip in ms. */
  readonly rtt: number;
  /** By how many seconds our clock is ahead of the server's; null: the server did not say. */
  readonly skew: number | null;
  /** Where the server redirects to; null: nowhere. */
  readonly redirect: string | null;
  /** What is wrong with the number of proxies that the server trusts; null: nothing is known to be. */
  readonly proxies: ProxyFault | null;
}

/** Asks the server at `url` by HTTP (RFC 9110, section 6.6.1, has its clock). Null: no answer. Follows no redirect. */
export async function askOverHttp(url: string): Promise<HttpAnswer | null> {
  const started = performance.now();
  try {
    const answer = await fetch(new URL('/healthz', url), {
      method: 'HEAD',
      headers: { 'X-Forwarded-For': FORGED },
      // The server has no say in which addresses this machine asks.
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    });
    const rtt = performance.now() - started;
    const said = Date.parse(answer.headers.get('date') ?? '');
    // The server cut off fractions, 500 ms on average, and the answer was half a round trip on its way.
    const skew = Number.isNaN(said) ? null : Math.round((Date.now() - rtt / 2 - said - 500) / 1_000);
    const isRedirect = answer.status >= 300 && answer.status < 400;
    const redirect = isRedirect ? (answer.headers.get('location')?.slice(0, MAX_REDIRECT) ?? null) : null;
    const proxies = proxyFault(answer.headers.get('x-client-address'), new URL(url).hostname);
    return { rtt: Math.round(10 * rtt) / 10, skew, redirect, proxies };
  } catch {
    return null;
  }
}

/** What is wrong with the proxies of a server at `host` that took a request under a forged address for one of `seen`. */
export function proxyFault(seen: string | null, host: string): ProxyFault | null {
  if (seen === FORGED) return 'forgeable';
  const isLoopback = (name: string) => /^(?:localhost|\[?::1\]?|(?:::ffff:)?127\.[\d.]+)$/.test(name);
  return seen !== null && isLoopback(seen) && !isLoopback(host) ? 'untrusted' : null;
}
