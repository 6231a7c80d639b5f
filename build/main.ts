/**
 * Bundles the program into `dist/`: a small `main.js` that starts fast, `program-HASH.js` with everything else, its V8
 * code cache, and `node_modules` with the libraries that few servers need. So `dist/` alone is a complete server.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { compiledPath } from '../peer/main/compile-cache.ts';
import { compile } from './compile.ts';
import { OPTIONS, SEPARATE } from './options.ts';

const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'dist');
const MAIN = join(OUT, 'main.js');

/** `main.js` must parse in very old Nodes, so that it can say that Node is too old. */
const OLD_NODE = 'node12';

/** Bundles one file. `define` maps identifiers to constants. Returns the contents of the output files by path. */
async function bundle(
  entry: string,
  entryNames: string,
  define: Record<string, string>,
  target = OPTIONS.target,
): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    ...OPTIONS,
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: OUT,
    entryNames,
    define,
    target,
    sourcemap: 'linked',
    sourcesContent: false,
    write: false,
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

/** Bundles each library that is left out of the program to the path where Node looks for it. Returns contents by path. */
async function bundleLibraries(): Promise<Map<string, Uint8Array>> {
  const libraries = SEPARATE.map(async (name): Promise<[string, Uint8Array]> => {
    const stdin = { contents: `module.exports = require('${name}');`, resolveDir: ROOT };
    const { outputFiles } = await build({ ...OPTIONS, external: [], absWorkingDir: ROOT, stdin, write: false });
    return [join(OUT, 'node_modules', name, 'index.js'), outputFiles[0]?.contents ?? new Uint8Array()];
  });
  return new Map(await Promise.all(libraries));
}

/** Replaces a file atomically: a program that starts meanwhile reads either the old file or the new one. */
function put(path: string, contents: Uint8Array | string): void {
  const partial = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(partial, contents);
  if (path === MAIN) chmodSync(partial, 0o755);
  renameSync(partial, path);
}

const program = await bundle('peer/main/program.ts', '[name]-[hash]', {});
const path = Array.from(program.keys()).find((name) => name.endsWith('.js')) ?? '';
const main = await bundle('peer/main.ts', '[name]', { PROGRAM: JSON.stringify(basename(path)) }, OLD_NODE);
// The package.json above declares ES modules, so dist needs its own.
const files = new Map<string, Uint8Array | string>([
  ...program,
  ...main,
  ...(await bundleLibraries()),
  [join(OUT, 'package.json'), '{"type":"commonjs"}\n'],
]);

// `main.js` sets V8 options, and a code cache is valid for the same options only.
const starter = Buffer.from(files.get(MAIN) ?? '');
if (existsSync(MAIN) && !starter.equals(readFileSync(MAIN))) rmSync(compiledPath(path), { force: true });
for (const [name, contents] of files) put(name, contents);
const kept = [...files.keys(), compiledPath(path)].map((name) => relative(OUT, name).split(sep)[0]);
for (const name of readdirSync(OUT)) {
  if (!kept.includes(name)) rmSync(join(OUT, name), { recursive: true, force: true });
}
if (!existsSync(compiledPath(path))) {
  try {
    await compile(MAIN, path);
  } catch (error) {
    process.stderr.write(`The program has no code cache and will start more slowly: ${String(error)}\n`);
  }
}
