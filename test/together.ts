/** Runs all tests that only compute. */
import { gather } from './gather.ts';

await gather('together.ts');
