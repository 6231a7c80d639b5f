/** A server cannot fill the memory of a program: not with pieces of messages, and not before it has accepted us. */
import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { afterEach, test } from 'node:test';
import { Manager } from 'socket.io-client';
import { CheckedWebSocket } from '../../peer/rendezvous/checked-websocket.ts';
import { endAll, OPENING, rawWebSocket } from './fake-servers.ts';
import { allLeave, Guest } from './guest.ts';

afterEach(async () => {
  await allLeave();
  await endAll();
});

/** Returns a frame of a server (RFC 6455, section 5.2) with this first byte and at most 125 bytes of text. */
function frame(first: number, text: string): Buffer {
  return Buffer.concat([Buffer.of(first, text.length), Buffer.from(text)]);
}

/** Joins a server that sends these texts and then acts. Returns the cause why we leave it. */
async function causeAfter(texts: readonly string[], act: (socket: Duplex) => void): Promise<string> {
  const guest = new Guest(`http://127.0.0.1:${await rawWebSocket(texts, act)}`, 'team', 1);
  await guest.heard('lost', 1, 3_000);
  return guest.causes[0]?.message ?? '';
}

const LET_IN = [OPENING, '40{"sid":"x"}'];

test('leaves a server at the second fragment of a message', async () => {
  const cause = await causeAfter(LET_IN, (socket) => {
    for (const first of [0x01, 0x00]) socket.write(frame(first, '4'));
  });
  assert.match(cause, /WS_ERR_/);
});

test('leaves a server that sends a message byte by byte before many bytes are kept', async () => {
  let sent = 0;
  const cause = await causeAfter(LET_IN, (socket) => {
    socket.write(Buffer.of(0x81, 126, 0xff, 0xf0));
    const next = () => {
      if (socket.destroyed || sent === 0xfff0) return;
      sent += 1;
      socket.write('x');
      setImmediate(next);
    };
    next();
  });
  assert.match(cause, /WS_ERR_/);
  assert.ok(sent < 10_000, `${sent} bytes were kept`);
});

const EARLY: Readonly<Record<string, readonly string[]>> = {
  'an event': ['42["x"]'],
  'an event with an attachment': ['451-["x",{"_placeholder":true,"num":0}]'],
  'an acknowledgement': ['430[]'],
  'an event behind another namespace': ['40/x,{"sid":"x"}', '42["x"]'],
};

for (const [name, texts] of Object.entries(EARLY)) {
  test(`leaves a server that sends ${name} before it has accepted us`, async () => {
    const cause = await causeAfter([OPENING], (socket) => {
      for (const text of texts) socket.write(frame(0x81, text));
    });
    assert.match(cause, /not-socketio|NO_PACKET/);
  });
}

test('leaves a server that floods Engine.IO pings and reads no pongs before they fill the memory', () => {
  let isCut = false;
  const ways: Record<string, unknown> = {
    // More than one pong that the system has not taken.
    bufferedAmount: 1_000,
    terminate: () => {
      isCut = true;
    },
  };
  for (const name of ['on', 'off', 'send', 'close', 'ping']) ways[name] = () => {};
  const socket = ways as { onopen(): void; onmessage(event: object): void };
  class Deaf extends CheckedWebSocket {
    override createSocket(): unknown {
      return socket;
    }
  }
  const manager = new Manager('http://127.0.0.1:1', { transports: [Deaf], reconnection: false });
  socket.onopen();
  socket.onmessage({ data: OPENING });
  for (let count = 0; count < 256; count += 1) socket.onmessage({ data: '2' });
  assert.ok(!isCut);
  socket.onmessage({ data: '2' });
  assert.ok(isCut);
  manager.engine.close();
});
