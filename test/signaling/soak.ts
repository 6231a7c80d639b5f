/** The server under hostile load for a long time: honest pairs meet, and its memory does not grow. */
import { randomBytes, randomInt } from 'node:crypto';
import { connect } from 'node:net';
import type { Usage } from '../../bench/server/contestant.ts';
import { LIMITED, RunningServer } from '../../bench/server/contestant.ts';
import { aparte } from '../../bench/server/dialects.ts';
import { times } from '../../bench/server/pairings.ts';
import { binaryFrame, textFrame, WebSocketClient } from '../../bench/server/websocket.ts';
import { freePort } from '../ports.ts';

/** Honest pairs per second, each from an address of its own. */
const RATE = 4;
/** How often each attack is repeated, in ms. */
const EVERY = 50;
/** Connections of a storm, and the time between storms in ms: all are cut at once and come back. */
const STORM = 60;
const STORM_EVERY = 2_000;
/** Half-open connections kept at a time. */
const HALF_OPEN = 40;

/** The result. */
export interface Soaked {
  /** Honest pairs. All of them met. */
  readonly pairs: number;
  /** What the server used after the warm-up, and at the end. */
  readonly before: Usage;
  readonly after: Usage;
}

/** Soaks a server: `warmUp` ms before its memory is looked at, and `duration` ms after. Throws if a pair did not meet. */
export async function soakServer(warmUp: number, duration: number): Promise<Soaked> {
  const metrics = await freePort();
  const server = await RunningServer.start(LIMITED, '--metrics', String(metrics));
  let pairs = 0;
  const from = () => `127.1.0.${1 + (pairs++ % 250)}`;
  const soak = async (time: number): Promise<Usage> => {
    const stop = [garbage, halfOpen, flood, storm].map((attack) => attack(server.port));
    await times(server, RATE, time, from).finally(() => {
      for (const each of stop) each();
    });
    await untilEmpty(metrics);
    return server.usage('collected');
  };
  try {
    const before = await soak(warmUp);
    pairs = 0;
    return { before, after: await soak(duration), pairs };
  } finally {
    await server.stop();
  }
}

/** Resolves when nobody is connected and no slot is kept. Throws after a minute. */
async function untilEmpty(metrics: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    if (/^aparte_sockets 0$/m.test(text) && /^aparte_members 0$/m.test(text)) return;
    if (performance.now() > deadline)
      throw new Error(`the server keeps hold of: ${text.match(/^aparte_.*$/gm)?.join()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Repeats an action until the returned function is called. */
function repeat(every: number, act: () => void): () => void {
  const timer = setInterval(act, every);
  return () => clearInterval(timer);
}

function webSocket(port: number, from: string, onOpen: (client: WebSocketClient) => void): WebSocketClient {
  const path = '/socket.io/?EIO=4&transport=websocket';
  const client = new WebSocketClient({ host: '127.0.0.1', port, path, from }, () => onOpen(client));
  return client;
}

/** Random bytes as HTTP, as WebSocket frames, and as packets that look nearly valid. */
function garbage(port: number): () => void {
  const packets = [
    '40',
    '40{"aparte":1}',
    '42["join"]',
    '451-["frame",{"_placeholder":true,"num":0}]',
    '3',
    '2[[',
    '9',
  ];
  return repeat(EVERY, () => {
    const raw = connect({ host: '127.0.0.1', port, localAddress: '127.0.66.1' });
    raw.on('error', () => {}).on('data', () => {});
    raw.end(randomBytes(randomInt(1, 2_000)));
    webSocket(port, '127.0.66.2', (client) => {
      client.send(textFrame(packets[randomInt(packets.length)] ?? ''), binaryFrame(randomBytes(randomInt(1, 300))));
      client.send(textFrame(randomBytes(randomInt(1, 200)).toString('latin1')), randomBytes(randomInt(1, 50)));
    });
  });
}

/** Connections that send nothing or stop in the middle. The server has to end them. */
function halfOpen(port: number): () => void {
  const open = new Set<() => void>();
  const stop = repeat(EVERY, () => {
    if (open.size >= HALF_OPEN) return;
    if (randomInt(2) === 0) {
      const client = webSocket(port, '127.0.66.3', () => {});
      const end = () => client.destroy();
      open.add(end);
      client.onEnd = () => open.delete(end);
      return;
    }
    const raw = connect({ host: '127.0.0.1', port, localAddress: '127.0.66.4' });
    const end = () => raw.destroy();
    open.add(end);
    raw.on('error', () => {}).on('close', () => open.delete(end));
    raw.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n'.slice(0, randomInt(1, 60)));
  });
  return () => {
    stop();
    for (const end of open) end();
  };
}

/** One address that joins rooms faster than it may. */
function flood(port: number): () => void {
  return repeat(EVERY / 5, () => {
    const member = aparte({ host: '127.0.0.1', port, from: '127.0.66.5' }, `flood${randomInt(1e9)}`, 1);
    member.onEntered = () => member.leave();
  });
}

/** Waiting clients whose connections all break at once, and who come back. */
function storm(port: number): () => void {
  let waiting: { destroy(): void }[] = [];
  let round = 0;
  const breakOut = () => {
    for (const member of waiting) member.destroy();
    round += 1;
    waiting = Array.from({ length: STORM }, (_, index) =>
      aparte({ host: '127.0.0.1', port, from: `127.2.0.${index + 1}` }, `storm${round}x${index}`, 1),
    );
  };
  const stop = repeat(STORM_EVERY, breakOut);
  return () => {
    stop();
    for (const member of waiting) member.destroy();
  };
}
