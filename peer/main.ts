#!/usr/bin/env node
/** The `aparte` program: the small file that starts it. `--version` loads nothing else. */
import './main/process-hardening.ts';
import './main/node-version.ts';
import { join } from 'node:path';
import { loadProgram } from './main/compile-cache.ts';
import { VERSION } from './main/version.ts';

/** The name of the program's file, which the build puts in. */
declare const PROGRAM: string;

const args = process.argv.slice(2);

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  void loadProgram(join(__dirname, PROGRAM)).program.start(args, __dirname);
}
