/** Whether the rendezvous server answers, and how its clock stands to ours. */

/** How long (ms) it may take. */
const PATIENCE = 5_000;

/** How long the answer took in ms, and by how many seconds our clock is ahead of the server's (null: it did not say). */
export interface ServerClock {
  readonly rtt: number;
  readonly skew: number | null;
}

/** Reads the clock of the server at `url` off the head of an HTTP answer (RFC 9110, section 6.6.1). Null: no answer. */
export async function readClock(url: string): Promise<ServerClock | null> {
  const started = performance.now();
  try {
    const answer = await fetch(new URL('/healthz', url), { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE) });
    const rtt = performance.now() - started;
    const said = Date.parse(answer.headers.get('date') ?? '');
    // Whole seconds were cut off there, and half the way has passed since.
    const skew = Number.isNaN(said) ? null : Math.round((Date.now() - rtt / 2 - said - 500) / 1_000);
    return { rtt: Math.round(10 * rtt) / 10, skew };
  } catch {
    return null;
  }
}
