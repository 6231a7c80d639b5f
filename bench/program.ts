/** Starts the programs that the benches measure, with a time limit on every wait. */
import { fileURLToPath } from 'node:url';
import { Process } from '../test/process.ts';

/** The folder of the baseline programs, ending in `/`. */
export const BASELINE = fileURLToPath(new URL('baseline/', import.meta.url));

/** Time limit (ms) for one step of a bench. A step normally takes a second or two. */
const PATIENCE = 30_000;

/** Waits for `work`. Throws if it has not ended after 30 s. */
export async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing for ${PATIENCE / 1_000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Starts `node` with `args`. */
export function node(...args: readonly string[]): Process {
  return new Process([process.execPath, ...args]);
}

/** Starts a server. `stop` ends it and resolves when it has exited. */
export async function startServer(...args: readonly string[]): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const server = node(...args);
  const stop = () => {
    server.kill('SIGTERM');
    return server.end();
  };
  return { url: await server.listening(), stop };
}
