/** Which test files belong to which suite, and which of them share a process. */
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Name of a suite: `slow` is what lies in `test/slow/`, `fast` all the rest. */
export type Suite = 'fast' | 'slow';

/** Folders whose tests only compute: one process runs them all, as starting one costs more than most of them. */
const TOGETHER = ['core', 'crypto', 'shared', 'ui'];
/** Files among these that need a process of their own: one drives a terminal, one listens in on sodium. */
const APART = [join('ui', 'terminal.test.ts'), join('crypto', 'wiped.test.ts')];
/** The process that runs the shared ones. */
const GATHERING = 'together.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

function testFiles(): string[] {
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return all.filter((path) => path.endsWith('.test.ts')).sort();
}

function isShared(path: string): boolean {
  return TOGETHER.some((folder) => path.startsWith(`${folder}${sep}`)) && !APART.includes(path);
}

/** Absolute paths of the test files that share a process. */
export function sharedFiles(): string[] {
  return testFiles()
    .filter(isShared)
    .map((path) => join(root, path));
}

/** Absolute paths of what node's test runner is to run for a suite, a process each. */
export function filesOf(suite: Suite): string[] {
  const files = testFiles().filter((path) => path.startsWith(`slow${sep}`) === (suite === 'slow'));
  // First, as it is the longest.
  const processes = suite === 'slow' ? files : [GATHERING, ...files.filter((path) => !isShared(path))];
  return processes.map((path) => join(root, path));
}
