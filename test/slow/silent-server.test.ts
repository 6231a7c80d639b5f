/** A program gives up on a server that accepts connections and says nothing, and tries again later. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { atEnd, endAll, line, listen, OPENING, rawWebSocket } from '../rendezvous/fake-servers.ts';
import { allLeave, Guest } from '../rendezvous/guest.ts';

after(async () => {
  await allLeave();
  await endAll();
});

const SILENT = {
  'from the start': () => listen(createServer()),
  'once it has opened': () => rawWebSocket([OPENING]),
  'once we are connected': () => rawWebSocket([OPENING, '40{"sid":"x"}']),
};

for (const [when, port] of Object.entries(SILENT)) {
  test(`notices a silent server: ${when}`, async () => {
    const guest = new Guest(`http://127.0.0.1:${await port()}`, 'team', 1);
    await guest.heard('lost', 1, 20_000);
    assert.equal(guest.causes[0]?.code, 'server-unreachable');
    assert.match(guest.causes[0]?.message ?? '', /no-answer-in-time/);
  });
}

test('gives up a silent connection before the server does, and keeps its place in the room', async () => {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS });
  atEnd(() => server.close());
  const way = await line(server.port);
  const guest = new Guest(way.url, 'team', 1);
  await guest.heard('joined');
  way.hold();
  await guest.heard('lost', 1, 12_000);
  await guest.heard('resumed');
});
