/** What is kept of each connection: not the request it began with, and no more than the libraries need. */
import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LIMITS } from '../../signaling/limits.ts';
import { forgetRooms, keepLittle } from '../../signaling/socketio-memory.ts';
import type { Socket } from '../../signaling/socketio-setup.ts';
import { createSocketServer } from '../../signaling/socketio-setup.ts';
import { Client, until } from './test-server.ts';

test('the request of a connection is given back while the connection lives, and its end is still noticed', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const http = createServer();
  const io = createSocketServer(http, LIMITS, false, () => true);
  keepLittle(http, io);
  forgetRooms(io);
  const ended: string[] = [];
  const requests: WeakRef<IncomingMessage>[] = [];
  // What others wait for on the connection is left alone.
  http.prependListener('connection', (socket) => socket.once('close', () => ended.push('tcp')));
  http.prependListener('upgrade', (request) => requests.push(new WeakRef(request)));
  const sockets: Socket[] = [];
  io.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('disconnect', () => ended.push('socket'));
  });
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
  const transport = sockets[0]?.conn.transport as { socket?: EventEmitter } | undefined;
  assert.equal(transport?.socket?.listenerCount('error'), 1, 'one that notices errors, and none of the upgrade');
  client.socket.disconnect();
  await until('both ends are noticed', () => ended.length === 2);
  assert.deepEqual(ended.toSorted(), ['socket', 'tcp']);
});
