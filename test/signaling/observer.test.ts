/** The events that the server reports to its observer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { Client, couple, undisturbed } from './test-server.ts';

test('the observer is told of pairings, frames and refusals as they happen', async (t) => {
  const seen: string[] = [];
  const server = await startServer({
    port: 0,
    host: '127.0.0.1',
    limits: LIMITS,
    observer: {
      refused: (cause) => seen.push(cause),
      paired: () => seen.push('met'),
      forwarded: (bytes) => seen.push(`${bytes} bytes`),
    },
  });
  t.after(() => server.close());
  const take = () => seen.splice(0);

  const [first, second] = await couple(t, server.url);
  assert.deepEqual(take(), ['met']);
  await undisturbed([first, second]);
  assert.deepEqual(take(), ['3 bytes', '2 bytes']);
  const third = await Client.connect(t, server.url);
  await third.ask('couple', 3);
  third.write('2["shout"]');
  await third.ended;
  assert.deepEqual(take(), ['room-full', 'invalid']);
  await second.socket.emitWithAck('leave');
  await second.join('couple', 2);
  assert.deepEqual(take(), ['met']);
  const page = new Client(server.url, { extraHeaders: { origin: 'http://example.org' } });
  await new Promise((resolve) => page.socket.on('connect_error', resolve));
  assert.deepEqual(take(), ['foreign-page']);
});
