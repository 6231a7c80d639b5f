#!/usr/bin/env node
/** The `aparte` program. What it needs is loaded when it is needed: `--version` loads nothing. */
import { VERSION } from './main/version.ts';

const args = process.argv.slice(2);

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`);
} else if (args[0] === 'signal') {
  const { signal } = await import('./main/signal.ts');
  await signal(args.slice(1));
} else {
  const { run } = await import('./main/run.ts');
  await run(args);
}
