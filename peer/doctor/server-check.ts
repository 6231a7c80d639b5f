/** How fast the rendezvous server answers, and how far its clock is from ours. */

/** How long the answer may take, in ms. */
const PATIENCE = 5_000;

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
}

/** Asks the server at `url` by HTTP (RFC 9110, section 6.6.1, has its clock). Null: no answer. Follows no redirect. */
export async function askOverHttp(url: string): Promise<HttpAnswer | null> {
  const started = performance.now();
  try {
    const answer = await fetch(new URL('/healthz', url), {
      method: 'HEAD',
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
    return { rtt: Math.round(10 * rtt) / 10, skew, redirect };
  } catch {
    return null;
  }
}
