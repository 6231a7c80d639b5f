/** What is kept of each connection: not the request it began with, and no room of Socket.IO. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LIMITS } from '../../signaling/limits.ts';
import { createSocketServer, trimConnections } from '../../signaling/socketio-setup.ts';
import { createWebSocketEngine } from '../../signaling/websockets.ts';
import { Client, until } from './test-server.ts';

test('the request of a connection is forgotten while the connection lives, and its end is still noticed', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const http = createServer();
  const io = createSocketServer(http, LIMITS, createWebSocketEngine(LIMITS, assert.fail), false, () => true);
  trimConnections(http, io);
  const ended: string[] = [];
  const requests: WeakRef<IncomingMessage>[] = [];
  // Listeners of others on the same connection stay.
  http.prependListener('connection', (socket) => socket.once('close', () => ended.push('tcp')));
  http.prependListener('upgrade', (request) => requests.push(new WeakRef(request)));
  io.on('connection', (socket) => socket.on('disconnect', () => ended.push('socket')));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => io.close());
  const client = await Client.connect(t, `http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  assert.equal(requests.length, 1);
  await until('the request is collected', () => {
    collect();
    return requests[0]?.deref() === undefined;
  });
  assert.equal(client.socket.connected, true);
  assert.equal(io.of('/').adapter.rooms.size, 0);
  client.socket.disconnect();
  await until('both ends are noticed', () => ended.length === 2);
  assert.deepEqual(ended.toSorted(), ['socket', 'tcp']);
});
