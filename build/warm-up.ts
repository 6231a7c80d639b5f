/**
 * Runs `receive` once and writes the V8 code cache of everything that ran: `warm-up PROGRAM CODE SERVER DATA`. Runs in
 * plain Node without options, because a code cache is valid for the same V8 options only.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { compiledPath, loadProgram } from '../peer/main/compile-cache.ts';

const [path = '', code = '', server = '', data = ''] = process.argv.slice(2);
const { program, script } = loadProgram(path);

/** The program always exits through `process.reallyExit`: the code cache is written just before. */
const native = process as unknown as { reallyExit(code: number): never };
const end = native.reallyExit.bind(process);
native.reallyExit = (exit) => {
  if (exit === 0) {
    const partial = `${compiledPath(path)}.${process.pid}`;
    writeFileSync(partial, script.createCachedData());
    renameSync(partial, compiledPath(path));
  }
  return end(exit);
};
void program.start(['receive', code, '--server', server, '--data', data], dirname(path));
