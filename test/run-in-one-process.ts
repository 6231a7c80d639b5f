/** Runs test files in one process. Each also runs by itself. */
import { pathToFileURL } from 'node:url';
import { ready } from '../peer/crypto/index.ts';
import { gathered } from './suites.ts';

/** Runs those that belong to a process, named by its path below `test/`. */
export async function gather(process: string): Promise<void> {
  // The first test begins while the later files are still being loaded, and their `before` would come too late.
  await ready();
  for (const file of gathered(process)) await import(pathToFileURL(file).href);
}
