/** Measures the memory of a connected chat, and the bytes that its pairing sends through the server. */
import { APARTE } from '../test/process.ts';
import { countBytes } from './counting-proxy.ts';
import type { Homes } from './homes.ts';
import type { Result } from './measure.ts';
import { spread } from './measure.ts';
import { node, startServer } from './program.ts';

const MESSAGES = 20;
/** Limit for the resident memory (MB) of a connected chat. */
const MEMORY_LIMIT = 110;

/** Pairs two chats `runs` times and exchanges some messages. Reading the memory needs Linux. */
export async function connectedChat(runs: number, homes: Homes): Promise<Result[]> {
  const { url, stop } = await startServer(APARTE, 'signal', '--port', '0', '--limits', 'off');
  const memory: number[] = [];
  const bytes: number[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      const proxy = await countBytes(url);
      const start = (home: string) =>
        node(APARTE, 'chat', `chat${run}-ocean-violin`, '--json', '--server', proxy.url, '--data', home);
      const [one, other] = [start(homes.one), start(homes.other)];
      await Promise.all([one.line(isConnected), other.line(isConnected)]);
      await one.line(hasLeftServer);
      for (let count = 0; count < MESSAGES; count++) {
        one.say(`message ${count}`);
        await other.line((line) => line.includes('"message"'));
      }
      memory.push(one.memory / 1e6, other.memory / 1e6);
      bytes.push(proxy.bytes());
      one.give({ type: 'quit' });
      await Promise.all([one.exits(0), other.line((line) => line.includes('"left"'))]);
      await other.exits(0);
      await proxy.close();
    }
  } finally {
    await stop();
  }
  return [
    { name: 'resident memory of a connected chat', unit: 'MB', ours: spread(memory), limit: MEMORY_LIMIT },
    { name: 'bytes through the server per pairing', unit: 'bytes', ours: spread(bytes) },
  ];
}

function isConnected(line: string): boolean {
  return line.includes('"peer"') && line.includes('"connected"');
}

function hasLeftServer(line: string): boolean {
  return line.includes('"signal"') && line.includes('"left"');
}
