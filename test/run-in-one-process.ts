/** Runs several test files in one process. Each file also runs alone. */
import { pathToFileURL } from 'node:url';
import { ready } from '../peer/crypto/index.ts';
import { filesOfSharedProcess } from './suites.ts';

/** Runs the test files of a shared process. `program` is its path below `test/`. */
export async function runInOneProcess(program: string): Promise<void> {
  // The first test starts while later files are still loading, too early for a `before` in those files.
  await ready();
  for (const file of filesOfSharedProcess(program)) await import(pathToFileURL(file).href);
}
