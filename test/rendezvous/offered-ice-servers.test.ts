/** STUN and TURN servers that a rendezvous server offers: what is taken of them, and what is refused. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { afterEach, test } from 'node:test';
import { Server } from 'socket.io';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import type { IceServer } from '../../shared/ice-servers.ts';
import { atEnd, endAll, listen } from './fake-servers.ts';
import { cardOf } from './guest.ts';

afterEach(endAll);

type Reply = (answer?: object) => void;

/** What comes of joining a server that says this besides a welcome: the servers it offers, or why it is refused. */
async function joining(more: object): Promise<readonly IceServer[] | string> {
  const http = createServer();
  const io = new Server(http);
  io.on('connection', (socket) => {
    socket.on('join', (_request: unknown, reply: Reply) =>
      reply({ nameplate: 'team', self: 'me', token: 't', ...more }),
    );
    socket.on('leave', (reply: Reply) => reply());
  });
  const port = await listen(http);
  atEnd(async () => io.disconnectSockets(true));
  const open = socketIoRendezvous(`http://127.0.0.1:${port}`, { now: () => 0 });
  const request = { nameplate: 'team', card: cardOf(1), capacity: 2 };
  return new Promise((resolve) => {
    const nothing = { came: () => {}, left: () => {}, frame: () => {}, resumed: () => {}, noted: () => {} };
    const place = open(request, {
      ...nothing,
      joined: (_nameplate, _members, iceServers) => void place.leave().then(() => resolve(iceServers)),
      lost: (cause) => void place.leave().then(() => resolve(cause.message)),
      refused: (cause) => resolve(cause.message),
    });
  });
}

const turn = { urls: ['turn:relay.example.org'], username: 'u', credential: 'c' };

test('STUN is asked of the server itself only, at its port and the one above', async () => {
  assert.deepEqual(await joining({}), []);
  assert.deepEqual(await joining({ stunPort: 3478 }), [{ urls: ['stun:127.0.0.1:3478', 'stun:127.0.0.1:3479'] }]);
  assert.deepEqual(await joining({ stunPort: 65_535 }), [{ urls: ['stun:127.0.0.1:65535'] }]);
  const strangers = Array.from({ length: 1_000 }, (_, n) => `stun:s${n}.example.org`);
  assert.deepEqual(await joining({ stun: strangers, iceServers: [{ urls: strangers }] }), []);
});

test('TURN servers are handed on as they are offered, unknown keys left out', async () => {
  assert.deepEqual(await joining({ turn: [{ ...turn, more: 1 }] }), [turn]);
});

for (const [name, more] of Object.entries({
  'a STUN port that is none': { stunPort: 0 },
  'an odd URL': { turn: [{ ...turn, urls: ['turn:relay.example.org\r\n'] }] },
  'a URL of another kind': { turn: [{ ...turn, urls: ['stun:stranger.example.org'] }] },
  'a thousand URLs': { turn: [{ ...turn, urls: Array.from({ length: 1_000 }, () => 'turn:a.org') }] },
  'five servers': { turn: Array.from({ length: 5 }, () => turn) },
  'no password': { turn: [{ urls: turn.urls, username: 'u' }] },
})) {
  test(`an offer is refused, and named: ${name}`, async () => {
    assert.match(JSON.stringify(await joining(more)), /^"server-refused: .*bad-answer.*(?:turn|stunPort)/);
  });
}
