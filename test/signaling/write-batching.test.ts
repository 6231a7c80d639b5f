/** What a client is told within one turn is one write to its connection, and all of it arrives in order. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { test } from 'node:test';
import { LIMITS } from '../../signaling/limits.ts';
import type { Socket } from '../../signaling/socketio-setup.ts';
import { createSocketServer } from '../../signaling/socketio-setup.ts';
import { writeOnce } from '../../signaling/write-batching.ts';
import { Client, until } from './test-server.ts';

test('messages with bytes of one turn are written at once, also where the connection ends behind them', async (t) => {
  const http = createServer();
  const io = createSocketServer(http, LIMITS, false, () => true);
  writeOnce(io);
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
  await until('all that was said at the start is written', () => socket.conn.transport.writable);

  writes = 0;
  for (const from of ['1', '2', '3']) socket.emit('frame', { from, data: new Uint8Array(2_000) });
  socket.emit('left', { member: '1' });
  await until('all is heard', () => client.told.length === 4);
  assert.equal(writes, 1);

  socket.emit('fault', { error: 'idle' });
  socket.disconnect(true);
  await until('the end is heard', () => client.socket.disconnected);
  const heard = client.told.map(([event, payload]) => [event, (payload as { from?: string }).from]);
  assert.deepEqual(heard, [
    ['frame', '1'],
    ['frame', '2'],
    ['frame', '3'],
    ['left', undefined],
    ['fault', undefined],
  ]);
});
