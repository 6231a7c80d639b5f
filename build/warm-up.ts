/**
 * Runs `receive` once and keeps V8's compiled code of all that ran: `warm-up PROGRAM CODE SERVER DATA`, as plain Node
 * runs it, since the code is good for the same V8 options only.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { compiledPath, loadProgram } from '../peer/main/compile-cache.ts';

const [path = '', code = '', server = '', data = ''] = process.argv.slice(2);
const { program, script } = loadProgram(path);

/** The program's one way out. */
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
void program.start(['receive', code, '--server', server, '--data', data]);
