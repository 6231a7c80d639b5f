/** A hostile server can only refuse or be silent: it is named, cannot crash the program and cannot keep it alive. */
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { afterEach, test } from 'node:test';
import type { Socket } from 'socket.io';
import { Server } from 'socket.io';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { lv, utf8 } from '../../shared/bytes.ts';
import { packWelcome } from '../../shared/signal-wire.ts';
import { compiled } from '../compile-test-program.ts';
import { Process } from '../process.ts';
import { atEnd, endAll, listen, OPENING, rawWebSocket, sayer } from './fake-servers.ts';
import { allLeave, cardOf, Guest } from './guest.ts';

afterEach(async () => {
  await allLeave();
  await endAll();
});

const TOKEN = 'token-of-the-place';
const CARD = cardOf(9);
const welcome = (more: object = {}) => ({ nameplate: 'team', self: 'me', token: TOKEN, ...more });
/** Returns an answer to a join that names members with these ids. */
const among = (...ids: string[]) => packWelcome({ ...welcome(), members: ids.map((id) => ({ id, card: CARD })) });

interface FromPeer {
  join: (request: { nameplate: string | null; resume?: string }, reply: (...answer: unknown[]) => void) => void;
  leave: (reply: () => void) => void;
}
type ToPeer = Record<string, (...args: unknown[]) => void>;

/** Starts a Socket.IO server that acts on every client. It confirms leaves unless told otherwise. Returns its URL. */
async function evil(act: (socket: Socket<FromPeer, ToPeer>) => void, letsLeave = true): Promise<string> {
  const http = createHttpServer();
  const io = new Server<FromPeer, ToPeer>(http);
  io.on('connection', (socket) => {
    if (letsLeave) socket.on('leave', (reply) => reply());
    act(socket);
  });
  const port = await listen(http);
  atEnd(async () => io.disconnectSockets(true));
  return `http://127.0.0.1:${port}`;
}

const ANSWERS: Readonly<Record<string, unknown[]>> = {
  nothing: [],
  null: [null],
  text: ['welcome'],
  'an unknown refusal': [{ error: 'because' }],
  'an error that is an object': [{ error: { toString: 1 } }],
  'no token': [welcome({ token: undefined })],
  'another room': [welcome({ nameplate: 'other' })],
  'a nameplate with escapes': [welcome({ nameplate: '\u001b[2J' })],
  'members that are no bytes': [welcome({ members: [{ id: 'a', card: CARD }] })],
  'members of no bytes': [welcome({ members: Buffer.alloc(0) })],
  'members cut short': [welcome({ members: Buffer.of(5, 1) })],
  'a member without card': [welcome({ members: lv(utf8('a')) })],
  'a second member without card': [welcome({ members: lv(utf8('a'), CARD, utf8('b')) })],
  'an empty card': [welcome({ members: lv(utf8('a'), new Uint8Array(0)) })],
  'a card too long': [welcome({ members: lv(utf8('a'), new Uint8Array(65)) })],
  'ourselves as member': [among('me')],
  'a member twice': [among('a', 'a')],
  'a strange id': [among('__proto__')],
  'an id that is not UTF-8': [welcome({ members: lv(Uint8Array.of(0xff), CARD) })],
  'more members than there may be': [among(...Array.from({ length: 51 }, (_, n) => n.toString(36)))],
};

for (const [name, answer] of Object.entries(ANSWERS)) {
  test(`refuses an answer to a join: ${name}`, async () => {
    const url = await evil((socket) => socket.on('join', (_request, reply) => reply(...answer)));
    const guest = new Guest(url, 'team', 1);
    await guest.heard('refused server-refused');
    assert.deepEqual(guest.log, ['refused server-refused']);
  });
}

test('ends the connection, not the program, at an answer over the limit of a message', async () => {
  const members = Array.from({ length: 500 }, () => Buffer.from(CARD));
  const url = await evil((socket) => socket.on('join', (_request, reply) => reply(welcome({ members }))));
  const guest = new Guest(url, 'team', 1);
  await guest.heard('lost');
  const long = await evil((socket) => socket.on('join', (_request, reply) => reply('x'.repeat(70_000))));
  const other = new Guest(long, 'team', 1);
  await other.heard('lost');
  assert.match(other.causes[0]?.message ?? '', /WS_ERR_/);
});

const EVENTS: Readonly<Record<string, [string, ...unknown[]]>> = {
  'a frame from nobody': ['frame', { from: 'b', data: Buffer.of(1) }],
  'a frame from ourselves': ['frame', { from: 'me', data: Buffer.of(1) }],
  'a frame of text': ['frame', { from: 'a', data: 'text' }],
  'an empty frame': ['frame', { from: 'a', data: Buffer.alloc(0) }],
  'a frame too long': ['frame', { from: 'a', data: Buffer.alloc(16_385) }],
  'a frame of nothing': ['frame'],
  'a list for bytes': ['frame', { from: 'a', data: [1, 2, 3] }],
  'a member without card': ['came', { id: 'c' }],
  'a member with a prototype': ['came', JSON.parse('{"__proto__":{"id":"c"},"card":1}')],
  'a departure of nobody named': ['left', { member: 7 }],
  'an unknown fault': ['fault', { error: '\u001b[2J' }],
  'a fault of nothing': ['fault', null],
};

for (const [name, event] of Object.entries(EVENTS)) {
  test(`refuses an event: ${name}`, async () => {
    const url = await evil((socket) => {
      socket.on('join', (_request, reply) => {
        reply(among('a'));
        socket.emit(...event);
        socket.emit('frame', { from: 'a', data: Buffer.of(1) });
      });
    });
    const guest = new Guest(url, 'team', 1);
    await guest.heard('refused server-refused');
    assert.deepEqual(guest.log, ['joined a', 'refused server-refused']);
    assert.doesNotMatch(guest.causes[0]?.message ?? '', /\p{Cc}/u);
  });
}

test('leaves a server that connects us again and again, after one join', async () => {
  let joins = 0;
  const url = await evil((socket) => {
    socket.on('join', () => {
      joins += 1;
      for (let n = 0; n < 50; n += 1) socket.conn.write(`0{"sid":"again${n}"}`);
    });
  });
  const guest = new Guest(url, 'team', 1);
  await guest.heard('refused server-refused');
  assert.match(guest.causes[0]?.message ?? '', /"part":"connection"/);
  assert.equal(joins, 1);
});

test('refuses a crowd of members without end', async () => {
  const url = await evil((socket) => {
    socket.on('join', (_request, reply) => {
      reply(welcome());
      for (let n = 0; n < 60; n += 1) socket.emit('came', { id: n.toString(36), card: CARD });
    });
  });
  const guest = new Guest(url, 'team', 1);
  await guest.heard('refused server-refused');
  assert.equal(guest.log.filter((line) => line.startsWith('came')).length, 50);
});

test('ignores unknown events, second answers, a repeated member and an unknown member that leaves', async () => {
  const url = await evil((socket) => {
    socket.emit('frame', { from: 'a', data: Buffer.of(7) });
    socket.on('join', (_request, reply) => {
      reply(welcome());
      socket.emit('news', { much: 'of it' });
      socket.emit('came', { id: 'a', card: CARD });
      socket.emit('came', { id: 'a', card: CARD });
      socket.emit('left', { member: 'z' });
      socket.emit('fault', { error: 'unknown-member' });
      socket.emit('frame', { from: 'a', data: Buffer.of(1) });
    });
  });
  const guest = new Guest(url, 'team', 1);
  await guest.heard('frame a 01');
  assert.deepEqual(guest.log, ['joined', 'came a 09', 'frame a 01']);
});

test('ends with the word of a fault that the server sends', async () => {
  const url = await evil((socket) => {
    socket.emit('fault', { error: 'version' });
    socket.disconnect(true);
  });
  const guest = new Guest(url, 'team', 1);
  await guest.heard('refused server-refused');
  assert.match(guest.causes[0]?.message ?? '', /version/);
  assert.deepEqual(guest.log, ['refused server-refused']);
});

test('returns with its resume token to a server that hangs up', async () => {
  const requests: Parameters<FromPeer['join']>[0][] = [];
  const url = await evil((socket) => {
    socket.on('join', (request, reply) => {
      requests.push(request);
      reply(welcome());
      if (requests.length === 1) socket.disconnect(true);
    });
  });
  const guest = new Guest(url, null, 1);
  await guest.heard('resumed');
  assert.deepEqual(guest.log, ['joined', 'lost', 'resumed']);
  assert.match(guest.causes[0]?.message ?? '', /connection-closed/);
  assert.deepEqual(
    requests.map(({ nameplate, resume }) => [nameplate, resume]),
    [
      [null, undefined],
      ['team', TOKEN],
    ],
  );
});

test('does not take a Socket.IO server that refuses everybody for one of ours', async () => {
  const http = createHttpServer();
  new Server(http).use((_socket, next) => next(new Error('\u001b[2J')));
  const guest = new Guest(`http://127.0.0.1:${await listen(http)}`, 'team', 1);
  await guest.heard('refused server-refused');
  assert.doesNotMatch(guest.causes[0]?.message ?? '', /\p{Cc}/u);
});

test('refuses a URL that is not the URL of a server at once', () => {
  for (const url of ['', 'localhost:7470', 'ftp://127.0.0.1', 'ws://127.0.0.1', 'http://']) {
    assert.throws(() => socketIoRendezvous(url, { now: () => 0 }), { code: 'usage' }, url);
  }
});

test('takes a path in the URL as the folder of Socket.IO', async () => {
  const http = createHttpServer();
  const io = new Server<FromPeer, ToPeer>(http, { path: '/chat/socket.io' });
  io.on('connection', (socket) => {
    socket.on('leave', (reply) => reply());
    socket.on('join', (_request, reply) => reply(welcome()));
  });
  const port = await listen(http);
  const guest = new Guest(`http://127.0.0.1:${port}/chat/`, 'team', 1);
  await guest.heard('joined');
});

const LEAVES = compiled(new URL('leaving-program.ts', import.meta.url));

/** Runs a program that joins, leaves and must then end by itself. */
async function ends(url: string, when: string): Promise<void> {
  const { stdout } = await new Process([process.execPath, LEAVES, url, when]).exits(0);
  assert.equal(stdout, 'left\n');
}

test('the program can end though the server never confirms the leave', async () => {
  await ends(await evil((socket) => socket.on('join', (_request, reply) => reply(welcome())), false), 'joined');
});

test('the program can end while it waits to connect again', async () => {
  await ends(`http://127.0.0.1:${await sayer('')}`, 'lost');
});

test('the program can end though the server never hangs up', async () => {
  const answer = `430[${JSON.stringify(welcome())}]`;
  await ends(`http://127.0.0.1:${await rawWebSocket([OPENING, '40{"sid":"x"}', answer])}`, 'joined');
});

test('the program can end though the server confirms the leave with nothing', async () => {
  const url = await evil((socket) => {
    socket.on('join', (_request, reply) => reply(welcome()));
    socket.on('leave', () => socket.conn.write('431'));
  }, false);
  await ends(url, 'joined');
});

test('the program can end before the server has answered', async () => {
  await ends(`http://127.0.0.1:${await rawWebSocket([])}`, 'at once');
});
