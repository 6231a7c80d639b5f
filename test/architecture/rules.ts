/** The modules of the product: what each may import, and which globals it may not use (docs/ARCHITECTURE.md, Modules). */
import type { Import, Source } from './source.ts';

interface Module {
  /** A folder (ending in `/`) or a file. A file belongs to the first module that contains it. */
  readonly at: string;
  /** Folders and files that the module may import, itself included. */
  readonly uses: readonly string[];
  /** Folders and files from which the module may import types only. */
  readonly types?: readonly string[];
  readonly packages: readonly string[] | 'any' | 'one per file';
  /** Node's own modules that the module may import. */
  readonly node: readonly string[] | 'any';
}

const CRYPTO = 'peer/crypto/';
const CRYPTO_DOOR = 'peer/crypto/index.ts';
/** The interfaces of a link and of a rendezvous. */
const CONTRACTS = ['peer/link/link.ts', 'peer/rendezvous/rendezvous.ts'];
const EVERYTHING = { uses: ['shared/', 'signaling/', 'peer/', 'package.json'], packages: 'any', node: 'any' } as const;

/** The modules of the product. */
export const MODULES: readonly Module[] = [
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
    packages: [],
    node: 'any',
  },
  {
    at: 'signaling/',
    uses: ['shared/', 'signaling/'],
    packages: ['socket.io', 'ws', 'valibot', 'commander', 'prom-client'],
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
  {
    at: 'peer/link/node/',
    uses: ['shared/', 'peer/link/', 'peer/doctor/stun-client.ts'],
    packages: ['node-datachannel'],
    node: 'any',
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
    uses: ['shared/', 'peer/ui/', 'peer/words/'],
    types: ['peer/core/facts-and-orders.ts'],
    packages: ['fast-string-width', 'uqr'],
    node: ['node:events', 'node:readline', 'node:stream', 'node:string_decoder', 'node:tty'],
  },
  {
    at: 'peer/conversation/',
    uses: ['shared/', 'peer/conversation/', 'peer/client.ts', 'peer/core/', 'peer/link/', CRYPTO_DOOR],
    types: CONTRACTS,
    packages: [],
    node: [],
  },
  {
    at: 'peer/words/',
    uses: ['shared/', 'peer/words/'],
    types: ['peer/core/facts-and-orders.ts', 'peer/doctor/findings.ts'],
    packages: [],
    node: [],
  },
  {
    at: 'peer/ways-to-meet/node/',
    uses: ['shared/', 'signaling/', 'peer/ways-to-meet/', 'peer/rendezvous/', 'peer/link/', CRYPTO_DOOR],
    types: ['peer/conversation/way-to-meet.ts', 'peer/core/'],
    packages: [],
    node: 'any',
  },
  {
    at: 'peer/ways-to-meet/',
    uses: ['shared/', 'peer/ways-to-meet/', 'peer/rendezvous/'],
    types: ['peer/conversation/way-to-meet.ts'],
    packages: [],
    node: [],
  },
  { at: 'peer/client.ts', uses: ['shared/'], types: ['peer/core/', ...CONTRACTS], packages: [], node: [] },
  { at: 'peer/main/', ...EVERYTHING },
  { at: 'peer/main.ts', ...EVERYTHING },
];

/** The only places that may use the process, its arguments and its environment. */
const ROOTS = ['peer/main.ts', 'peer/main/'];
/** Globals that only Node or only a browser has: forbidden where both share the code. */
const OUTSIDE = ['Buffer', 'console', 'document', 'fetch', 'globalThis', 'localStorage', 'navigator', 'window'];
/** Names that a synchronous state machine without I/O, clock and randomness cannot use. */
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
  // A link uses the browser's WebRTC implementation if none is passed in.
  'peer/link/': OUTSIDE.filter((name) => name !== 'globalThis'),
  'peer/rendezvous/': OUTSIDE,
  'peer/rendezvous/manual/': OUTSIDE,
  'peer/client.ts': OUTSIDE,
  'peer/words/': OUTSIDE,
  'peer/conversation/': OUTSIDE,
  'peer/ways-to-meet/': OUTSIDE,
  'peer/core/': [...OUTSIDE, ...IMPURE],
};
/** Ways around the import rules. */
const HIDDEN_IMPORTS = ['require', 'createRequire', 'eval', 'Function', 'Script'];
/** The one file that may evaluate another file: the program that the build made. */
const LOADER = 'peer/main/compile-cache.ts';

/** The module that a file belongs to; undefined if there is none. */
export function moduleOf(path: string): Module | undefined {
  return MODULES.find((module) => within(path, [module.at]));
}

/** Every violation of a rule in a product file, one sentence each. */
export function violations(source: Source): string[] {
  const module = moduleOf(source.path);
  if (module === undefined) return ['is in no module: add it to the table of modules'];
  const found = source.imports.flatMap((each) => importViolation(module, source.path, each));
  if (module.packages === 'one per file' && packagesOf(source).size > 1) found.push('imports more than one library');
  const forbidden = [...(source.path === LOADER ? [] : HIDDEN_IMPORTS), ...(FORBIDDEN[module.at] ?? [])];
  found.push(...forbidden.filter((name) => source.names.has(name)).map((name) => `uses ${name}`));
  if (!within(source.path, ROOTS) && ['process', 'globalThis.process'].some((name) => source.names.has(name))) {
    found.push('touches the process');
  }
  return found;
}

/** Pairs of files that import each other, types included. A reader must be able to tell which file comes first. */
export function mutualImports(sources: readonly Source[]): string[] {
  const targets = new Map(sources.map(({ path, imports }) => [path, new Set(imports.map(({ target }) => target))]));
  return sources.flatMap(({ path }) =>
    Array.from(targets.get(path) ?? [])
      .filter((target) => target !== null && path < target && targets.get(target)?.has(path) === true)
      .map((target) => `${path} and ${target}`),
  );
}

function importViolation(module: Module, path: string, { target, typeOnly }: Import): string[] {
  if (target === null) return ['imports what is not a literal'];
  const wrong = [`may not import ${target}`];
  if (target === 'node:process' && !within(path, ROOTS)) return wrong;
  if (target.startsWith('node:')) return module.node === 'any' || module.node.includes(target) ? [] : wrong;
  if (isPackage(target)) {
    if (target === 'libsodium-wrappers') return module.at === CRYPTO ? [] : wrong;
    return typeof module.packages === 'string' || module.packages.includes(target) ? [] : wrong;
  }
  if (within(target, [CRYPTO]) && target !== CRYPTO_DOOR && module.at !== CRYPTO) return wrong;
  return within(target, module.uses) || (typeOnly && within(target, module.types ?? [])) ? [] : wrong;
}

function packagesOf(source: Source): Set<string> {
  return new Set(source.imports.flatMap(({ target }) => (target !== null && isPackage(target) ? [target] : [])));
}

/** Whether an import is a package: own files end in `.ts`, Node's modules begin with `node:`. */
function isPackage(target: string): boolean {
  return !target.startsWith('node:') && !target.endsWith('.ts') && !target.endsWith('.json');
}

function within(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}
