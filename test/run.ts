/**
 * Runs a suite with node's test runner: `run.ts fast` is every `*.test.ts` outside `test/slow/`, `run.ts slow` those
 * inside. Node 20 takes no globs and npm scripts have no portable shell, hence this file.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How long one test file may take before it is ended as hung, in ms. */
const TIME_LIMITS: Readonly<Record<string, number>> = { fast: 120_000, slow: 1_200_000 };

const suite = process.argv[2] ?? 'fast';
const limit = TIME_LIMITS[suite];
if (limit === undefined) throw new Error(`unknown suite ${suite}: fast or slow`);

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && path.startsWith(`slow${sep}`) === (suite === 'slow'))
  .map((path) => join(folder, path))
  .sort();
if (files.length === 0) throw new Error(`the ${suite} suite has no test files`);

const flags = ['--import', 'tsx', '--test', '--test-reporter=spec', `--test-timeout=${limit}`];
const { status } = spawnSync(process.execPath, [...flags, ...files], { stdio: 'inherit' });
process.exitCode = status ?? 1;
