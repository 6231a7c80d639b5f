/** Messages in many fragments, of which `ws` would keep thousands. All real clients send one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { LIMITS } from '../../signaling/limits.ts';
import { couple, everyWay, rawWebSocket, serve, textFrame, undisturbed, until } from './test-server.ts';

async function serveTwo(t: TestContext) {
  const server = await serve(t, { hangUpWithin: 50 });
  return { server, two: await couple(t, server.url) };
}

/** A client's frame, masked with zeros, that does not end its message (RFC 6455, section 5.4). */
function fragment(opcode: number, text: string): Buffer {
  return Buffer.concat([Buffer.of(opcode, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text)]);
}

/** Resolves when the server has closed a connection. */
async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket.resume(), 'close');
}

test('a second fragment of a message cuts any kind of WebSocket', async (t) => {
  const { server, two } = await serveTwo(t);
  const [direct, probing, upgraded] = await everyWay(t, server);
  for (const socket of [direct, probing, upgraded]) {
    socket.write(fragment(1, '4'));
    socket.write(fragment(0, ''));
    await closed(socket);
  }
  await undisturbed(two);
});

test('a message sent byte by byte ends the connection; one in packets of 536 bytes is read', async (t) => {
  const { server, two } = await serveTwo(t);
  const long = textFrame(`40${JSON.stringify({ aparte: 1, x: 'x'.repeat(LIMITS.messageBytes - 50) })}`);
  const patient = await rawWebSocket(t, server.port);
  let answer = '';
  patient.on('data', (data: Buffer) => (answer += data.toString('latin1')));
  for (let at = 0; at < long.length; at += 536) {
    patient.write(long.subarray(at, at + 536));
    await new Promise(setImmediate);
  }
  await until('it is let in', () => answer.includes('40{"sid"'));
  const slow = (await rawWebSocket(t, server.port)).setNoDelay();
  slow.resume();
  let sent = 0;
  for (; sent < long.length && !slow.closed; sent += 1) {
    slow.write(long.subarray(sent, sent + 1));
    await new Promise(setImmediate);
  }
  await until('dropped', () => slow.closed);
  assert.ok(sent < 10_000, `${sent} bytes were taken`);
  await undisturbed(two);
});
