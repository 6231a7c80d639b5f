/** Which STUN and TURN servers of a rendezvous server are used, and which offers are refused. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { afterEach, test } from 'node:test';
import { Server } from 'socket.io';
import { usableServers } from '../../peer/rendezvous/offered-ice-servers.ts';
import { socketIoRendezvous } from '../../peer/rendezvous/socketio.ts';
import { rendezvousAt } from '../../peer/ways-to-meet/node/server-rendezvous.ts';
import type { IceServer, RelayPolicy } from '../../shared/ice-servers.ts';
import { atEnd, endAll, listen } from './fake-servers.ts';
import { cardOf, Guest } from './guest.ts';

afterEach(endAll);

type Reply = (answer?: object) => void;

const plain = (url: string) => socketIoRendezvous(url, { now: () => 0 });

/** What comes of joining a server that says this besides a welcome: the servers it offers, or why it is refused. */
async function joining(more: object, join = plain): Promise<readonly IceServer[] | string> {
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
  const open = join(`http://127.0.0.1:${port}`);
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

test('asks only the server itself for STUN, at its port and the one above', async () => {
  assert.deepEqual(await joining({}), []);
  assert.deepEqual(await joining({ stunPort: 3478 }), [{ urls: ['stun:127.0.0.1:3478', 'stun:127.0.0.1:3479'] }]);
  assert.deepEqual(await joining({ stunPort: 65_535 }), [{ urls: ['stun:127.0.0.1:65535'] }]);
  const strangers = Array.from({ length: 1_000 }, (_, n) => `stun:s${n}.example.org`);
  assert.deepEqual(await joining({ stun: strangers, iceServers: [{ urls: strangers }] }), []);
});

test('uses TURN servers as they are offered, without unknown keys', async () => {
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
  test(`refuses an offer and names its field: ${name}`, async () => {
    assert.match(JSON.stringify(await joining(more)), /^"server-refused: .*bad-answer.*(?:turn|stunPort)/);
  });
}

/** Hosts of the TURN servers in an offer that a server at `address` may name. */
async function mayName(address: string | null, hosts: readonly string[], lookUp: Record<string, string[]> = {}) {
  const offer = { turn: hosts.map((host) => ({ ...turn, urls: [`turn:${host}:3478`] })) };
  const from = { host: 'chat.example.org', address };
  const servers = await usableServers(
    from,
    offer,
    async (host) => lookUp[host] ?? Promise.reject(new Error('no such host')),
  );
  return servers.flatMap(({ urls }) => urls.map((url) => url.replace(/^turn:(.*):3478$/, '$1')));
}

const MACHINE = [
  '127.0.0.1',
  '127.8.9.1',
  '0.0.0.0',
  '2130706433',
  '0x7f.1',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  'localhost',
  'a.localhost',
];
const LINK = ['169.254.169.254', '[fe80::1]'];
const PRIVATE = [
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '[fd00::1]',
  '[64:ff9b::10.0.0.1]',
];
const PUBLIC = ['198.51.100.7', '172.32.0.1', '100.128.0.1', '[2001:db8::7]', '[64:ff9b::198.51.100.7]'];
const NOWHERE = ['224.0.0.251', '255.255.255.255', '[ff02::fb]', '[2002:7f00:1::1]', '[100::1]'];
const ALL = [...MACHINE, ...LINK, ...PRIVATE, ...PUBLIC, ...NOWHERE];

for (const [address, allowed] of [
  ['203.0.113.10', PUBLIC],
  ['2001:db8::10', PUBLIC],
  ['::ffff:203.0.113.10', PUBLIC],
  [null, PUBLIC],
  ['192.168.1.9', [...PRIVATE, ...PUBLIC]],
  ['fe80::9%eth0', [...LINK, ...PRIVATE, ...PUBLIC]],
  ['127.0.0.1', [...MACHINE, ...LINK, ...PRIVATE, ...PUBLIC]],
  ['::1', [...MACHINE, ...LINK, ...PRIVATE, ...PUBLIC]],
] as const) {
  test(`a server at ${address ?? 'an unknown address'} can name TURN servers no nearer than itself`, async () => {
    assert.deepEqual(await mayName(address, ALL), allowed);
  });
}

test("a server can name its own host, whatever that host's addresses are", async () => {
  assert.deepEqual(await mayName('203.0.113.10', ['chat.example.org']), ['chat.example.org']);
});

test('a host name is replaced by its addresses, and left out if one of them is too near', async () => {
  const names = {
    'far.example.org': ['198.51.100.7', '198.51.100.8', '2001:db8::7'],
    'near.example.org': ['198.51.100.7', '10.0.0.1'],
  };
  const hosts = ['near.example.org', 'far.example.org', 'none.example.org', '198.51.100.9'];
  assert.deepEqual(await mayName('203.0.113.10', hosts, names), ['198.51.100.7', '[2001:db8::7]', '198.51.100.9']);
  assert.deepEqual(await mayName('10.0.0.9', ['near.example.org'], names), ['198.51.100.7']);
});

test('the names of relays are looked up only if relays are allowed', async () => {
  const named = { ...turn, urls: ['turn:relay.invalid'] };
  const offered = (relay: RelayPolicy) => joining({ turn: [named] }, (url) => rendezvousAt(url, relay));
  assert.deepEqual(await offered('never'), [named]);
  // This name cannot exist (RFC 6761, section 6.4): its lookup fails.
  assert.deepEqual(await offered('allow'), []);
});

test('a TURN server over TLS keeps its name, for its certificate', async () => {
  const from = { host: 'chat.example.org', address: '203.0.113.10' };
  const offer = { turn: [{ ...turn, urls: ['turns:near.example.org', 'turns:far.example.org:443?transport=tcp'] }] };
  const lookUp = async (host: string) => [host.startsWith('near') ? '127.0.0.1' : '198.51.100.7'];
  assert.deepEqual(await usableServers(from, offer, lookUp), [
    { ...turn, urls: ['turns:far.example.org:443?transport=tcp'] },
  ]);
});

test('a name that is not looked up in time is left out', async () => {
  const from = { host: 'chat.example.org', address: '203.0.113.10' };
  const never = () => new Promise<string[]>(() => {});
  assert.deepEqual(await usableServers(from, { turn: [{ ...turn, urls: ['turn:slow.example.org'] }] }, never), []);
});

test('members and frames that come while a name is looked up are reported after the room is entered, in order', async () => {
  const http = createServer();
  const io = new Server(http);
  const card = cardOf(9);
  io.on('connection', (socket) => {
    socket.on('leave', (reply: Reply) => reply());
    socket.on('join', (_request: unknown, reply: Reply) => {
      reply({ nameplate: 'team', self: 'me', token: 't', turn: [turn] });
      socket.emit('came', { id: 'a', card });
      socket.emit('frame', { from: 'a', data: Buffer.of(7) });
      socket.emit('left', { member: 'a' });
    });
  });
  const port = await listen(http);
  atEnd(async () => io.disconnectSockets(true));
  const lookUp = async () => ['198.51.100.7'];
  const guest = new Guest(socketIoRendezvous(`http://127.0.0.1:${port}`, { now: () => 0, lookUp }), 'team', 1);
  await guest.heard('left a');
  assert.deepEqual(guest.log, ['joined', 'came a 09', 'frame a 07', 'left a']);
  await guest.rendezvous.leave();
});
