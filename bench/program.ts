/** The programs that are measured, and how long they are waited for. */
import { fileURLToPath } from 'node:url';
import { Process } from '../test/process.ts';

/** The folder of the programs that ours is compared with, with a `/` at the end. */
export const BASELINE = fileURLToPath(new URL('baseline/', import.meta.url));

/** How long (ms) something may take that takes a second or two. */
const PATIENCE = 30_000;

/** Throws after 30 s in which `work` came to no end. */
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

/** Starts a server; `stop` ends it, and waits until it has. */
export async function startServer(...args: readonly string[]): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const server = node(...args);
  const stop = () => {
    server.kill('SIGTERM');
    return server.end();
  };
  return { url: await server.listening(), stop };
}
