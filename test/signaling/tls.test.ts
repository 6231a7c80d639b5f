/** The server with TLS, and the reload of its certificate. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { connect as dial } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { Authority, NO_OPENSSL } from './certificates.ts';
import { start } from './command.ts';
import { Client, undisturbed, until } from './test-server.ts';

const skip = NO_OPENSSL;
const authority = skip === false ? new Authority() : null;
after(() => authority?.close());
const ca = () => readFileSync(authority?.cert ?? assert.fail(), 'utf8');
const issue = (name: string) => authority?.issue(name) ?? assert.fail();

/** The common name of the certificate at a port. */
async function shown(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ca: ca() });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

test('two clients meet over TLS, on either transport', { skip }, async (t) => {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, tls: issue('meet') });
  t.after(() => server.close());
  assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const first = await Client.connect(t, server.url, { ca: ca(), transports: ['websocket'] });
  const second = await Client.connect(t, server.url, { ca: ca(), transports: ['polling'] });
  await first.join('couple', 1);
  await second.join('couple', 2);
  await first.next('came');
  await undisturbed([first, second]);
  await assert.rejects(Client.connect(t, server.url));
});

test('responses over TLS have the security headers and HSTS', { skip }, async (t) => {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, tls: issue('headers') });
  t.after(() => server.close());
  const request = get(`${server.url}/healthz`, { ca: ca(), agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.resume();
  assert.equal(answer.statusCode, 200);
  assert.match(answer.headers['strict-transport-security'] ?? '', /^max-age=\d+$/);
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
});

test('TLS older than 1.2 and plain HTTP are refused', { skip }, async (t) => {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, tls: issue('old') });
  t.after(() => server.close());
  const weak = { ciphers: 'DEFAULT@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
  const old = connect({ port: server.port, host: '127.0.0.1', ca: ca(), ...weak });
  const [error] = (await once(
    old.on('error', () => {}),
    'error',
  )) as [NodeJS.ErrnoException];
  assert.match(String(error.code), /PROTOCOL_VERSION/);
  const plain = dial(server.port, '127.0.0.1');
  plain.end('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  plain.on('error', () => {}).on('data', (data: Buffer) => assert.ok(!data.includes('HTTP/1.1 200')));
  await once(plain, 'close');
});

test('closing does not wait for an unfinished TLS handshake, request or WebSocket', { skip }, async () => {
  const limits = { ...LIMITS, hangUpWithin: 40_000 };
  const server = await startServer({ port: 0, host: '127.0.0.1', limits, tls: issue('mute') });
  const mute = dial(server.port, '127.0.0.1').on('error', () => {});
  await once(mute, 'connect');
  const upgrade = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
  const secure = ['GET / HTTP/1.1\r\n', `${upgrade}${key}Host: localhost\r\n\r\n`].map((text) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', ca: ca() }).on('error', () => {});
    socket.write(text);
    return socket;
  });
  await once(secure[1] ?? assert.fail(), 'data');
  const sockets = [mute, ...secure];
  for (const socket of sockets) socket.resume();
  const closed = server.close();
  await until('all cut off', () => sockets.every((socket) => socket.closed));
  await closed;
});

test('a new certificate is used for new clients and disturbs nobody; a bad one changes nothing', {
  skip,
}, async (t) => {
  const [one, two, other] = [issue('one'), issue('two'), issue('other')];
  const files = { cert: join(authority?.folder ?? '', 'live.pem'), key: join(authority?.folder ?? '', 'live.key') };
  const take = (cert: string, key: string) => {
    copyFileSync(cert, files.cert);
    copyFileSync(key, files.key);
  };
  take(one.cert, one.key);
  const run = start(['--port', '0'], { APARTE_TLS_CERT: files.cert, APARTE_TLS_KEY: files.key });
  t.after(async () => {
    run.stop();
    assert.equal(await run.exit, 0);
  });
  const url = /^listening on (https:\S+)\n$/.exec(await run.listening)?.[1] ?? assert.fail();
  const port = Number(new URL(url).port);
  const couple = [await Client.connect(t, url, { ca: ca() }), await Client.connect(t, url, { ca: ca() })] as const;
  await couple[0].join('couple', 1);
  await couple[1].join('couple', 2);
  await couple[0].next('came');
  assert.equal(await shown(port), 'one');
  take(two.cert, two.key);
  run.reload();
  assert.equal(await shown(port), 'two');
  assert.deepEqual(run.err, []);
  take(other.cert, one.key);
  run.reload();
  assert.equal(await shown(port), 'two');
  assert.match(
    run.err.join(''),
    /live\.key is not the key of .*live\.pem\. The certificate in use stays\.\naparte: .*PEM/,
  );
  await undisturbed(couple);
});

test('a reload during the start happens after it', { skip }, async (t) => {
  const [one, two] = [issue('one'), issue('two')];
  const files = { cert: join(authority?.folder ?? '', 'early.pem'), key: join(authority?.folder ?? '', 'early.key') };
  copyFileSync(one.cert, files.cert);
  copyFileSync(one.key, files.key);
  const run = start(['--port', '0', '--tls-cert', files.cert, '--tls-key', files.key]);
  t.after(async () => {
    run.stop();
    assert.equal(await run.exit, 0);
  });
  copyFileSync(two.cert, files.cert);
  copyFileSync(two.key, files.key);
  run.reload();
  const url = /^listening on (https:\S+)\n$/.exec(await run.listening)?.[1] ?? assert.fail();
  assert.equal(await shown(Number(new URL(url).port)), 'two');
});

test('certificate files that cannot be used are named, with exit code 2', { skip }, async () => {
  const [mine, other] = [issue('mine'), issue('others')];
  const empty = join(authority?.folder ?? '', 'empty');
  writeFileSync(empty, '');
  for (const [argv, words] of [
    [['--tls-cert', mine.cert], /together/],
    [['--tls-key', mine.key], /together/],
    [['--tls-cert', mine.cert, '--tls-key', other.key], /others\.key is not the key of .*mine\.pem/],
    [['--tls-cert', mine.key, '--tls-key', mine.key], /mine\.key holds no certificate/],
    [['--tls-cert', mine.cert, '--tls-key', mine.cert], /mine\.pem holds no private key/],
    [['--tls-cert', empty, '--tls-key', mine.key], /empty holds no certificate/],
    [['--tls-cert', mine.cert, '--tls-key', `${mine.key}.gone`], /mine\.key\.gone cannot be read \(ENOENT\)/],
  ] as const) {
    const { exit, out, err } = start(['--port', '0', ...argv]);
    assert.equal(await exit, 2, argv.join(' '));
    assert.deepEqual(out, []);
    assert.match(err.join(''), words);
    assert.ok(!err.join('').includes('BEGIN'));
  }
});
