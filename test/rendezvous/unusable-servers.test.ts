/** What the user reads about an address where no usable server is: what the answer means, and what to type. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { after, afterEach, test } from 'node:test';
import { describeError } from '../../peer/words/describe-error.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { freePort } from '../ports.ts';
import { Authority, NO_OPENSSL } from '../signaling/certificates.ts';
import { atEnd, endAll, listen, OPENING, rawWebSocket, sayer } from './fake-servers.ts';
import { allLeave, Guest } from './guest.ts';

afterEach(async () => {
  await allLeave();
  await endAll();
});

/** Joins at a URL. Returns what the user reads about the first connection that fails. */
async function toldAbout(url: string): Promise<string> {
  const guest = new Guest(url, 'team', 1);
  await guest.heard('lost');
  const [cause] = guest.causes;
  assert.equal(cause?.code, 'server-unreachable');
  const { message, hint } = describeError(cause ?? assert.fail());
  return `${message} ${hint}`;
}

const html = (status: string, ...headers: string[]) =>
  sayer(
    ['HTTP/1.1 '.concat(status), 'Content-Type: text/html', 'Content-Length: 2', ...headers, '', 'hi'].join('\r\n'),
  );

/** A proxy that passes everything on to one of our servers, but no WebSocket. */
async function proxyWithoutUpgrade(): Promise<number> {
  const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS });
  atEnd(() => server.close());
  const proxy = createServer((incoming, outgoing) => {
    const options = { port: server.port, host: '127.0.0.1', path: incoming.url, agent: false };
    httpRequest(options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    }).end();
  });
  return listen(proxy);
}

const NO_SOCKETIO = /^Cannot reach the server: it does not speak Socket\.IO( \(NO_PACKET\))?\. /;
const UNUSABLE: Readonly<Record<string, [port: () => Promise<number>, told: RegExp, scheme?: string]>> = {
  'a redirect of everything to another host': [
    () => html('301 Moved Permanently', 'Location: https://chat.example.org/socket.io/?EIO=4&transport=websocket'),
    /: HTTP 301, it has moved to https:\/\/chat\.example\.org\. Use https:\/\/chat\.example\.org as the address/,
  ],
  'a redirect into a folder': [
    () => html('308 Permanent Redirect', 'Location: https://example.org/chat/socket.io/'),
    /: HTTP 308, it has moved to https:\/\/example\.org\/chat\. Use https:\/\/example\.org\/chat as/,
  ],
  'a redirect to nowhere': [() => html('302 Found'), /: HTTP 302, a redirect\. Ask whoever runs the server/],
  'a redirect to another scheme': [
    () => html('302 Found', 'Location: javascript:alert(1)'),
    /: HTTP 302, a redirect\. Ask whoever runs the server/,
  ],
  'plain HTTP to the HTTPS port of nginx': [
    () => html('400 Bad Request'),
    /: HTTP 400, the answer of an HTTPS port to plain HTTP\. Type https:\/\/ in place of http:\/\//,
  ],
  'a foreign program': [() => html('404 Not Found'), /: HTTP 404, another program answers there\. Check host, port/],
  'a proxy whose server does not run': [
    () => html('502 Bad Gateway'),
    /: HTTP 502, a proxy answers, but the server behind it does not run\. .* start "aparte signal" there/,
  ],
  'a proxy that does not pass on WebSocket connections': [
    proxyWithoutUpgrade,
    /: something in front of the server does not pass on WebSocket connections\. .* headers Upgrade and Connection/,
  ],
  'an answer to an upgrade that is none': [
    () => sayer('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
    /: something in front of the server does not pass on WebSocket connections\. /,
  ],
  'a web site': [() => html('200 OK'), /: HTTP 200, a web site answers there\. Check host, port and path/],
  'a hotel network': [() => html('511 Network Authentication Required'), /: HTTP 511, a login is needed\. Log in/],
  'a server that is full': [() => html('503 Service Unavailable'), /: HTTP 503, the server is stopping or full\. The/],
  'a mail server': [() => sayer('220 mail.example ESMTP\r\n'), /: it does not speak HTTP \(HPE_\w+\)\. Check host/],
  'a server that hangs up': [
    () => sayer(''),
    /: it cut the connection before it answered \(ECONNRESET\)\. If the server uses TLS, type https/,
  ],
  'a server without TLS at an https address': [
    () => html('200 OK'),
    /: it does not speak TLS \((EPROTO|ERR_SSL_\w+)\)\. Check the port, or type http:\/\/ in place of https/,
    'https',
  ],
  'another WebSocket server': [() => rawWebSocket(['hello']), NO_SOCKETIO],
  'garbage for an opening': [() => rawWebSocket(['0garbage']), NO_SOCKETIO],
  'null for an opening': [() => rawWebSocket(['0null']), NO_SOCKETIO],
  'an opening with garbage': [
    () => rawWebSocket([`0${JSON.stringify({ sid: 'x', upgrades: 7, pingInterval: 'a', pingTimeout: 1e99 })}`]),
    NO_SOCKETIO,
  ],
  'two openings': [() => rawWebSocket([OPENING, OPENING]), NO_SOCKETIO],
  'an event that is none': [() => rawWebSocket([OPENING, '42{"a":1}']), NO_SOCKETIO],
  'a refusal without a word': [() => rawWebSocket([OPENING, '44']), NO_SOCKETIO],
  'an acknowledgement of nothing': [() => rawWebSocket([OPENING, '40{"sid":"x"}', '430']), NO_SOCKETIO],
  'attachments without end': [() => rawWebSocket([OPENING, '451-99999-["frame"]']), NO_SOCKETIO],
  'nothing that listens': [freePort, /: nothing listens there \(ECONNREFUSED\)\. /],
};

for (const [name, [port, told, scheme = 'http']] of Object.entries(UNUSABLE)) {
  test(`the user reads what is wrong with ${name}`, async () => {
    assert.match(await toldAbout(`${scheme}://127.0.0.1:${await port()}`), told);
  });
}

test('the user reads that a server wants TLS', { skip: NO_OPENSSL }, async () => {
  const authority = new Authority();
  after(() => authority.close());
  const { cert, key } = authority.issue('server');
  const server = createHttpsServer({ cert: readFileSync(cert), key: readFileSync(key) });
  const told = await toldAbout(`http://127.0.0.1:${await listen(server)}`);
  assert.match(told, /: it cut the connection before it answered \(ECONNRESET\)\. If the server uses TLS, type https/);
});

test('a redirect shows no control characters and no long text', async () => {
  const told = await toldAbout(
    `http://127.0.0.1:${await html('302 Found', `Location: https://a.example/\u009b2J${'x'.repeat(300)}`)}`,
  );
  assert.doesNotMatch(told, /\p{Cc}/u);
  assert.ok(told.length < 300);
});
