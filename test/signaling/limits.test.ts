/** Token buckets, and the limits per address. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { AddressLimiter, addressKey } from '../../signaling/address-limits.ts';
import { FULL_BUCKET, KeyedBuckets, takeTokens } from '../../signaling/token-bucket.ts';
import { serve } from './test-server.ts';

test('a bucket never gives more than its burst and what its rate has added since', () => {
  const rate = { burst: 5, perSecond: 2 };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 })), (pauses) => {
      let bucket = FULL_BUCKET;
      let now = 0;
      let given = 0;
      for (const pause of pauses) {
        now += pause;
        const taken = takeTokens(bucket, rate, now);
        if (taken !== null) given += 1;
        bucket = taken ?? bucket;
        assert.ok(given <= rate.burst + (now / 1000) * rate.perSecond + 1e-6);
      }
    }),
  );
});

test('a bucket gives its burst at once, and then as much as its rate adds', () => {
  const rate = { burst: 3, perSecond: 2 };
  let bucket = FULL_BUCKET;
  const at = (now: number) => {
    const taken = takeTokens(bucket, rate, now);
    bucket = taken ?? bucket;
    return taken !== null;
  };
  const times = [0, 0, 0, 0, 499, 500, 501, 10_000, 10_000, 10_000, 10_000];
  const given = [true, true, true, false, false, true, false, true, true, true, false];
  assert.deepEqual(times.map(at), given);
});

test('each key has a bucket, up to a number of keys, and a full bucket is forgotten', () => {
  const buckets = new KeyedBuckets({ burst: 1, perSecond: 1 }, 3);
  assert.deepEqual(
    ['a', 'a', 'b', 'c'].map((key) => buckets.take(key, 0)),
    [true, false, true, true],
  );
  assert.equal(buckets.take('d', 0), true);
  assert.equal(buckets.size, 3);
  assert.equal(buckets.take('c', 500), false);
  buckets.sweep(999);
  assert.equal(buckets.size, 3);
  assert.equal(buckets.take('b', 1_000), true);
  buckets.sweep(1_500);
  assert.equal(buckets.size, 1);
  buckets.sweep(2_000);
  assert.equal(buckets.size, 0);
});

test('an IPv4 address counts as itself, and an IPv6 address as its network', () => {
  const same = [
    ['192.0.2.1', '::ffff:192.0.2.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:DB8:1:2::'],
    ['::1', '::2'],
    ['fe80::1%eth0', 'fe80::2'],
  ];
  for (const group of same) assert.equal(new Set(group.map(addressKey)).size, 1, group.join(' '));
  assert.equal(new Set(same.map(([first = '']) => addressKey(first))).size, same.length);
  assert.notEqual(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:3::1'));
  assert.notEqual(addressKey('192.0.2.1'), addressKey('192.0.2.2'));
});

test('connections of an address are counted until they end', () => {
  const often = { burst: 100, perSecond: 1 };
  const limiter = new AddressLimiter({
    connections: 2,
    connects: { burst: 6, perSecond: 0.001 },
    joins: often,
    guesses: often,
  });
  const connect = () => limiter.connected('192.0.2.1', 0);
  assert.deepEqual([connect(), connect(), connect()], [null, null, 'limit']);
  assert.equal(limiter.connected('192.0.2.2', 0), null);
  assert.equal(limiter.isCrowded('192.0.2.1'), false);
  assert.equal(connect(), 'limit');
  assert.equal(limiter.isCrowded('192.0.2.1'), true);
  for (let count = 0; count < 4; count++) limiter.disconnected('192.0.2.1');
  assert.deepEqual([connect(), connect(), connect()], [null, null, 'rate']);
});

test('all networks of a site together have eight times the limits of one, and a refused one costs the others nothing', () => {
  const rare = (burst: number) => ({ burst, perSecond: 1e-6 });
  const limits = { connections: 1_000, connects: rare(10), joins: rare(1_000), guesses: rare(10) };
  const limiter = new AddressLimiter(limits);
  const home = (network: number) => `2001:db8:1:${network.toString(16)}::1`;
  const connects = (address: string) => limiter.connected(address, 0) === null;
  const guesses = (address: string) => limiter.join(address, '7', 0) === null;
  const allowed = (attempt: (address: string) => boolean, network: number) =>
    Array.from({ length: 100 }, () => attempt(home(network))).filter(Boolean).length;
  for (const attempt of [connects, guesses]) {
    const counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((network) => allowed(attempt, network));
    assert.deepEqual(counts, [10, 10, 10, 10, 10, 10, 10, 10, 0, 0]);
    assert.ok(attempt('2001:db8:2::1'));
    assert.ok(attempt('192.0.2.1'));
  }
  const crowd = new AddressLimiter({ ...limits, connections: 1, connects: rare(1_000) });
  const opened = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((network) => crowd.connected(home(network), 0));
  assert.deepEqual(opened, [...Array.from({ length: 8 }, () => null), 'limit']);
  crowd.disconnected(home(1));
  crowd.disconnected(home(9));
  assert.equal(crowd.connected(home(10), 0), null);
});

test('an address may have four sockets for each connection, whatever it sends on them', async (t) => {
  const rate = { burst: 1_000, perSecond: 1 };
  const server = await serve(t, { perAddress: { connections: 2, connects: rate, joins: rate, guesses: rate } });
  const sockets = Array.from({ length: 9 }, () => dial(server.port, '127.0.0.1'));
  for (const socket of sockets) t.after(() => socket.on('error', () => {}).destroy());
  await once(sockets[8]?.on('error', () => {}).resume() ?? assert.fail(), 'close');
  for (const socket of sockets.slice(0, 8)) {
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 200 /);
  }
});
