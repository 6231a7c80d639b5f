/** Whether the rendezvous server answers, and how its clock stands to ours. */

/** How long (ms) it may take. */
const PATIENCE = 5_000;

/**
 * How long the answer took in ms, by how many seconds our clock is ahead of the server's (null: it did not say), and
 * where it sends whoever asks (null: nowhere).
 */
export interface ServerClock {
  readonly rtt: number;
  readonly skew: number | null;
  readonly redirect: string | null;
}

/** Characters of a redirect that are told. */
const MAX_REDIRECT = 200;

/** Reads the clock of the server at `url` off the head of an HTTP answer (RFC 9110, section 6.6.1). Null: no answer. Goes nowhere else. */
export async function readClock(url: string): Promise<ServerClock | null> {
  const started = performance.now();
  try {
    const answer = await fetch(new URL('/healthz', url), {
      method: 'HEAD',
      // Whoever runs the server has no say in what this machine asks for.
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    });
    const rtt = performance.now() - started;
    const said = Date.parse(answer.headers.get('date') ?? '');
    // Whole seconds were cut off there, and half the way has passed since.
    const skew = Number.isNaN(said) ? null : Math.round((Date.now() - rtt / 2 - said - 500) / 1_000);
    const isRedirect = answer.status >= 300 && answer.status < 400;
    const redirect = isRedirect ? (answer.headers.get('location')?.slice(0, MAX_REDIRECT) ?? null) : null;
    return { rtt: Math.round(10 * rtt) / 10, skew, redirect };
  } catch {
    return null;
  }
}
