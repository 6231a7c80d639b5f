/** The client's address behind proxies, and the refusal of web pages of other sites. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { LIMITS } from '../../signaling/limits.ts';
import { clientAddress } from '../../signaling/request-origin.ts';
import { startServer } from '../../signaling/server.ts';
import { Authority, NO_OPENSSL } from './certificates.ts';
import { start as run } from './command.ts';
import { NO_NGINX, startNginx } from './nginx.ts';
import { Client, serve, undisturbed } from './test-server.ts';

const OWN = '192.0.2.99';

/** The address of a request that came from {@link OWN} with this header. */
function addressOf(forwarded: string | undefined, proxies: number): string {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: OWN });
  const request = new IncomingMessage(socket);
  if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded;
  return clientAddress(request, { proxies, isPrivate: false });
}

test('the address is the one that the outermost trusted proxy wrote, if it is an IP address', () => {
  for (const [forwarded, proxies, address] of [
    ['203.0.113.7', 0, OWN],
    ['203.0.113.7', 1, '203.0.113.7'],
    ['10.0.0.1, 203.0.113.7', 1, '203.0.113.7'],
    ['10.0.0.1,203.0.113.7 , 10.0.0.2', 2, '203.0.113.7'],
    ['2001:db8::1', 1, '2001:db8::1'],
    [undefined, 1, OWN],
    ['', 1, OWN],
    ['203.0.113.7', 2, OWN],
    ['203.0.113.7, unknown', 1, OWN],
    ['203.0.113.7,', 1, OWN],
    ['203.0.113.7:4711', 1, OWN],
    ['203.0.113', 1, OWN],
    ['__proto__', 1, OWN],
  ] as const) {
    assert.equal(addressOf(forwarded, proxies), address, `${forwarded} behind ${proxies}`);
  }
});

const skip = NO_NGINX === false ? NO_OPENSSL : NO_NGINX;

test('two clients meet behind nginx, and each address has its own limits', { skip }, async (t) => {
  const authority = new Authority();
  t.after(() => authority.close());
  const often = { burst: 1_000, perSecond: 1 };
  const limits = { ...LIMITS, perAddress: { connections: 2, connects: often, joins: often, guesses: often } };
  const server = await startServer({ port: 0, host: '127.0.0.1', limits, proxies: 1 });
  t.after(() => server.close());
  const nginx = await startNginx(server.url, authority.issue('proxy'));
  t.after(() => nginx.close());
  const ca = readFileSync(authority.cert, 'utf8');

  const first = await Client.connect(t, nginx.url, { ca, transports: ['websocket'] });
  const second = await Client.connect(t, nginx.url, { ca, transports: ['polling'] });
  await first.join('couple', 1);
  await second.join('couple', 2);
  await first.next('came');
  // Entries of the client are to the left of the proxy's.
  const third = new Client(nginx.url, { ca, extraHeaders: { 'X-Forwarded-For': '203.0.113.7' } });
  assert.deepEqual(await third.next('fault'), { error: 'limit' });
  await third.ended;
  const neighbour = await Client.connect(t, nginx.url, { ca, localAddress: '127.0.0.2' });
  await neighbour.join('alone', 3);
  await undisturbed([first, second]);
});

test('the entry of a proxy is found behind any number of headers', async (t) => {
  const often = { burst: 1_000, perSecond: 1 };
  const limits = { ...LIMITS, perAddress: { connections: 1, connects: often, joins: often, guesses: often } };
  const server = await startServer({ port: 0, host: '127.0.0.1', limits, proxies: 1 });
  t.after(() => server.close());
  const padding = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, '1']));
  const extraHeaders = { ...padding, 'X-Forwarded-For': '203.0.113.1' };
  await Client.connect(t, server.url, { extraHeaders });
  const second = new Client(server.url, { extraHeaders });
  assert.deepEqual(await second.next('fault'), { error: 'limit' });
  await Client.connect(t, server.url, { extraHeaders: { ...padding, 'X-Forwarded-For': '203.0.113.2' } });
});

test('requests count for the address that the proxy names', async (t) => {
  const often = { burst: 1, perSecond: 1e-3 };
  const limits = { ...LIMITS, perAddress: { connections: 9, connects: often, joins: often, guesses: often } };
  const server = await startServer({ port: 0, host: '127.0.0.1', limits, proxies: 1 });
  t.after(() => server.close());
  const status = async (address: string) =>
    (await fetch(`${server.url}/healthz`, { headers: { 'X-Forwarded-For': address } })).status;
  for (let count = 0; count < 32; count += 1) assert.equal(await status('203.0.113.1'), 200);
  assert.equal(await status('203.0.113.1'), 429);
  assert.equal(await status('203.0.113.2'), 200);
});

test('without a trusted proxy, X-Forwarded-For is ignored', async (t) => {
  const often = { burst: 1_000, perSecond: 1 };
  const { url } = await serve(t, { perAddress: { connections: 1, connects: often, joins: often, guesses: often } });
  await Client.connect(t, url, { extraHeaders: { 'X-Forwarded-For': '203.0.113.1' } });
  const second = new Client(url, { extraHeaders: { 'X-Forwarded-For': '203.0.113.2' } });
  assert.deepEqual(await second.next('fault'), { error: 'limit' });
});

/** The status of the answer to a request that opens a connection. */
async function knock(url: string, headers: Record<string, string>, query = ''): Promise<number> {
  // Not `fetch`, which does not allow these headers.
  const request = get(`${url}/socket.io/?EIO=4&transport=polling${query}`, { headers, agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode ?? 0;
}

test('a web page of another site or port is refused, with or without an Origin', async (t) => {
  const { url } = await serve(t, { perAddress: null });
  for (const site of ['cross-site', 'same-site', 'else'])
    assert.equal(await knock(url, { 'Sec-Fetch-Site': site }), 403);
  for (const site of ['same-origin', 'none']) assert.equal(await knock(url, { 'Sec-Fetch-Site': site }), 200);
});

test('a web page is also refused when only its image and script requests show it', async (t) => {
  const { url } = await serve(t, { perAddress: null });
  for (const page of [
    'http://foreign.example/',
    `${url}0/page`,
    'https://foreign.example/x',
    'about:blank',
    'page',
    '',
  ])
    assert.equal(await knock(url, { Referer: page }), 403, page);
  assert.equal(await knock(url, { Referer: `${url}/page` }), 200);
  assert.equal(await knock(url, { Referer: `${url.replace('http', 'https')}/page` }), 200);
  for (const query of ['&j=0', '&j', '&%6a=1']) assert.equal(await knock(url, {}, query), 403, query);
  for (const query of ['&jj=0', '&x=j', '&t=j=0']) assert.equal(await knock(url, {}, query), 200, query);
});

test('a server on loopback answers to an IP address or localhost only, unless it trusts a proxy', async (t) => {
  const { url } = await serve(t, { perAddress: null });
  for (const host of ['localhost', 'localhost:1', '127.0.0.1', '[::1]:7470', 'LOCALHOST', '192.0.2.1'])
    assert.equal(await knock(url, { host }), 200, host);
  for (const host of ['rebound.example', 'localhost.example:7470', '127.0.0.1.example', 'a b', '[::1'])
    assert.equal(await knock(url, { host }), 403, host);
  const behind = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, proxies: 1 });
  t.after(() => behind.close());
  assert.equal(await knock(behind.url, { host: 'chat.example' }), 200);
});

test('a URL or a header that is too long is refused', async (t) => {
  const { url } = await serve(t, { perAddress: null });
  assert.equal(await knock(url, {}, `&x=${'x'.repeat(900)}`), 200);
  assert.equal(await knock(url, {}, `&x=${'x'.repeat(1_000)}`), 403);
  assert.equal(await knock(url, { 'X-Long': 'x'.repeat(9_000) }), 431);
});

test('a refused request that shows a wrong number of trusted proxies is reported once', async (t) => {
  const start = async (proxies: number) => {
    const seen: string[] = [];
    const proxyMismatch = (mismatch: string) => seen.push(mismatch);
    const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, proxies, proxyMismatch });
    t.after(() => server.close());
    return { url: server.url, seen };
  };
  const forwarded = { 'X-Forwarded-For': '203.0.113.7' };
  const none = await start(0);
  assert.equal(await knock(none.url, { host: 'rebound.example' }), 403);
  assert.equal(await knock(none.url, forwarded), 200);
  assert.deepEqual(none.seen, []);
  for (let count = 0; count < 2; count++)
    assert.equal(await knock(none.url, { host: 'chat.example', ...forwarded }), 403);
  assert.deepEqual(none.seen, ['untrusted']);

  const two = await start(2);
  const origin = 'http://other.example';
  assert.equal(await knock(two.url, { origin, 'X-Forwarded-For': '203.0.113.7, 10.0.0.1' }), 403);
  assert.deepEqual(two.seen, []);
  assert.equal(await knock(two.url, { origin, ...forwarded }), 403);
  assert.deepEqual(two.seen, ['missing']);
});

test('behind a proxy that is not trusted, the log names the missing setting', { skip }, async (t) => {
  const authority = new Authority();
  t.after(() => authority.close());
  const server = run(['--port', '0']);
  const upstream = (await server.listening).trim().replace('listening on ', '');
  const nginx = await startNginx(upstream, authority.issue('untrusted'));
  t.after(() => nginx.close());
  const options = { headers: { host: 'chat.example' }, rejectUnauthorized: false, agent: false };
  const request = getTls(`${nginx.url}/socket.io/?EIO=4&transport=polling`, options);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.resume();
  assert.equal(answer.statusCode, 403);
  server.stop();
  assert.equal(await server.exit, 0);
  assert.match(server.err.join(''), /^aparte: warning: .* no proxy is trusted\.\naparte: Set APARTE_TRUST_PROXY .*\n$/);
});
