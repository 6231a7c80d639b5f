/** Free TCP ports for programs that need a port number in advance and cannot listen on port 0. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * The range of ports. It lies below the ephemeral ports (Linux: from 32,768; RFC 6335: from 49,152), so that no other
 * test that listens on port 0 can take one of them before it is used.
 */
const [FIRST, LAST] = [12_000, 32_767];
/** Distance between the first ports of two test processes. Their process ids are consecutive numbers. */
const STRIDE = 64;

let next = (process.pid * STRIDE) % (LAST + 1 - FIRST);

/** Returns a TCP port of 127.0.0.1 where nothing listens, a different one each time. */
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
