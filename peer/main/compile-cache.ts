/**
 * Loads the program from one file, with V8's compiled code from a file beside it. Compiling it at each start would take a
 * third of the time until the first text is delivered (docs/ARCHITECTURE.md, Build).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** The function around a CommonJS module (Node's documentation, The module wrapper). */
const WRAPPER = ['(function (exports, require, module, __filename, __dirname) {', '\n})'] as const;

/**
 * How long a WebAssembly function runs before V8 optimises it: ten times the default of newer versions. With the default,
 * V8 would optimise libsodium during the first handshake, which takes a quarter of the processor time until the first
 * text and pays off too late (measured: `perf`, `npm run bench`).
 */
const WASM_PATIENCE = '--wasm-tiering-budget=130000000';

/** The exports of the program's file. */
type Program = typeof import('./program.ts');

/** The path of the compiled code of the program at `path`, for this version of Node. */
export function compiledPath(path: string): string {
  return `${path}.${process.version}.compiled`;
}

/**
 * Evaluates the program at `path`, a CommonJS bundle of ASCII characters. `path` must change with the content: V8 accepts
 * compiled code for any source of the same length. Does without compiled code if it is missing or V8 refuses it. `script`
 * can make it anew, with all functions that have run.
 */
export function loadProgram(path: string): { readonly program: Program; readonly script: Script } {
  // Must come first: compiled code is valid only under the options it was made with.
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
