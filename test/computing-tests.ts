/** Runs all tests that only compute, in one process. */
import { runInOneProcess } from './run-in-one-process.ts';

await runInOneProcess('computing-tests.ts');
