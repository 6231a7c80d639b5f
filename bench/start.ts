/** Measures how long `aparte --version` takes, against Node doing nothing. */

import { APARTE } from '../test/process.ts';
import type { Result } from './measure.ts';
import { alternate, compare } from './measure.ts';
import { node } from './program.ts';

/** Measures the cold start: the time from starting the process to its end. */
export async function coldStart(runs: number): Promise<Result> {
  const [version, nothing] = await alternate(
    runs,
    () => lifetime(APARTE, '--version'),
    () => lifetime('-e', '0'),
  );
  return {
    name: 'cold start of --version',
    unit: 'ms',
    ...compare('node -e 0', version ?? [], nothing ?? []),
    limit: 1.5,
  };
}

async function lifetime(...args: readonly string[]): Promise<number> {
  const start = performance.now();
  await node(...args).exits(0);
  return performance.now() - start;
}
