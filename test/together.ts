/** Runs all tests that only compute. */
import { gather } from './run-in-one-process.ts';

await gather('together.ts');
