/** The `aparte signal` command: flags, output, exit codes. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unknownVariables } from '../../shared/environment.ts';
import { Process } from '../process.ts';
import { start } from './command.ts';
import { Client, couple, serve, undisturbed } from './test-server.ts';

test('a process prints one line, serves, disconnects its clients on SIGTERM, and exits 0', async (t) => {
  const script = fileURLToPath(new URL('run-signal.ts', import.meta.url));
  const server = new Process([process.execPath, '--import', 'tsx', script, '--port', '0']);
  t.after(() => server.kill('SIGKILL'));
  const url = await server.listening();
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const two = await couple(t, url, 'quiet');
  await undisturbed(two);
  const rude = await Client.connect(t, url);
  rude.write('2["shout"]');
  await rude.ended;
  server.kill('SIGTERM');
  for (const client of two) {
    assert.deepEqual(await client.next('fault'), { error: 'closing' });
    await client.ended;
  }
  await server.exits(0);
  assert.equal(server.stdout, `listening on ${url}\n`);
  assert.equal(server.stderr, '');
});

test('flags override the environment, and both are checked', async () => {
  const good = start(['--port', '0'], { APARTE_PORT: 'nonsense', APARTE_HOST: '127.0.0.2', APARTE_LIMITS: 'off' });
  assert.match(await good.listening, /^listening on http:\/\/127\.0\.0\.2:\d+\n$/);
  good.stop();
  assert.equal(await good.exit, 0);
  for (const [argv, env] of [
    [['--port', '65536'], {}],
    [['--port', '-1'], {}],
    [['--port', '1e3'], {}],
    [['--port', '--host'], {}],
    [['--port'], {}],
    [['--host', 'a b'], {}],
    [['--host', ''], {}],
    [['--limits', 'none'], {}],
    [['--redis', 'x'], {}],
    [['--redis', 'http://a.org'], {}],
    [[], { APARTE_REDIS: 'redis://' }],
    [['--redis', 'redis://h/1/2'], {}],
    [['--workers', '0'], {}],
    [['--workers', 'many'], {}],
    [['--stun-port', '65536'], {}],
    [['--stun-port', 'on'], {}],
    [['--stun-host', 'a b'], {}],
    [['--turn-url', 'turn:a.org'], {}],
    [['--turn-secret', 'x'], {}],
    [['--turn-url', 'stun:a.org', '--turn-secret', 'x'], {}],
    [['--turn-url', 'turn:u:p@a.org', '--turn-secret', 'x'], {}],
    [[1, 2, 3, 4, 5].flatMap((n) => ['--turn-url', `turn:a${n}.org`]), { APARTE_TURN_SECRET: 'x' }],
    [[], { APARTE_TURN_URL: 'turn:a.org, what', APARTE_TURN_SECRET: 'x' }],
    [[], { APARTE_STUN_PORT: 'x' }],
    [['extra'], {}],
    [[], { APARTE_PORT: 'x' }],
    [[], { APARTE_LIMITS: 'maybe' }],
  ] as const) {
    const { exit, out, err } = start(argv, env);
    assert.equal(await exit, 2, argv.join(' '));
    assert.deepEqual(out, []);
    assert.match(err.join(''), /^aparte: .+\naparte: see "aparte signal --help"\n$/);
  }
});

test('a password of Redis that is not percent-encoded is refused, with the remedy and without the password', async () => {
  for (const password of ['s3cret@word', 's3cret#word', 's3cret/word', 's3cret?word', 's3cret word', 's3cret%word']) {
    for (const [argv, env] of [
      [['--redis', `redis://:${password}@127.0.0.1`], {}],
      [[], { APARTE_REDIS: `rediss://user:${password}@127.0.0.1/2` }],
    ] as const) {
      const { exit, err } = start(argv, env);
      assert.equal(await exit, 2, password);
      assert.match(err.join(''), /^aparte: percent-encode the password of Redis: @ is %40, .*\n/);
      assert.doesNotMatch(err.join(''), /s3cret/);
    }
    // Encoded, it is tried.
    const encoded = start(['--redis', `redis://:${encodeURIComponent(password)}@127.0.0.1:1`, '--log', 'error']);
    assert.equal(await encoded.exit, 4);
    assert.match(encoded.err.join(''), /ECONNREFUSED|connection was refused/i);
  }
});

test('variables that look like settings and are none are named, with the one that was meant', async () => {
  const env = {
    APARTE_TRUST_PROXYS: '1',
    APARTE_MAX_ROOM: '5',
    APARTE_COLOUR: 'blue',
    APARTE_MAX_ROOMS: '6',
    PATH: '/',
  };
  const run = start(['--port', '0'], env);
  await run.listening;
  run.stop();
  assert.equal(await run.exit, 0);
  assert.deepEqual(run.err.join('').match(/No setting has the name \w+|Did you mean \w+\?|See .*/g), [
    'No setting has the name APARTE_COLOUR',
    'See "aparte signal --help" for the variables.',
    'No setting has the name APARTE_MAX_ROOM',
    'Did you mean APARTE_MAX_ROOMS?',
    'No setting has the name APARTE_TRUST_PROXYS',
    'Did you mean APARTE_TRUST_PROXY?',
  ]);
});

test('every variable in the help is a known one, and the variables of other commands are no mistakes', async () => {
  const { exit, out } = start(['--help']);
  assert.equal(await exit, 0);
  const help = out.join('');
  const named = new Set(help.match(/APARTE_[A-Z_]+/g));
  const limits = help.match(/--max-[a-z-]+/g) ?? [];
  for (const flag of limits) named.add(`APARTE_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`);
  assert.ok(named.size > 30);
  assert.deepEqual(unknownVariables(Object.fromEntries([...named].map((name) => [name, 'x']))), []);
  assert.deepEqual(unknownVariables({ APARTE_HOME: '/', APARTE_NAME: 'x', APARTE_DEBUG: '1' }), []);
});

test('the help shows flags, variables and examples', async () => {
  const { exit, out, err } = start(['--help']);
  assert.equal(await exit, 0);
  for (const word of ['--port', '--host', '--limits', 'APARTE_PORT', 'Examples:'])
    assert.ok(out.join('').includes(word), word);
  assert.deepEqual(err, []);
});

test('a port in use is an error with a hint and exit code 4', async (t) => {
  const { port } = await serve(t);
  const { exit, out, err } = start(['--port', String(port)]);
  assert.equal(await exit, 4);
  assert.deepEqual(out, []);
  assert.match(err.join(''), /^aparte: .*EADDRINUSE.*\naparte: .*--port.*\n$/);
});

test('plain HTTP beyond this machine causes a warning', async () => {
  const near = start(['--port', '0', '--host', 'localhost']);
  await near.listening;
  near.stop();
  await near.exit;
  assert.deepEqual(near.err, []);
  // Stands for any address that is not loopback.
  const far = start(['--port', '0', '--host', '::ffff:127.0.0.1', '--stun-port', 'off']);
  assert.match(await far.listening, /^listening on http:\/\/\[::ffff:127\.0\.0\.1\]:\d+\n$/);
  far.stop();
  assert.equal(await far.exit, 0);
  assert.match(far.err.join(''), /warning: Plain HTTP/);
});

/** What a join reply says about STUN and TURN if the server is started with these flags. */
async function offered(t: TestContext, argv: readonly string[], env: Record<string, string> = {}) {
  const run = start(['--port', '0', ...argv], env);
  const url = (await run.listening).trim().replace('listening on ', '').replace('localhost', '127.0.0.1');
  t.after(async () => {
    run.stop();
    await run.exit;
  });
  const { stunPort, turn } = await (await Client.connect(t, url)).join('team', 1);
  return { stunPort, turn: turn?.flatMap(({ urls }) => urls), err: run.err.join('') };
}

test('STUN is off on loopback unless asked for; relays in flags override the environment', async (t) => {
  assert.deepEqual(await offered(t, []), { stunPort: undefined, turn: undefined, err: '' });
  assert.ok((await offered(t, ['--stun-port', '0'])).stunPort);
  assert.ok((await offered(t, ['--stun-host', '127.0.0.2'], { APARTE_STUN_PORT: '0' })).stunPort);
  const env = { APARTE_TURN_URL: 'turn:a.org turns:b.org,turn:c.org?transport=tcp', APARTE_TURN_SECRET: 'x' };
  assert.deepEqual((await offered(t, [], env)).turn, ['turn:a.org', 'turns:b.org', 'turn:c.org?transport=tcp']);
  assert.deepEqual((await offered(t, ['--turn-url', 'turn:d.org'], env)).turn, ['turn:d.org']);
});

test('a secret among the arguments causes a warning and is shown nowhere', async (t) => {
  const { turn, err } = await offered(t, ['--turn-url', 'turn:a.org', '--turn-secret', 'hush-hush']);
  assert.deepEqual(turn, ['turn:a.org']);
  assert.match(err, /warning: .*--turn-secret\.\n.*APARTE_TURN_SECRET/);
  const help = start(['--help'], { APARTE_TURN_SECRET: 'hush-hush' });
  await help.exit;
  assert.ok(![...help.out, ...help.err, err].join('').includes('hush-hush'));
});

test('a STUN port in use is an error too', async (t) => {
  const { stunPort } = await offered(t, ['--stun-port', '0']);
  const { exit, err } = start(['--port', '0', '--stun-port', String(stunPort)]);
  assert.equal(await exit, 4);
  assert.match(err.join(''), /STUN on port \d+, .*EADDRINUSE/);
});
