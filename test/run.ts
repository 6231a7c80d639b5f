/**
 * Runs a suite with Node's test runner: `run.ts fast` runs every `*.test.ts` outside `test/slow/`, `run.ts slow` the ones
 * inside. This file exists because Node 20 accepts no globs and npm scripts have no portable shell.
 */
import { spawnSync } from 'node:child_process';
import { filesOf, type Suite } from './suites.ts';

/**
 * Time limit (ms) of one test file, and how many files run at once. Fast files mostly wait for processes; slow files load
 * the machine by themselves.
 */
const SUITES: Readonly<Record<Suite, { limit: number; atOnce: number }>> = {
  fast: { limit: 120_000, atOnce: 4 },
  slow: { limit: 1_200_000, atOnce: 1 },
};

const suite = process.argv[2] ?? 'fast';
if (suite !== 'fast' && suite !== 'slow') throw new Error(`unknown suite ${suite}: fast or slow`);

const files = filesOf(suite);
const { limit, atOnce } = SUITES[suite];
const limits = [`--test-timeout=${limit}`, `--test-concurrency=${atOnce}`];
const flags = ['--import', 'tsx', '--test', '--test-reporter=spec', ...limits];
const { status } = spawnSync(process.execPath, [...flags, ...files], { stdio: 'inherit' });
process.exitCode = status ?? 1;
