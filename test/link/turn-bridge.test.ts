/** What a TURN server and other programs on this machine can do to the bridge. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, test } from 'node:test';
import { TurnBridge } from '../../peer/link/node/turn-bridge.ts';
import { encodeStun, encodeXorAddress, TRANSACTION_BYTES } from '../../shared/stun.ts';

const LOOPBACK = '127.0.0.1';
const ALLOCATE = 3;
const XOR_RELAYED_ADDRESS = 0x0016;
const XOR_MAPPED_ADDRESS = 0x0020;
/** Frames of a flood: many more than are remembered. */
const FLOOD = 40;

const toClose = new Set<{ close(): void }>();
afterEach(() => {
  for (const each of toClose) each.close();
  toClose.clear();
});

async function bound(address: string, port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  toClose.add(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, resolve);
  });
  return socket;
}

async function bridgeTo(host: string, port: number): Promise<TurnBridge> {
  const bridge = await TurnBridge.open({ host, port, protocol: 'udp' }, LOOPBACK);
  toClose.add(bridge);
  return bridge;
}

/** A server's answer that gives and sees an address with this port. */
function allocated(port: number): Uint8Array {
  const transaction = new Uint8Array(TRANSACTION_BYTES);
  const value = encodeXorAddress({ address: '203.0.113.1', port }, transaction);
  const attributes = [XOR_RELAYED_ADDRESS, XOR_MAPPED_ADDRESS].map((type) => ({ type, value }));
  return encodeStun({ method: ALLOCATE, class: 'success', transaction, attributes, fingerprint: false });
}

test('drops messages of a TURN server that gives addresses without end', async () => {
  const server = await bound(LOOPBACK);
  const bridge = await bridgeTo(LOOPBACK, server.address().port);
  const client = await bound(LOOPBACK);
  client.send('hello', bridge.port, LOOPBACK);
  const [, { port }] = (await once(server, 'message')) as [Buffer, { port: number }];
  let passed = 0;
  client.on('message', () => (passed += 1));
  for (let each = 1; each <= FLOOD; each += 1) server.send(allocated(each), port, LOOPBACK);
  server.send('last', port, LOOPBACK);
  for (let text = ''; text !== 'last'; ) text = String(((await once(client, 'message')) as [Buffer])[0]);
  const places = Array.from({ length: FLOOD }, (_, index) => index + 1);
  for (const isKnown of [
    (each: number) => bridge.relays('203.0.113.1', each),
    (each: number) => bridge.isMapped('203.0.113.1', each),
  ])
    assert.deepEqual(places.filter(isKnown), [1, 2, 3, 4, 5, 6, 7, 8]);
  // What the native library was told is remembered here.
  assert.equal(passed, 9);
});

test('serves no program at another loopback address, though it has the port of the one that is served', {
  skip: process.platform !== 'linux' && 'only Linux has all of 127.0.0.0/8',
}, async () => {
  const server = await bound(LOOPBACK);
  const bridge = await bridgeTo(LOOPBACK, server.address().port);
  const client = await bound(LOOPBACK);
  const stranger = await bound('127.0.0.2', client.address().port);
  const received: string[] = [];
  server.on('message', (datagram) => received.push(datagram.toString()));
  for (const [socket, text] of [
    [client, 'first'],
    [stranger, 'stranger'],
    [client, 'last'],
  ] as const)
    await new Promise((resolve) => socket.send(text, bridge.port, LOOPBACK, resolve));
  while (!received.includes('last')) await once(server, 'message');
  assert.deepEqual(received, ['first', 'last']);
});
