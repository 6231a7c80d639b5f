/** What the server writes to standard error: JSON lines or words, and nothing about any person. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { LEVELS, Log, RefusalCounter } from '../../signaling/log.ts';
import { start } from './command.ts';
import { Client, couple, undisturbed } from './test-server.ts';

/** The standard error of a server that was started with these flags, after something happened to it. */
async function said(argv: readonly string[], happening: (url: string) => Promise<void>): Promise<string> {
  const run = start(['--port', '0', ...argv]);
  await happening(/^listening on (\S+)\n$/.exec(await run.listening)?.[1] ?? assert.fail(run.err.join('')));
  run.stop();
  assert.equal(await run.exit, 0);
  assert.equal(run.out.length, 1);
  return run.err.join('');
}

/** Two clients meet, a third one is refused and sends garbage, with names and headers that are easy to find in a log. */
async function happen(t: TestContext, url: string): Promise<void> {
  const extraHeaders = { 'User-Agent': 'SpecialAgent', 'X-Forwarded-For': '203.0.113.77', Cookie: 'crumbs=sweet' };
  const options = { extraHeaders, localAddress: '127.0.0.66' };
  await undisturbed(await couple(t, url, 'secretplace'));
  const third = await Client.connect(t, url, options);
  assert.deepEqual(await third.ask('secretplace', 3), { error: 'room-full' });
  third.write('2["shout","secretword"]');
  await third.ended;
}

test('a log has one JSON object per line, about start, drain, refusals and stop, and nothing about any person', async (t) => {
  const text = await said(['--log', 'debug'], (url) => happen(t, url));
  for (const word of ['secretplace', 'secretword', 'SpecialAgent', '203.0.113', 'crumbs', '127.0.0', '::1'])
    assert.ok(!text.includes(word), word);
  const lines = text.split('\n');
  assert.equal(lines.pop(), '');
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const { at } of events) assert.equal(new Date(String(at)).toISOString(), at);
  assert.deepEqual(
    events.map(({ level, event }) => `${String(level)} ${String(event)}`),
    ['info start', 'info drain', 'info refused', 'debug census', 'info stop'],
  );
  assert.deepEqual(events[1]?.['connections'], 2);
  assert.deepEqual(events[2]?.['causes'], { 'room-full': 1, invalid: 1 });
});

test('a log level leaves out less severe events', async (t) => {
  for (const level of ['warn', 'error']) assert.equal(await said(['--log', level], (url) => happen(t, url)), '');
  assert.doesNotMatch(await said(['--log', 'info'], (url) => happen(t, url)), /census/);
  assert.equal(await start(['--log', 'loud']).exit, 2);
  const written: string[] = [];
  const log = new Log('warn', (line) => written.push(line));
  for (const level of LEVELS) log.message(level, level, 'something', 'do this');
  assert.deepEqual(
    written.map((line) => (JSON.parse(line) as { level: string }).level),
    ['error', 'warn'],
  );
});

test('without a log only problems are reported, in words', async (t) => {
  assert.equal(await said([], (url) => happen(t, url)), '');
  const turn = ['--turn-url', 'turn:a.org', '--turn-secret', 'x'];
  assert.match(await said(turn, async () => {}), /^aparte: warning: .*\naparte: .*\n$/);
  const line = await said([...turn, '--log', 'warn'], async () => {});
  assert.equal((JSON.parse(line) as { event: string }).event, 'visible-secret');
});

test('refusals are counted since the last time they were taken', () => {
  const counter = new RefusalCounter();
  assert.deepEqual(counter.take(), []);
  for (const cause of ['rate', 'full', 'rate'] as const) counter.add(cause);
  assert.deepEqual(Object.fromEntries(counter.take()), { rate: 2, full: 1 });
  assert.deepEqual(counter.take(), []);
});

test('a bug is reported by its stack frames, without its message, which may quote a client', async () => {
  for (const argv of [[], ['--log', 'error']]) {
    const run = start(['--port', '0', ...argv]);
    await run.listening;
    run.report(new TypeError('secretplace\n    in "203.0.113.77"'));
    run.report('secretplace');
    run.stop();
    await run.exit;
    const text = run.err.join('');
    assert.ok(!text.includes('secretplace') && !text.includes('203.0.113'), text);
    assert.match(
      text,
      argv.length === 0 ? /^aparte: .*\naparte: .*bug.*\n/ : /"event":"bug".*TypeError.*log\.test\.ts/,
    );
  }
});
