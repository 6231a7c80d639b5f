/** The test files of each suite, and which of them share a process. */
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `slow`: the files in `test/slow/`. `fast`: all others. */
export type Suite = 'fast' | 'slow';

/** Folders whose tests only compute and start nothing. */
const COMPUTING = ['core', 'crypto', 'docs', 'shared', 'ui'];
/** Files in other folders that only compute. */
const COMPUTING_FILES = [
  'architecture.test.ts',
  join('link', 'ice-policy.test.ts'),
  join('link', 'sdp-validation.test.ts'),
  join('link', 'short-sdp.test.ts'),
  join('rendezvous', 'lan.test.ts'),
  join('signaling', 'limit-flags.test.ts'),
  join('signaling', 'memory-rooms.test.ts'),
];
/** Files that need their own process: they drive a terminal, wait for pauses, watch libsodium, or start processes. */
const OWN_PROCESS = [
  join('ui', 'terminal-chat.test.ts'),
  join('ui', 'terminal-input.test.ts'),
  join('crypto', 'secrets-wiped.test.ts'),
  ...['main', 'news-format', 'redis', 'redis-news', 'redis-requests', 'redis-rooms', 'tls'].map((name) =>
    join('signaling', `${name}.test.ts`),
  ),
];

const isIn = (path: string, folder: string) => path.startsWith(`${folder}${sep}`);
const computes = (path: string) =>
  COMPUTING_FILES.includes(path) || (COMPUTING.some((folder) => isIn(path, folder)) && !OWN_PROCESS.includes(path));

/**
 * Programs that run several test files in one process, longest first. Starting a process takes longer than most of these
 * files.
 */
const SHARED_PROCESSES: Readonly<Record<string, (path: string) => boolean>> = {
  [join('signaling', 'server-tests.ts')]: (path) =>
    isIn(path, 'signaling') && !OWN_PROCESS.includes(path) && !COMPUTING_FILES.includes(path),
  'computing-tests.ts': computes,
};

const root = fileURLToPath(new URL('.', import.meta.url));

function testFiles(): string[] {
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return all.filter((path) => path.endsWith('.test.ts')).sort();
}

/** Absolute paths of the test files that a shared process runs. `program` is its path below `test/`. */
export function filesOfSharedProcess(program: string): string[] {
  return testFiles()
    .filter((path) => SHARED_PROCESSES[program]?.(path) === true)
    .map((path) => join(root, path));
}

/** Absolute paths of the programs that Node's test runner runs for a suite, each in its own process. */
export function filesOf(suite: Suite): string[] {
  const files = testFiles().filter((path) => isIn(path, 'slow') === (suite === 'slow'));
  const sharesProcess = (path: string) => Object.values(SHARED_PROCESSES).some((takes) => takes(path));
  const processes = [...Object.keys(SHARED_PROCESSES), ...files.filter((path) => !sharesProcess(path))];
  return (suite === 'slow' ? files : processes).map((path) => join(root, path));
}
