/** The headers of every HTTP response, whether it comes from this server, Engine.IO, `ws` or Node's parser. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { Authority, NO_OPENSSL } from './certificates.ts';
import { couple, serve, undisturbed, until } from './test-server.ts';

/** Sends a text on a connection. Returns everything that comes until the other side closes it. */
async function answerTo(socket: Duplex, text: string): Promise<string> {
  let said = '';
  socket.on('data', (data: Buffer) => (said += data.toString('latin1')));
  socket.write(text);
  await once(socket, 'close');
  return said;
}

function assertSecure(answer: string): void {
  const head = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase();
  for (const header of [
    'cache-control: no-store',
    "content-security-policy: default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy: same-origin',
    'referrer-policy: no-referrer',
    'x-content-type-options: nosniff',
  ])
    assert.ok(head.includes(`\r\n${header}`), `${header} is missing in ${answer}`);
}

const HOST = 'Host: localhost\r\n';
const WEBSOCKET =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
const UPGRADE = `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${HOST}${WEBSOCKET}`;

const ASKED: Readonly<Record<string, readonly [text: string, status: number]>> = {
  'a check of health': [`GET /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 200],
  'an invite in a browser': [`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 200],
  'a page that is not there': [`GET /x HTTP/1.1\r\n${HOST}\r\n`, 404],
  'a request with expectations': [`GET /x HTTP/1.1\r\n${HOST}Expect: miracles\r\n\r\n`, 404],
  'a request without a host': ['GET / HTTP/1.1\r\n\r\n', 400],
  'no HTTP': ['what is this\r\n\r\n', 400],
  'headers that are too long': [`GET / HTTP/1.1\r\n${HOST}X-Long: ${'x'.repeat(9_000)}\r\n\r\n`, 431],
  'a request that never ends': [`GET / HTTP/1.1\r\n${HOST}X-Slow: `, 408],
  'a foreign page that polls': [
    `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${HOST}Origin: http://example.org\r\nConnection: close\r\n\r\n`,
    403,
  ],
  'a foreign page that wants a WebSocket': [`${UPGRADE}Origin: http://example.org\r\n\r\n`, 403],
  'a WebSocket of a client that is not there': [`${UPGRADE.replace('websocket ', 'websocket&sid=x ')}\r\n`, 400],
  'a WebSocket elsewhere': [`${UPGRADE.replace('/socket.io/', '/socket.io.js/')}\r\n`, 404],
  'a WebSocket in place of another transport': [`${UPGRADE.replace('websocket ', 'odd ')}\r\n`, 400],
};

test('every response has the security headers', async (t) => {
  const { port } = await serve(t, { joinWithin: 500 });
  for (const [what, [text, status]] of Object.entries(ASKED)) {
    await t.test(what, async () => {
      const answer = await answerTo(connect(port, '127.0.0.1'), text);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assertSecure(answer);
      assert.ok(!answer.includes('Strict-Transport-Security'));
    });
  }
});

test('every response over TLS has them too, with HSTS', { skip: NO_OPENSSL }, async (t) => {
  const authority = new Authority();
  t.after(() => authority.close());
  const limits = { ...LIMITS, joinWithin: 500 };
  const server = await startServer({ port: 0, host: '127.0.0.1', limits, tls: authority.issue('answers') });
  t.after(() => server.close());
  for (const [text, status] of Object.values(ASKED)) {
    const socket = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    const answer = await answerTo(socket, text);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    assertSecure(answer);
    assert.match(answer, /\r\nStrict-Transport-Security: max-age=\d+\r\n/);
  }
});

test('a closing server answers new clients with 503 and Retry-After, on either transport', async (t) => {
  const server = await serve(t);
  const [first, second] = await couple(t, server.url);
  const talk = setInterval(() => first.send('2', Uint8Array.of(1)), 20);
  t.after(() => clearInterval(talk));
  void server.close(600_000);
  const polling = `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${HOST}\r\n`;
  for (const text of [`${UPGRADE}\r\n`, polling]) {
    const answer = await answerTo(connect(server.port, '127.0.0.1'), text);
    assert.match(answer, /^HTTP\/1\.1 503 /);
    assert.match(answer, /\r\nRetry-After: \d+\r\n/);
    assertSecure(answer);
  }
  await second.next('frame');
});

test('a client that pipelines a request and a WebSocket and resets the connection harms nobody', async (t) => {
  const server = await serve(t);
  const two = await couple(t, server.url);
  const ask = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
  // Whether an answer meets the reset is chance. With this many, some do.
  for (const path of [
    '/elsewhere',
    '/socket.io/?EIO=4&transport=websocket',
    '/socket.io/?EIO=4&transport=websocket&sid=x',
  ])
    for (let count = 0; count < 100; count += 1) {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(ask('/healthz') + ask(path, upgrade));
        socket.resetAndDestroy();
      });
      if (count % 10 === 9) await once(socket, 'close');
    }
  await until('they are gone', async () => (await server.sockets()) === 2);
  await undisturbed(two);
});
