/**
 * Runs a suite with node's test runner: `run.ts fast` is every `*.test.ts` outside `test/slow/`, `run.ts slow` those
 * inside. Node 20 takes no globs and npm scripts have no portable shell, hence this file.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * How long (ms) one test file may take before it is ended as hung, and how many run at once: fast ones mostly wait for
 * processes, slow ones load the machine themselves.
 */
const SUITES: Readonly<Record<string, { limit: number; atOnce: number }>> = {
  fast: { limit: 120_000, atOnce: 3 },
  slow: { limit: 1_200_000, atOnce: 1 },
};

const suite = process.argv[2] ?? 'fast';
const bounds = SUITES[suite];
if (bounds === undefined) throw new Error(`unknown suite ${suite}: fast or slow`);

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && path.startsWith(`slow${sep}`) === (suite === 'slow'))
  .map((path) => join(folder, path))
  .sort();
if (files.length === 0) throw new Error(`the ${suite} suite has no test files`);

const { limit, atOnce } = bounds;
const limits = [`--test-timeout=${limit}`, `--test-concurrency=${atOnce}`];
const flags = ['--import', 'tsx', '--test', '--test-reporter=spec', ...limits];
const { status } = spawnSync(process.execPath, [...flags, ...files], { stdio: 'inherit' });
process.exitCode = status ?? 1;
