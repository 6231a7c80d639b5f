/** Floods of WebSocket pings and pongs, which Engine.IO does not see. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Limits } from '../../signaling/limits.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { couple, everyWay, poll, rawWebSocket, textFrame, undisturbed, until } from './test-server.ts';

/** A client's frames of 125 bytes, masked with zeros (RFC 6455, section 5.5). */
function frames(opcode: number, count: number): Buffer {
  const frame = Buffer.concat([Buffer.of(0x80 | opcode, 0x80 | 125), Buffer.alloc(4 + 125)]);
  return Buffer.concat(Array.from({ length: count }, () => frame));
}
const pings = (count: number) => frames(0x9, count);
const pongs = (count: number) => frames(0xa, count);

/** Bytes of the pong that answers one of them. */
const PONG = 2 + 125;
/** Bytes of a flood, at most: many times what the operating system buffers of the answers. */
const MOST = 64 * 2 ** 20;
const OFTEN = { burst: 1e9, perSecond: 1e9 };

/** Sends pings and reads nothing until the connection is cut. Returns the number of bytes sent. */
async function flood(socket: Socket): Promise<number> {
  socket.pause();
  const many = pings(500);
  let sent = 0;
  while (!socket.destroyed && sent < MOST) {
    sent += many.length;
    if (socket.write(many)) continue;
    await new Promise<unknown>((resolve) => socket.once('drain', resolve).once('close', resolve));
  }
  return sent;
}

async function observed(t: TestContext, limits: Partial<Limits>) {
  const causes: string[] = [];
  const server = await startServer({
    port: 0,
    host: '127.0.0.1',
    limits: { ...LIMITS, ...limits },
    observer: { refused: (cause) => causes.push(cause), paired: () => {}, forwarded: () => {} },
  });
  t.after(() => server.close());
  return { server, causes, two: await couple(t, server.url) };
}

test('a flood of pings without reading the pongs cuts any kind of WebSocket', async (t) => {
  const { server, causes, two } = await observed(t, { packets: OFTEN });
  const [direct, probing, upgraded] = await everyWay(t, server);
  for (const [count, socket] of [direct, probing, upgraded].entries()) {
    assert.ok((await flood(socket)) < MOST, 'not cut off');
    assert.deepEqual(
      causes,
      Array.from({ length: count + 1 }, () => 'slow'),
    );
  }
  await undisturbed(two);
});

test('pings have the rate limit of packets, and are answered within it', async (t) => {
  const { server, causes, two } = await observed(t, { packets: { burst: 20, perSecond: 1e-3 } });
  const socket = await rawWebSocket(t, server.port);
  let read = 0;
  socket.on('data', (chunk: Buffer) => {
    read += chunk.length;
  });
  socket.write(pings(20));
  await until('twenty answers', () => read >= 20 * PONG);
  assert.deepEqual(causes, []);
  socket.write(pings(5));
  await once(socket, 'close');
  assert.deepEqual(causes, ['rate']);
  await undisturbed(two);
});

test('unsolicited pongs have the rate limit of packets on any kind of WebSocket', async (t) => {
  const { server, causes, two } = await observed(t, { packets: { burst: 20, perSecond: 1e-3 } });
  const [direct, probing, upgraded] = await everyWay(t, server);
  const mayBe: readonly (readonly [Socket, number])[] = [
    [direct, 20],
    [probing, 20],
    // What it said to change over is counted as well.
    [upgraded, 18],
  ];
  for (const [index, [socket, count]] of mayBe.entries()) {
    socket.write(pongs(count));
    // Long enough for them to be read.
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(causes.length, index);
    socket.resume().write(pongs(1));
    await once(socket, 'close');
    assert.equal(causes.at(-1), 'rate');
  }
  await undisturbed(two);
});

test('a client may send more pings than the backlog if it reads the pongs', async (t) => {
  const { server, causes } = await observed(t, { backlog: 4 });
  const socket = await rawWebSocket(t, server.port);
  let read = 0;
  socket.on('data', (chunk: Buffer) => {
    read += chunk.length;
  });
  for (let count = 1; count <= 10; count += 1) {
    socket.write(pings(10));
    await until('ten answers', () => read >= count * 10 * PONG);
  }
  assert.equal(server.stats().connections, 3);
  assert.deepEqual(causes, []);
  socket.destroy();
});

test('endless upgrade probes cut the WebSocket', async (t) => {
  const { server, causes, two } = await observed(t, { packets: { burst: 20, perSecond: 1e-3 } });
  const probing = await rawWebSocket(t, server.port, await poll(server.url));
  probing.resume();
  probing.write(Buffer.concat(Array.from({ length: 30 }, () => textFrame('2probe'))));
  await once(probing, 'close');
  assert.deepEqual(causes, ['rate']);
  await undisturbed(two);
});
