/** Metrics: what is counted and where it is served. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { REFUSAL_CAUSES } from '../../signaling/observer.ts';
import { start as run } from './command.ts';
import { Client, couple, serve, undisturbed } from './test-server.ts';

/** A server started by the command. It ends with the test. */
async function start(t: TestContext, argv: readonly string[], env: Record<string, string> = {}) {
  const { out, err, stop, listening, exit } = run(['--port', '0', ...argv], env);
  t.after(async () => {
    stop();
    await exit;
  });
  await Promise.race([listening, exit]);
  const url = /^listening on (\S+)\n$/.exec(out.join(''))?.[1] ?? '';
  return { url, metrics: /^aparte: Metrics are at (\S+)$/m.exec(err.join(''))?.[1] ?? null, err: err.join(''), exit };
}

/** The figures of a scrape, by `name{labels}`. */
async function scrape(url: string): Promise<Map<string, number>> {
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

test('metrics count events and say nothing about any person', async (t) => {
  const { url, metrics } = await start(t, ['--metrics', '0']);
  assert.ok(metrics);
  const fresh = await scrape(metrics);
  const causes = REFUSAL_CAUSES.map((cause) => fresh.get(`aparte_refusals_total{cause="${cause}"}`));
  assert.deepEqual(new Set(causes), new Set([0]), 'every cause has a series from the start');
  const two = await couple(t, url, 'secretplace');
  await undisturbed(two);
  const third = await Client.connect(t, url);
  await third.ask('secretplace', 3);
  const figures = await scrape(metrics);
  const expected = {
    aparte_connections: 3,
    aparte_sockets: 3,
    aparte_rooms: 1,
    aparte_members: 2,
    aparte_meetings_total: 1,
    aparte_frame_bytes_count: 2,
    aparte_frame_bytes_sum: 5,
    'aparte_frame_bytes_bucket{le="256"}': 2,
    'aparte_refusals_total{cause="room-full"}': 1,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, figures.get(name)])), expected);
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'process_open_fds'])
    assert.ok(figures.has(name), name);
  const labels = new Set(
    [...figures.keys()].flatMap((name) => [...name.matchAll(/[{,](\w+)=/g)].map(([, key]) => key)),
  );
  const allowed = ['cause', 'le', 'type', 'space', 'kind', 'version', 'major', 'minor', 'patch'];
  for (const label of labels) assert.ok(allowed.includes(label ?? ''), label);
  const text = [...figures.keys()].join('\n');
  const revealing = [
    'secretplace',
    '127.0.0',
    new URL(url).port,
    ...[...two, third].map(({ socket }) => socket.id ?? ''),
  ];
  for (const word of revealing) assert.ok(!text.includes(word), word);
});

test('metrics are served only where asked for, and not to web pages', async (t) => {
  assert.equal((await start(t, [])).metrics, null);
  assert.equal((await start(t, ['--metrics', 'off'], { APARTE_METRICS: '127.0.0.1:0' })).metrics, null);
  const { url, metrics } = await start(t, [], { APARTE_METRICS: '127.0.0.2:0' });
  assert.match(metrics ?? '', /^http:\/\/127\.0\.0\.2:\d+\/metrics$/);
  assert.equal((await fetch(`${url}/metrics`)).status, 404);
  assert.equal((await fetch(new URL('/', metrics ?? ''))).status, 404);
  assert.equal((await fetch(metrics ?? '', { method: 'POST' })).status, 404);
  assert.equal((await fetch(metrics ?? '', { headers: { origin: 'http://example.org' } })).status, 404);
  // Not `fetch`, which sets the host header itself.
  const rebound = get(metrics ?? '', { headers: { host: 'rebound.example' }, agent: false });
  const [answer] = (await once(rebound, 'response')) as [IncomingMessage];
  answer.resume();
  assert.equal(answer.statusCode, 404);
});

test('a metrics port in use or a wrong address is an error', async (t) => {
  const { port } = await serve(t);
  const taken = await start(t, ['--metrics', `127.0.0.1:${port}`]);
  assert.equal(await taken.exit, 4);
  assert.match(taken.err, /^aparte: .*metrics on port \d+, .*EADDRINUSE.*\naparte: .*--metrics/);
  for (const where of ['65536', 'here', ':1', '127.0.0.1', 'a b:1', '[::1]']) {
    assert.equal(await (await start(t, ['--metrics', where])).exit, 2, where);
  }
});
