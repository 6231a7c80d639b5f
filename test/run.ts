/**
 * Runs a suite with node's test runner: `run.ts fast` is every `*.test.ts` outside `test/slow/`, `run.ts slow` those
 * inside. Node 20 takes no globs and npm scripts have no portable shell, hence this file.
 */
import { spawnSync } from 'node:child_process';
import { filesOf, type Suite } from './suites.ts';

/**
 * How long (ms) one test file may take before it is ended as hung, and how many run at once: fast ones mostly wait for
 * processes, slow ones load the machine themselves.
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
