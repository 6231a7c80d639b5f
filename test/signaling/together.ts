/** Runs all tests of the server that start it in their own process. */
import { join } from 'node:path';
import { gather } from '../run-in-one-process.ts';

await gather(join('signaling', 'together.ts'));
