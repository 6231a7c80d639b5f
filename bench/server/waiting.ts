/** P4: the memory of a waiting peer in a server. */
import { inTime } from '../program.ts';
import type { Contestant } from './contestant.ts';
import { RunningServer } from './contestant.ts';
import type { Member } from './dialects.ts';

/** Peers that enter at a time. */
const ABREAST = 100;
/** Peers that wait before the first measurement, so that memory that is allocated once is not counted. */
const WARM_UP = 200;

/** The resident memory and JavaScript memory of each of `count` waiting peers, in bytes. */
export async function memoryPerPeer(contestant: Contestant, count: number): Promise<{ rss: number; heap: number }> {
  const server = await RunningServer.start(contestant);
  const waiting: Member[] = [];
  try {
    await fill(server, waiting, WARM_UP);
    const before = await server.usage('collected');
    await fill(server, waiting, WARM_UP + count);
    const after = await server.usage('collected');
    return { rss: (after.rss - before.rss) / count, heap: (after.heap - before.heap) / count };
  } finally {
    for (const member of waiting) member.destroy();
    await server.stop();
  }
}

/** Lets peers enter, each a room of its own, until `count` wait. Throws if the server disconnects one. */
async function fill(server: RunningServer, waiting: Member[], count: number): Promise<void> {
  while (waiting.length < count) {
    const batch = Array.from({ length: Math.min(ABREAST, count - waiting.length) }, () => {
      const member = server.enter({ host: '127.0.0.1', port: server.port }, `wait${waiting.length}`, 1);
      waiting.push(member);
      return new Promise<void>((resolve, reject) => {
        member.onEntered = resolve;
        member.onEnd = () => reject(new Error(`the server disconnected one of ${waiting.length} waiting peers`));
      });
    });
    await inTime(`${waiting.length} waiting peers`, Promise.all(batch));
  }
}
