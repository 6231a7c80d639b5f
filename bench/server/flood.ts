/** Pairings during a flood from one address. They may take twice as long at most. */
import type { Result } from '../measure.ts';
import { compare } from '../measure.ts';
import type { Extent } from './compare.ts';
import { LIMITED, RunningServer } from './contestant.ts';
import { quantile, times } from './pairings.ts';
import { WebSocketClient } from './websocket.ts';

/** Pairings per second during the flood, each from an address of its own. */
const RATE = 20;
/** WebSockets per second that the flooder opens, all from one address. */
const ATTEMPTS = 500;
const FLOODER = '127.0.66.6';

/** Times pairings without and with a flood, on one server with default limits. */
export async function flood({ timed }: Extent): Promise<Result[]> {
  const server = await RunningServer.start(LIMITED);
  let callers = 0;
  // No address is used more than twice.
  const from = () => `127.1.${callers >> 8}.${callers++ & 255}`;
  try {
    await times(server, RATE, timed / 2, from);
    const quiet = await times(server, RATE, timed, from);
    const stop = begin(server.port);
    const beside = await times(server, RATE, timed, from).finally(stop);
    return [0.5, 0.99].map((part) => ({
      name: `${part === 0.5 ? 'a' : '   slowest of 100:'} pairing while one address tries ${ATTEMPTS} connections a second`,
      unit: 'ms' as const,
      ...compare('in quiet', [quantile(beside, part)], [quantile(quiet, part)]),
      ...(part === 0.5 && { limit: 2 }),
    }));
  } finally {
    await server.stop();
  }
}

/** Floods until the returned function is called. */
function begin(port: number): () => void {
  const open = new Set<WebSocketClient>();
  const attempt = () => {
    const path = '/socket.io/?EIO=4&transport=websocket';
    const client = new WebSocketClient({ host: '127.0.0.1', port, path, from: FLOODER }, () => {});
    open.add(client);
    client.onEnd = () => open.delete(client);
  };
  const timer = setInterval(() => {
    for (let count = 0; count < ATTEMPTS / 50; count++) attempt();
  }, 20);
  return () => {
    clearInterval(timer);
    for (const client of open) client.destroy();
  };
}
