/** STUN and TURN of the server: over real sockets, with a foreign client, and with hostile ones. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ATTRIBUTE, decodeStun, decodeXorAddress, encodeStun, type StunMessage } from '../../shared/stun.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { answerStun, startStunServer } from '../../signaling/stun-server.ts';
import { Process } from '../process.ts';
import { Client } from './test-server.ts';

const TRANSACTION = Uint8Array.from({ length: 12 }, (_, index) => index);
const ask = (more: Partial<StunMessage> = {}) =>
  encodeStun({ method: 1, class: 'request', transaction: TRANSACTION, attributes: [], fingerprint: false, ...more });
const source = { address: '192.0.2.1', port: 1234 };

function mappedIn(answer: Uint8Array): unknown {
  const { attributes, transaction } = decodeStun(Uint8Array.from(answer)) ?? assert.fail('no STUN');
  assert.deepEqual(transaction, TRANSACTION);
  return decodeXorAddress(
    attributes.find(({ type }) => type === ATTRIBUTE.xorMappedAddress)?.value ?? transaction,
    transaction,
  );
}

test('a request is answered with its source address, and with a fingerprint if it has one', () => {
  for (const fingerprint of [false, true]) {
    const answer = answerStun(ask({ fingerprint }), source) ?? assert.fail();
    assert.deepEqual(mappedIn(answer), source);
    assert.equal(decodeStun(answer)?.fingerprint, fingerprint);
    assert.equal(decodeStun(answer)?.class, 'success');
  }
});

test('a request from port 0 is not answered', () => {
  assert.equal(answerStun(ask(), { ...source, port: 0 }), null);
});

test('unknown attributes that must be understood are named in a 420; others are ignored', () => {
  const none = new Uint8Array(0);
  const attributes = [0x0024, 0x8022, 0x0003, 0x0024, ATTRIBUTE.username].map((type) => ({ type, value: none }));
  const answer = decodeStun(answerStun(ask({ attributes }), source) ?? assert.fail());
  assert.equal(answer?.class, 'error');
  const [error, unknown] = answer.attributes;
  assert.deepEqual([error?.type, unknown?.type], [ATTRIBUTE.errorCode, ATTRIBUTE.unknownAttributes]);
  assert.deepEqual(error?.value, Uint8Array.of(0, 0, 4, 20));
  assert.deepEqual(unknown?.value, Uint8Array.of(0, 0x24, 0, 3));

  const behind = [
    { type: ATTRIBUTE.messageIntegrity, value: new Uint8Array(20) },
    { type: 0x0024, value: none },
  ];
  assert.deepEqual(mappedIn(answerStun(ask({ attributes: behind }), source) ?? assert.fail()), source);
});

test('no answer is longer than 2.2 times its request, or 1.6 times over IPv4', () => {
  for (const [address, most] of [
    ['192.0.2.1', 1.6],
    ['2001:db8::1', 2.2],
  ] as const) {
    const times = Array.from({ length: 100 }, (_, count) => {
      const attributes = Array.from({ length: count }, (_each, index) => ({
        type: 0x7000 + index,
        value: new Uint8Array(0),
      }));
      return [false, true].map((fingerprint) => {
        const asked = ask({ attributes, fingerprint });
        return (answerStun(asked, { ...source, address })?.length ?? 0) / asked.length;
      });
    });
    assert.equal(Math.max(...times.flat()), most);
  }
});

test('other methods, indications, responses, a wrong fingerprint and anything but STUN are not answered', () => {
  for (const message of [{ method: 3 }, { class: 'indication' }, { class: 'success' }, { class: 'error' }] as const)
    assert.equal(answerStun(ask(message), source), null);
  const forged = ask({ fingerprint: true });
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  for (const bytes of [forged, new Uint8Array(0), new Uint8Array(20), Buffer.from('GET / HTTP/1.1\r\n\r\n')])
    assert.equal(answerStun(bytes, source), null);
});

async function serve(t: TestContext, host = '127.0.0.1') {
  const server = await startStunServer(host, 0);
  t.after(() => server.close());
  return server.port;
}

for (const [host, type] of [
  ['127.0.0.1', 'udp4'],
  ['::1', 'udp6'],
] as const) {
  test(`over UDP, both ports tell each client its own address: ${type}`, async (t) => {
    const port = await serve(t, host);
    const socket = createSocket(type).bind(0, host);
    t.after(() => socket.close());
    await once(socket, 'listening');
    for (const to of [port, port + 1]) {
      socket.send(ask(), to, host);
      const [answer] = (await once(socket, 'message')) as [Buffer];
      assert.deepEqual(mappedIn(answer), { address: host, port: socket.address().port });
    }
  });
}

test('over TCP, requests are answered in order, whole, in pieces or many at once', async (t) => {
  const port = await serve(t);
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  const mapped = { address: '127.0.0.1', port: socket.localPort };
  let received = Buffer.alloc(0);
  const answers = async (count: number) => {
    while (received.length < 32 * count)
      received = Buffer.concat([received, (await once(socket, 'data'))[0] as Buffer]);
    assert.equal(received.length, 32 * count);
    for (let at = 0; at < received.length; at += 32) assert.deepEqual(mappedIn(received.subarray(at, at + 32)), mapped);
    received = Buffer.alloc(0);
  };
  for (const byte of ask()) socket.write(Uint8Array.of(byte));
  await answers(1);
  socket.write(Buffer.concat([ask(), ask(), ask()]));
  await answers(3);
});

test('over TCP, anything but STUN and an endless message end the connection', async (t) => {
  const port = await serve(t);
  for (const rude of ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', '\0\x01\x7f\xfc\x21\x12\xa4\x42'.padEnd(20, 'x')]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(rude, 'latin1');
    await once(socket, 'close');
  }
});

test('over TCP, an address may have 64 connections at a time', async (t) => {
  const port = await serve(t);
  const open = async () => {
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.write(ask());
    const answered = await Promise.race([
      once(socket, 'data').then(() => true),
      once(socket, 'close').then(() => false),
    ]);
    return { socket, answered };
  };
  const sockets = await Promise.all(Array.from({ length: 64 }, open));
  assert.ok(sockets.every(({ answered }) => answered));
  assert.equal((await open()).answered, false);
  // The server answers the end of the connection with its own.
  sockets[0]?.socket.end();
  await once(sockets[0]?.socket ?? assert.fail(), 'close');
  assert.equal((await open()).answered, true);
});

test('over TCP, a connection ends after its lifetime even if it is never silent', async (t) => {
  const port = await serve(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write(ask());
  await once(socket, 'data');
  t.mock.timers.tick(59_999);
  socket.write(ask());
  await once(socket, 'data');
  t.mock.timers.tick(1);
  await once(socket, 'close');
});

test('an address gets 256 answers at once, and then no more', async (t) => {
  const port = await serve(t);
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let received = 0;
  socket.on('data', (data) => (received += data.length));
  socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => ask())));
  socket.end('this is no STUN message');
  await once(socket, 'close');
  // A few tokens may have been added meanwhile.
  assert.ok(received >= 256 * 32 && received < 512 * 32, String(received / 32));
});

test('a STUN port in use is a named error', async (t) => {
  const port = await serve(t);
  await assert.rejects(startStunServer('127.0.0.1', port), {
    code: 'cannot-listen',
    message: /cannot-bind.*stun.*EADDRINUSE/,
  });
  await assert.rejects(startStunServer('192.0.2.1', 0), { code: 'cannot-listen' });
});

const hasClient = spawnSync('turnutils_stunclient').error === undefined;

test('the STUN client of coturn learns its address', {
  skip: hasClient ? false : 'coturn is not installed',
}, async (t) => {
  const port = await serve(t);
  const client = new Process(['turnutils_stunclient', '-p', String(port), '127.0.0.1']);
  await client.end();
  assert.match(client.stdout + client.stderr, /UDP reflexive addr: 127\.0\.0\.1:\d+/);
});

test('a join reply names STUN and TURN, with credentials that expire', async (t) => {
  const turn = { urls: ['turn:relay.example.org', 'turns:relay.example.org'], secret: 'north' };
  const stun = { host: '127.0.0.1', port: 0 };
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, stun, turn });
  t.after(() => server.close());
  const [one, two] = [await Client.connect(t, server.url), await Client.connect(t, server.url)];
  const before = Math.floor(Date.now() / 1000);
  const answer = await one.join('team', 1);
  const after = Math.floor(Date.now() / 1000);
  assert.equal(answer.stunPort, server.stunPort);
  const [offer] = answer.turn ?? [];
  assert.deepEqual(offer?.urls, turn.urls);
  const expiry = Number(/^(\d+):[\w-]{12}$/.exec(offer.username)?.[1]);
  assert.ok(expiry >= before + 86_400 && expiry <= after + 86_400);
  assert.equal(offer.credential, createHmac('sha1', turn.secret).update(offer.username).digest('base64'));
  const other = await two.join('team', 2);
  assert.notEqual(other.turn?.[0]?.username, offer.username);
  assert.ok(!JSON.stringify([answer, other]).includes(turn.secret));
  one.cut();
  await one.ended;
  const back = await Client.connect(t, server.url);
  assert.equal((await back.join('team', 1, { resume: answer.token })).turn?.length, 1);
});

test('a join reply names neither if there is none', async (t) => {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS });
  t.after(() => server.close());
  const answer = await (await Client.connect(t, server.url)).join('team', 1);
  assert.deepEqual(Object.keys(answer).sort(), ['members', 'nameplate', 'self', 'token']);
});
