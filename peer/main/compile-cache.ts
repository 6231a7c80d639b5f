/**
 * Loads the program from one file, with V8's compiled code beside it: compiling anew would take a third of the time
 * from the start of two programs to the first text (docs/ARCHITECTURE.md, Build).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** What a CommonJS module is called with (Node's documentation, The module wrapper). */
const WRAPPER = ['(function (exports, require, module, __filename, __dirname) {', '\n})'] as const;

/**
 * How much a function of WebAssembly does before V8 compiles it anew, to run faster: ten times what is usual in newer
 * versions. Else libsodium's would be compiled during the first handshake: a quarter of all processor time until the
 * first text is delivered, for code that is then no faster in time (measured: `perf`, `npm run bench`).
 */
const WASM_PATIENCE = '--wasm-tiering-budget=130000000';

/** What the program's file exports. */
type Program = typeof import('./program.ts');

/** Where the compiled code of the program at `path` lies, for this version of Node. */
export function compiledPath(path: string): string {
  return `${path}.${process.version}.compiled`;
}

/**
 * Evaluates the program at `path`, a CommonJS bundle of ASCII characters. `path` must name
 * its content: V8 takes compiled code for that of any source as long as it. Compiled code that is missing, or that V8
 * refuses, is left aside. `script` can make it anew, with all that was run until then.
 */
export function loadProgram(path: string): { readonly program: Program; readonly script: Script } {
  // Before the rest: compiled code is good for the options it was made with.
  setFlagsFromString(WASM_PATIENCE);
  const source = readFileSync(path, 'latin1');
  const cachedData = compiledCode(path);
  const script = new Script(WRAPPER.join(source), {
    filename: path,
    columnOffset: -WRAPPER[0].length,
    ...(cachedData !== null && { cachedData }),
  });
  const module = { exports: {} };
  const evaluate = script.runInThisContext() as (...scope: readonly unknown[]) => void;
  evaluate(module.exports, createRequire(path), module, path, dirname(path));
  return { program: module.exports as Program, script };
}

function compiledCode(path: string): Buffer | null {
  try {
    return readFileSync(compiledPath(path));
  } catch {
    return null;
  }
}
