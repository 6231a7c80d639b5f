/** Runs all tests that start the rendezvous server in their own process, in one process. */
import { join } from 'node:path';
import { runInOneProcess } from '../run-in-one-process.ts';

await runInOneProcess(join('signaling', 'server-tests.ts'));
