/** The rules of the house: who lives where, who may call whom, and what stays out of which room. */
import type { Import, Source } from './source.ts';

interface Room {
  /** A folder (ending in `/`) or a file. The first room that fits a file is its own. */
  readonly at: string;
  /** Folders and files it may import, itself included. */
  readonly uses: readonly string[];
  /** Folders and files of which it may import types. */
  readonly types?: readonly string[];
  readonly packages: readonly string[] | 'any' | 'one per file';
  /** Modules of Node. */
  readonly node: readonly string[] | 'any';
}

const CRYPTO = 'peer/crypto/';
const CRYPTO_DOOR = 'peer/crypto/index.ts';
/** What a link and a rendezvous are to those who use them. */
const CONTRACTS = ['peer/link/link.ts', 'peer/rendezvous/rendezvous.ts'];
const EVERYTHING = { uses: ['shared/', 'signaling/', 'peer/', 'package.json'], packages: 'any', node: 'any' } as const;

/** The rooms of the product. */
export const ROOMS: readonly Room[] = [
  { at: 'shared/', uses: ['shared/'], packages: ['valibot'], node: [] },
  {
    at: 'signaling/redis/',
    uses: ['shared/', 'signaling/'],
    packages: ['redis', 'valibot'],
    node: 'any',
  },
  {
    at: 'signaling/workers/',
    uses: ['shared/', 'signaling/'],
    packages: ['@socket.io/cluster-adapter'],
    node: 'any',
  },
  {
    at: 'signaling/',
    uses: ['shared/', 'signaling/'],
    packages: ['socket.io', 'valibot', 'commander', 'prom-client'],
    node: 'any',
  },
  { at: CRYPTO, uses: ['shared/', CRYPTO], packages: ['libsodium-wrappers'], node: [] },
  { at: 'peer/core/', uses: ['shared/', 'peer/core/', CRYPTO_DOOR], types: CONTRACTS, packages: [], node: [] },
  {
    at: 'peer/rendezvous/manual/',
    uses: ['shared/', 'peer/rendezvous/', CRYPTO_DOOR],
    types: ['peer/link/link.ts'],
    packages: [],
    node: [],
  },
  {
    at: 'peer/rendezvous/lan/',
    uses: ['shared/', 'peer/rendezvous/'],
    packages: ['bonjour-service', 'valibot'],
    node: ['node:crypto', 'node:dgram', 'node:http', 'node:net', 'node:os'],
  },
  {
    at: 'peer/rendezvous/',
    uses: ['shared/', 'peer/rendezvous/'],
    types: ['peer/link/link.ts'],
    packages: 'one per file',
    node: [],
  },
  { at: 'peer/link/', uses: ['shared/', 'peer/link/'], packages: 'one per file', node: [] },
  { at: 'peer/doctor/', uses: ['shared/', 'peer/doctor/'], packages: [], node: 'any' },
  {
    at: 'peer/store/',
    uses: ['shared/', 'peer/store/'],
    types: ['peer/core/facts-and-orders.ts'],
    packages: ['valibot'],
    node: 'any',
  },
  {
    at: 'peer/ui/',
    uses: ['shared/', 'peer/ui/'],
    types: ['peer/core/facts-and-orders.ts'],
    packages: ['fast-string-width', 'uqr'],
    node: ['node:events', 'node:readline', 'node:stream', 'node:string_decoder', 'node:tty'],
  },
  { at: 'peer/client.ts', uses: ['shared/'], types: ['peer/core/', ...CONTRACTS], packages: [], node: [] },
  { at: 'peer/main/', ...EVERYTHING },
  { at: 'peer/main.ts', ...EVERYTHING },
];

/** Where the process, its arguments and its environment may be touched. */
const ROOTS = ['peer/main.ts', 'peer/main/'];
/** What belongs to a machine or a page, and so not where both share the code. */
const OUTSIDE = ['Buffer', 'console', 'document', 'fetch', 'globalThis', 'localStorage', 'navigator', 'window'];
/** What a synchronous state machine without input, output, time or chance cannot contain. */
const IMPURE = [
  'await',
  'async',
  'Promise',
  'queueMicrotask',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'Date.now',
  'new Date()',
  'performance',
  'Math.random',
  'crypto',
];
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  'shared/': OUTSIDE,
  [CRYPTO]: OUTSIDE,
  // Where no implementation of WebRTC is passed in, it is the page's own.
  'peer/link/': OUTSIDE.filter((name) => name !== 'globalThis'),
  'peer/rendezvous/': OUTSIDE,
  'peer/rendezvous/manual/': OUTSIDE,
  'peer/client.ts': OUTSIDE,
  'peer/core/': [...OUTSIDE, ...IMPURE],
};
/** Ways round the import rules. */
const HIDDEN_IMPORTS = ['require', 'createRequire', 'eval', 'Function', 'Script'];
/** The one file that evaluates another: the program, in the form the build gave it. */
const LOADER = 'peer/main/compile-cache.ts';

/** The room a file is in, or undefined. */
export function roomOf(path: string): Room | undefined {
  return ROOMS.find((room) => within(path, [room.at]));
}

/** Everything about a product file that breaks a rule, a sentence each. */
export function violations(source: Source): string[] {
  const room = roomOf(source.path);
  if (room === undefined) return ['is in no room: add it to the table of rooms'];
  const found = source.imports.flatMap((each) => importViolation(room, source.path, each));
  if (room.packages === 'one per file' && packagesOf(source).size > 1) found.push('imports more than one library');
  const forbidden = [...(source.path === LOADER ? [] : HIDDEN_IMPORTS), ...(FORBIDDEN[room.at] ?? [])];
  found.push(...forbidden.filter((name) => source.names.has(name)).map((name) => `uses ${name}`));
  if (!within(source.path, ROOTS) && ['process', 'globalThis.process'].some((name) => source.names.has(name))) {
    found.push('touches the process');
  }
  return found;
}

/** Pairs of files that import each other, types included: which of two came first must be clear to a reader. */
export function mutualImports(sources: readonly Source[]): string[] {
  const targets = new Map(sources.map(({ path, imports }) => [path, new Set(imports.map(({ target }) => target))]));
  return sources.flatMap(({ path }) =>
    Array.from(targets.get(path) ?? [])
      .filter((target) => target !== null && path < target && targets.get(target)?.has(path) === true)
      .map((target) => `${path} and ${target}`),
  );
}

function importViolation(room: Room, path: string, { target, typeOnly }: Import): string[] {
  if (target === null) return ['imports what is not a literal'];
  const wrong = [`may not import ${target}`];
  if (target === 'node:process' && !within(path, ROOTS)) return wrong;
  if (target.startsWith('node:')) return room.node === 'any' || room.node.includes(target) ? [] : wrong;
  if (isPackage(target)) {
    if (target === 'libsodium-wrappers') return room.at === CRYPTO ? [] : wrong;
    return typeof room.packages === 'string' || room.packages.includes(target) ? [] : wrong;
  }
  if (within(target, [CRYPTO]) && target !== CRYPTO_DOOR && room.at !== CRYPTO) return wrong;
  return within(target, room.uses) || (typeOnly && within(target, room.types ?? [])) ? [] : wrong;
}

function packagesOf(source: Source): Set<string> {
  return new Set(source.imports.flatMap(({ target }) => (target !== null && isPackage(target) ? [target] : [])));
}

/** Own files are paths and end in `.ts`; modules of Node carry their prefix. */
function isPackage(target: string): boolean {
  return !target.startsWith('node:') && !target.endsWith('.ts') && !target.endsWith('.json');
}

function within(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}
