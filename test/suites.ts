/** Which test files belong to which suite, and which of them share a process. */
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Name of a suite: `slow` is what lies in `test/slow/`, `fast` all the rest. */
export type Suite = 'fast' | 'slow';

/** Folders whose tests only compute. */
const COMPUTING = ['core', 'crypto', 'shared', 'ui'];
/** Files elsewhere that only compute. */
const COMPUTING_FILES = [
  'architecture.test.ts',
  join('link', 'ice-policy.test.ts'),
  join('link', 'sdp-validation.test.ts'),
  join('link', 'short-sdp.test.ts'),
  join('rendezvous', 'lan-rules.test.ts'),
  join('signaling', 'limit-flags.test.ts'),
  join('signaling', 'memory-rooms.test.ts'),
];
/** Files that need a process of their own: one drives a terminal, one listens in on sodium, the others start processes. */
const APART = [
  join('ui', 'terminal-chat.test.ts'),
  join('crypto', 'secrets-wiped.test.ts'),
  ...['main', 'redis', 'redis-news', 'redis-requests', 'redis-rooms', 'tls'].map((name) =>
    join('signaling', `${name}.test.ts`),
  ),
];

const isIn = (path: string, folder: string) => path.startsWith(`${folder}${sep}`);
const computes = (path: string) =>
  COMPUTING_FILES.includes(path) || (COMPUTING.some((folder) => isIn(path, folder)) && !APART.includes(path));

/** Processes that run several files, as starting one costs more than most of them: what they run, the longest first. */
const GATHERINGS: Readonly<Record<string, (path: string) => boolean>> = {
  [join('signaling', 'together.ts')]: (path) =>
    isIn(path, 'signaling') && !APART.includes(path) && !COMPUTING_FILES.includes(path),
  'together.ts': computes,
};

const root = fileURLToPath(new URL('.', import.meta.url));

function testFiles(): string[] {
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return all.filter((path) => path.endsWith('.test.ts')).sort();
}

/** Absolute paths of the test files that one process, named by its path below `test/`, runs. */
export function gathered(gathering: string): string[] {
  return testFiles()
    .filter((path) => GATHERINGS[gathering]?.(path) === true)
    .map((path) => join(root, path));
}

/** Absolute paths of what node's test runner is to run for a suite, a process each. */
export function filesOf(suite: Suite): string[] {
  const files = testFiles().filter((path) => isIn(path, 'slow') === (suite === 'slow'));
  const isGathered = (path: string) => Object.values(GATHERINGS).some((takes) => takes(path));
  const processes = [...Object.keys(GATHERINGS), ...files.filter((path) => !isGathered(path))];
  return (suite === 'slow' ? files : processes).map((path) => join(root, path));
}
