/** Ports for programs that must be told one: they cannot be asked which one they got. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * What is given out: below the ports that systems give to who asks for any (from 32,768 on, Linux; from 49,152, RFC
 * 6335), so that no test that listens on port 0 gets one before it is used.
 */
const [FIRST, LAST] = [12_000, 32_767];
/** Processes that run at the same time begin so far apart, as their ids follow each other. */
const STRIDE = 64;

let next = (process.pid * STRIDE) % (LAST + 1 - FIRST);

/** A TCP port of 127.0.0.1 where nothing listens, another each time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + next;
    next = (next + 1) % (LAST + 1 - FIRST);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
