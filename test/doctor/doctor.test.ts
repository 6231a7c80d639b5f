/** The verdicts of the doctor, and how it finds what they stand on. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { type Advice, type Expectation, type Findings, judge } from '../../peer/doctor/findings.ts';
import { natOf } from '../../peer/doctor/nat-detection.ts';
import { askOverHttp, proxyFault } from '../../peer/doctor/server-check.ts';
import { askTcp, askUdp } from '../../peer/doctor/stun-client.ts';
import { words } from '../../peer/words/index.ts';
import { LIMITS } from '../../signaling/limits.ts';
import { startServer } from '../../signaling/server.ts';
import { startStunServer } from '../../signaling/stun-server.ts';
import { Sandbox } from '../cli/program.ts';

const sandbox = new Sandbox();
after(() => sandbox.close());

const seen = { mapped: '203.0.113.1:5', rtt: 12 };
const unseen = { mapped: null, rtt: null };
const good: Findings = {
  server: {
    url: 'https://a.org',
    reached: true,
    cause: null,
    inside: false,
    rtt: 20,
    version: 1,
    skew: 0,
    redirect: null,
    proxies: null,
  },
  udp: seen,
  tcp: seen,
  nat: 'same',
  ipv6: { address: false, mapped: null },
  relays: [],
  untried: [],
};
const blocked = { udp: unseen, nat: null };
const works = { url: 'turn:b.org', works: true, fault: null };
const fails = { url: 'turn:b.org', works: false, fault: 'no-answer' as const };

const VERDICTS: [Partial<Findings>, Expectation, advice: readonly Advice[]][] = [
  [{}, 'direct', []],
  [{ nat: 'none' }, 'direct', []],
  [{ nat: 'unknown' }, 'direct', []],
  [{ udp: null, tcp: null, nat: null }, 'direct', ['only-nearby', 'start-stun']],
  [{ nat: 'varies' }, 'none', ['symmetric-nat', 'open-networks-only', 'need-relay']],
  [{ nat: 'varies', relays: [fails, works] }, 'relay', ['symmetric-nat', 'open-networks-only', 'allow-relay']],
  [{ nat: 'varies', relays: [fails] }, 'none', ['symmetric-nat', 'open-networks-only', 'relay-fails']],
  [{ nat: 'varies', untried: [works.url] }, 'none', ['symmetric-nat', 'open-networks-only', 'relay-untried']],
  [blocked, 'none', ['udp-blocked', 'tcp-answered', 'need-relay']],
  [{ ...blocked, tcp: unseen }, 'none', ['udp-blocked', 'tcp-silent', 'need-relay']],
  [{ ...blocked, relays: [works] }, 'relay', ['udp-blocked', 'tcp-answered', 'allow-relay']],
  [{ server: { ...good.server, skew: -90 } }, 'direct', ['clocks-differ']],
  [{ server: { ...good.server, proxies: 'forgeable' } }, 'direct', ['proxy-forgeable']],
  [{ server: { ...good.server, reached: false, cause: 'refused', proxies: 'untrusted' } }, null, ['proxy-untrusted']],
  [{ server: { ...good.server, reached: false, cause: 'gone' } }, null, []],
  [{ server: { ...good.server, reached: false, cause: 'gone', inside: true } }, null, ['server-inside']],
];

test('expects a direct connection, a relay or nothing, by what was found', () => {
  for (const [found, expect, advice] of VERDICTS) {
    assert.deepEqual(judge({ ...good, ...found }, false), { expect, advice }, JSON.stringify(found));
  }
  assert.deepEqual(judge(good, true), { expect: 'none', advice: ['need-relay'] });
  assert.deepEqual(judge({ ...good, relays: [works] }, true), { expect: 'relay', advice: [] });
});

test('reports the findings line by line', () => {
  const found = { ...good, server: { ...good.server, skew: 90 }, relays: [works, fails] };
  assert.deepEqual(words.doctorFindings(found, false), [
    'server  https://a.org reached in 20 ms, signalling version 1',
    "clock   90 s ahead of the server's",
    'UDP     others see you as 203.0.113.1:5 (12 ms)',
    'TCP     others see you as 203.0.113.1:5 (12 ms)',
    'NAT     one public port for all destinations (endpoint-independent)',
    'IPv6    none',
    'relay   turn:b.org works',
    'relay   turn:b.org: no answer',
  ]);
  assert.equal(words.doctorExpectation('direct'), 'Expect a direct connection.');
});

test('reports a relay that was not tried, and a redirect that was not followed', () => {
  const found = { ...good, server: { ...good.server, redirect: 'http://10.0.0.1/' }, untried: ['turn:b.org'] };
  const lines = words.doctorFindings(found, true);
  assert.equal(lines[1], '        it redirects to http://10.0.0.1/, which was not followed');
  assert.ok(lines.includes('relay   turn:b.org: not tried without --relay allow'), lines.join('\n'));
});

test('tells the kind of NAT by the mappings of one port', () => {
  const mapping = (address: string, port: number) => ({ mapped: { address, port }, rttMs: 1 });
  const own = ['192.0.2.9'];
  assert.equal(natOf([], own), null);
  assert.equal(natOf([mapping('192.0.2.9', 1)], own), 'none');
  assert.equal(natOf([mapping('203.0.113.1', 1)], own), 'unknown');
  assert.equal(natOf([mapping('203.0.113.1', 1), mapping('203.0.113.1', 1)], own), 'same');
  assert.equal(natOf([mapping('203.0.113.1', 1), mapping('203.0.113.1', 2)], own), 'varies');
  assert.equal(natOf([mapping('203.0.113.1', 1), mapping('203.0.113.2', 1)], own), 'varies');
});

test('asks STUN servers over UDP, from one port, and over TCP', async (t) => {
  const server = await startStunServer('127.0.0.1', 0);
  t.after(() => server.close());
  const to = { address: '127.0.0.1', port: server.port };
  const [one, two] = await askUdp([to, { ...to, port: to.port + 1 }]);
  assert.equal(one?.mapped.address, '127.0.0.1');
  assert.deepEqual(one.mapped, two?.mapped);
  assert.equal((await askTcp(to))?.mapped.address, '127.0.0.1');
  await server.close();
  assert.equal(await askTcp(to), null);
});

async function portOf(http: Server): Promise<number> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return (http.address() as AddressInfo).port;
}

test("reads the server's clock, if it tells the time", async (t) => {
  const http = createServer((_request, response) => {
    response.setHeader('Date', new Date(Date.now() - 90_500).toUTCString()).end();
  });
  t.after(() => http.close());
  const url = `http://127.0.0.1:${await portOf(http)}`;
  const { skew } = (await askOverHttp(url)) ?? assert.fail();
  assert.ok(skew !== null && Math.abs(skew - 90) <= 1, String(skew));
  http.removeAllListeners('request').on('request', (_request, response) => {
    response.sendDate = false;
    response.end();
  });
  assert.equal((await askOverHttp(url))?.skew, null);
  assert.equal(await askOverHttp('http://127.0.0.1:1'), null);
});

test('notices a server that trusts too many proxies or too few', async (t) => {
  const start = async (proxies: number) => {
    const server = await startServer({ port: 0, host: '127.0.0.1', limits: LIMITS, proxies });
    t.after(() => server.close());
    return (await askOverHttp(server.url))?.proxies;
  };
  assert.equal(await start(0), null);
  assert.equal(await start(1), 'forgeable');
  for (const [address, host, fault] of [
    ['127.0.0.1', 'chat.example', 'untrusted'],
    ['::ffff:127.0.0.1', 'chat.example', 'untrusted'],
    ['127.0.0.1', 'localhost', null],
    ['203.0.113.7', 'chat.example', null],
    [null, 'chat.example', null],
  ] as const) {
    assert.equal(proxyFault(address, host), fault, `${address} at ${host}`);
  }
});

test('examines a server that answers STUN, and exits with 0', async () => {
  const signal = sandbox.run(['signal', '--port', '0', '--stun-port', '0']);
  const url = await signal.listening();
  const { stdout } = await sandbox.run(['doctor', '--json', '--server', url]).exits(0);
  assert.equal(stdout.split('\n').length, 2);
  const { server, udp, tcp, nat, expect } = JSON.parse(stdout) as Findings & { expect: Expectation };
  assert.deepEqual([server.url, server.reached, server.version, nat, expect], [url, true, 1, 'none', 'direct']);
  for (const found of [udp, tcp]) assert.match(found?.mapped ?? '', /^127\.0\.0\.1:\d+$/);
  const report = await sandbox.run(['doctor', '--server', url]).exits(0);
  assert.match(report.stdout, /^NAT {5}none between .*\n(.*\n)+\nExpect a direct connection\.\n$/m);
  // Nothing listens on port 1.
  const gone = 'http://127.0.0.1:1';
  const both = await sandbox.run(['doctor', '--json', '--server', `${gone},${url}`]).exits(0);
  const lines = both.stdout.trimEnd().split('\n');
  const found = lines.map((line) => (JSON.parse(line) as Findings).server);
  assert.deepEqual(
    found.map((one) => [one.url, one.reached]),
    [
      [gone, false],
      [url, true],
    ],
  );
  await sandbox.run(['doctor', '--server', `${gone},http://127.0.0.1:2`]).exits(4);
});

test('names where a server redirects to, does not go there, and lets it steer no terminal', async (t) => {
  let visits = 0;
  const elsewhere = createServer((_request, response) => {
    visits += 1;
    response.end();
  });
  const to = `http://127.0.0.1:${await portOf(elsewhere)}/`;
  const http = createServer((_request, response) => {
    response.writeHead(302, { Location: `${to}\u009b2J` }).end();
  });
  t.after(() => {
    http.close();
    elsewhere.close();
  });
  const url = `http://127.0.0.1:${await portOf(http)}`;
  const json = await sandbox.run(['doctor', '--json', '--server', url]).exits(4);
  assert.equal((JSON.parse(json.stdout) as Findings).server.redirect, `${to}\u009b2J`);
  const report = await sandbox.run(['doctor', '--server', url]).exits(4);
  assert.ok(report.stdout.includes(`it redirects to ${to}\\x9b2J, which was not followed\n`), report.stdout);
  for (const { stdout } of [json, report]) assert.doesNotMatch(stdout, /[\x7f-\x9f]/);
  assert.equal(visits, 0);
});

test('exits with 4 without a server, and with 2 for a wrong option, whose password it does not show', async () => {
  const { stdout } = await sandbox.run(['doctor', '--server', 'http://127.0.0.1:1']).exits(4);
  assert.match(stdout, /^server {2}http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED\)\.\n/);
  assert.match(stdout, /Check the address/);
  for (const args of [
    ['--turn', 'turn:ann:hush@'],
    ['--stun', 'http://a.org'],
    ['--relay', 'maybe'],
  ]) {
    const { stderr } = await sandbox.run(['doctor', ...args]).exits(2);
    assert.ok(!stderr.includes('hush'), stderr);
  }
});
