/** Runs all test files that share a process. Each also runs by itself. */
import { pathToFileURL } from 'node:url';
import { ready } from '../peer/crypto/index.ts';
import { sharedFiles } from './suites.ts';

// The first test begins while the later files are still being loaded, and their `before` would come too late.
await ready();
for (const file of sharedFiles()) await import(pathToFileURL(file).href);
