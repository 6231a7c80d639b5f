/** What the doctor concludes from what it finds, and that it finds it. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { type Expectation, type Findings, judge } from '../../peer/doctor/findings.ts';
import { natOf } from '../../peer/doctor/nat-detection.ts';
import { reportLines } from '../../peer/doctor/report-text.ts';
import { readClock } from '../../peer/doctor/server-check.ts';
import { askTcp, askUdp } from '../../peer/doctor/stun-client.ts';
import { startStunServer } from '../../signaling/stun-server.ts';
import { Sandbox } from '../cli/program.ts';

const sandbox = new Sandbox();
after(() => sandbox.close());

const seen = { mapped: '203.0.113.1:5', rtt: 12 };
const unseen = { mapped: null, rtt: null };
const good: Findings = {
  server: { url: 'https://a.org', reached: true, cause: null, rtt: 20, version: 1, skew: 0, redirect: null },
  udp: seen,
  tcp: seen,
  nat: 'same',
  ipv6: { address: false, mapped: null },
  relays: [],
  untried: [],
};
const blocked = { udp: unseen, nat: null };
const works = { url: 'turn:b.org', works: true, cause: null };
const fails = { url: 'turn:b.org', works: false, cause: 'no answer' };

const VERDICTS: [Partial<Findings>, Expectation, advice: RegExp][] = [
  [{}, 'direct', /^$/],
  [{ nat: 'none' }, 'direct', /^$/],
  [{ nat: 'unknown' }, 'direct', /^$/],
  [{ udp: null, tcp: null, nat: null }, 'direct', /only people on this machine or network.*--stun/],
  [{ nat: 'varies' }, 'none', /symmetric.*A relay would help/],
  [{ nat: 'varies', relays: [fails, works] }, 'relay', /symmetric.*--relay allow on both sides/],
  [{ nat: 'varies', relays: [fails] }, 'none', /does not work from here/],
  [{ nat: 'varies', untried: [works.url] }, 'none', /was not tried: aparte doctor --relay allow/],
  [blocked, 'none', /UDP is blocked.*not of the server.*A relay would help/],
  [{ ...blocked, tcp: unseen }, 'none', /Nor did one answer over TCP/],
  [{ ...blocked, relays: [works] }, 'relay', /--relay allow on both sides/],
  [{ server: { ...good.server, skew: -90 } }, 'direct', /clocks differ/],
  [{ server: { ...good.server, reached: false, cause: 'gone' } }, null, /check its address/],
];

test('what is found is judged', () => {
  for (const [found, expect, advice] of VERDICTS) {
    const verdict = judge({ ...good, ...found }, false);
    assert.equal(verdict.expect, expect, JSON.stringify(found));
    assert.match(verdict.advice.join(' '), advice);
  }
  assert.equal(judge(good, true).expect, 'none');
  assert.equal(judge({ ...good, relays: [works] }, true).expect, 'relay');
});

test('findings are told in words', () => {
  const found = { ...good, server: { ...good.server, skew: 90 }, relays: [works, fails] };
  assert.deepEqual(reportLines(found, judge(found, false)), [
    'server  https://a.org reached in 20 ms, signalling version 1',
    "clock   90 s ahead of the server's",
    'UDP     you are seen as 203.0.113.1:5 (12 ms)',
    'TCP     you are seen as 203.0.113.1:5 (12 ms)',
    'NAT     one public port, whatever the destination (endpoint-independent)',
    'IPv6    none',
    'relay   turn:b.org works',
    'relay   turn:b.org: no answer',
    '',
    'From here a direct connection can be expected.',
    'The clocks differ: messages will show odd times.',
  ]);
});

test('a relay that was not tried, and a redirect that was not followed, are told', () => {
  const found = { ...good, server: { ...good.server, redirect: 'http://10.0.0.1/' }, untried: ['turn:b.org'] };
  const lines = reportLines(found, judge(found, false));
  assert.equal(lines[1], '        it redirects to http://10.0.0.1/, which was not followed');
  assert.ok(lines.includes('relay   turn:b.org: not tried without --relay allow'), lines.join('\n'));
});

test('the kind of NAT is told by the mappings of one port', () => {
  const mapping = (address: string, port: number) => ({ mapped: { address, port }, rttMs: 1 });
  const own = ['192.0.2.9'];
  assert.equal(natOf([], own), null);
  assert.equal(natOf([mapping('192.0.2.9', 1)], own), 'none');
  assert.equal(natOf([mapping('203.0.113.1', 1)], own), 'unknown');
  assert.equal(natOf([mapping('203.0.113.1', 1), mapping('203.0.113.1', 1)], own), 'same');
  assert.equal(natOf([mapping('203.0.113.1', 1), mapping('203.0.113.1', 2)], own), 'varies');
  assert.equal(natOf([mapping('203.0.113.1', 1), mapping('203.0.113.2', 1)], own), 'varies');
});

test('a STUN server is asked over UDP, from one port, and over TCP', async (t) => {
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

test("the server's clock is read, and what tells no time is borne", async (t) => {
  const http = createServer((_request, response) => {
    response.setHeader('Date', new Date(Date.now() - 90_500).toUTCString()).end();
  });
  t.after(() => http.close());
  const url = `http://127.0.0.1:${await portOf(http)}`;
  const { skew } = (await readClock(url)) ?? assert.fail();
  assert.ok(skew !== null && Math.abs(skew - 90) <= 1, String(skew));
  http.removeAllListeners('request').on('request', (_request, response) => {
    response.sendDate = false;
    response.end();
  });
  assert.equal((await readClock(url))?.skew, null);
  assert.equal(await readClock('http://127.0.0.1:1'), null);
});

test('the program examines a server that answers STUN, and exits 0', async () => {
  const signal = sandbox.run(['signal', '--port', '0', '--stun-port', '0']);
  const url = await signal.listening();
  const { stdout } = await sandbox.run(['doctor', '--json', '--server', url]).exits(0);
  assert.equal(stdout.split('\n').length, 2);
  const { server, udp, tcp, nat, expect } = JSON.parse(stdout) as Findings & { expect: Expectation };
  assert.deepEqual([server.url, server.reached, server.version, nat, expect], [url, true, 1, 'none', 'direct']);
  for (const found of [udp, tcp]) assert.match(found?.mapped ?? '', /^127\.0\.0\.1:\d+$/);
  const words = await sandbox.run(['doctor', '--server', url]).exits(0);
  assert.match(words.stdout, /^NAT {5}none between .*\n(.*\n)+\nFrom here a direct connection can be expected\.\n$/m);
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

test('a server that sends the doctor elsewhere is named, not obeyed, and steers no terminal', async (t) => {
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
  const words = await sandbox.run(['doctor', '--server', url]).exits(4);
  assert.ok(words.stdout.includes(`it redirects to ${to}\\x9b2J, which was not followed\n`), words.stdout);
  for (const { stdout } of [json, words]) assert.doesNotMatch(stdout, /[\x7f-\x9f]/);
  assert.equal(visits, 0);
});

test('without a server it says so and exits 4; a wrong flag is exit 2 and shows no password', async () => {
  const { stdout } = await sandbox.run(['doctor', '--server', 'http://127.0.0.1:1']).exits(4);
  assert.match(stdout, /^server {2}http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED\)\.\n/);
  assert.match(stdout, /check its address/);
  for (const args of [
    ['--turn', 'turn:ann:hush@'],
    ['--stun', 'http://a.org'],
    ['--relay', 'maybe'],
  ]) {
    const { stderr } = await sandbox.run(['doctor', ...args]).exits(2);
    assert.ok(!stderr.includes('hush'), stderr);
  }
});
