/** Everything that a client is sent in one turn of the event loop is one write, and arrives in order. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { test } from 'node:test';
import { LIMITS } from '../../signaling/limits.ts';
import type { Socket } from '../../signaling/socketio-setup.ts';
import { createSocketServer } from '../../signaling/socketio-setup.ts';
import { createWebSocketEngine } from '../../signaling/websockets.ts';
import { Client, until } from './test-server.ts';

test('messages of one turn are one write, also if the connection ends after them', async (t) => {
  const http = createServer();
  const io = createSocketServer(http, LIMITS, createWebSocketEngine(LIMITS, assert.fail), false, () => true);
  let writes = 0;
  http.prependListener('connection', (tcp: TcpSocket) => {
    const { _writev: several, _write: one } = tcp as Required<Pick<TcpSocket, '_writev' | '_write'>>;
    const counted = <Args extends unknown[]>(write: (this: TcpSocket, ...args: Args) => void) =>
      function (this: TcpSocket, ...args: Args): void {
        writes += 1;
        write.apply(this, args);
      };
    Object.assign(tcp, { _writev: counted(several), _write: counted(one) });
  });
  const sockets: Socket[] = [];
  io.on('connection', (socket) => sockets.push(socket));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => io.close());
  const client = await Client.connect(t, `http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const [socket] = sockets;
  assert.ok(socket);
  await until('everything from the start is written', () => socket.conn.transport.writable);

  writes = 0;
  for (const from of ['1', '2', '3']) socket.emit('frame', { from, data: new Uint8Array(2_000) });
  socket.emit('left', { member: '1' });
  await until('everything has arrived', () => client.told.length === 4);
  assert.equal(writes, 1);

  socket.emit('fault', { error: 'idle' });
  socket.disconnect(true);
  await until('the end has arrived', () => client.socket.disconnected);
  const heard = client.told.map(([event, payload]) => [event, (payload as { from?: string }).from]);
  assert.deepEqual(heard, [
    ['frame', '1'],
    ['frame', '2'],
    ['frame', '3'],
    ['left', undefined],
    ['fault', undefined],
  ]);
});
