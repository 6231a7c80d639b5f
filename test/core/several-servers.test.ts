/** Two programs that name several servers: they connect over any that works, and risk one guess. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { FLIGHT, ready } from '../../peer/crypto/index.ts';
import { hex } from '../../shared/bytes.ts';
import { FakeNetwork } from './fake-network.ts';
import type { FakeProgram } from './fake-program.ts';
import type { Tamper } from './fake-server.ts';
import { seeded } from './seeded-random.ts';

before(ready);

const CODE = { nameplate: 'team', secret: 'ocean-violin' };

/** Alice and Bob at `count` servers, which act in the order of `seed`. All REPLYs are recorded. */
function scene(seed: number, count = 2, secrets: readonly [string, string] = [CODE.secret, CODE.secret]) {
  const network = new FakeNetwork(seed);
  const several = network.meetAt(count, seeded(seed));
  const [alice, bob] = ['alice', 'bob'].map((name, index) =>
    network.program(name, { code: { ...CODE, secret: secrets[index] as string } }),
  ) as [FakeProgram, FakeProgram];
  const replies = { alice: new Set<string>(), bob: new Set<string>() };
  const watch =
    (tamper: Tamper): Tamper =>
    (frame) => {
      const { name } = frame.from;
      if (frame.bytes[0] === FLIGHT.reply && (name === 'alice' || name === 'bob')) replies[name].add(hex(frame.bytes));
      return tamper(frame);
    };
  for (const server of several.servers) server.tamper = watch(({ bytes }) => [bytes]);
  const tamper = (index: number, how: Tamper) => {
    const server = several.servers[index];
    if (server !== undefined) server.tamper = watch(how);
  };
  return { network, several, alice, bob, replies, tamper };
}

type Scene = ReturnType<typeof scene>;

function assertTalking({ network, alice, bob, replies }: Scene, what: string): void {
  alice.send('hello');
  bob.send('back');
  network.pass(1_000);
  assert.deepEqual([bob.texts, alice.texts], [['hello'], ['back']], what);
  assert.equal(replies.alice.size + replies.bob.size, 1, what);
  assert.ok(![...alice.errors, ...bob.errors].includes('wrong-code'), what);
}

test('connects with one REPLY, whoever comes first at which server, and however the servers are out of step', () => {
  let crossings = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 2, max: 4 }),
      fc.boolean(),
      (seed, count, atOnce) => {
        const played = scene(seed, count);
        const { network, several, alice, bob } = played;
        const hellos = new Set<string>();
        several.servers.forEach((_, index) => {
          played.tamper(index, ({ from, bytes }) => {
            if (bytes[0] === FLIGHT.hello) hellos.add(from.name);
            return [bytes];
          });
        });
        alice.start();
        if (!atOnce) network.settle();
        bob.start();
        network.settle();
        crossings += hellos.size - 1;
        assertTalking(played, `seed ${seed}`);
        assert.deepEqual([alice.errors, bob.errors], [[], []]);
      },
    ),
    { numRuns: 60 },
  );
  assert.ok(crossings > 5, `HELLOs crossed ${crossings} times`);
});

test('connects without a guess although a server dies at any moment of the pairing, and comes back or not', () => {
  const whenBack = fc.option(fc.tuple(fc.constantFrom(0, 1, 250, 3_000, 6_000), fc.boolean()));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 12 }), whenBack, (seed, at, back) => {
      const played = scene(seed);
      const { network, several, alice, bob } = played;
      let frames = 0;
      several.servers.forEach((_, index) => {
        played.tamper(index, ({ bytes }) => {
          frames += 1;
          if (frames !== at) return [bytes];
          several.die(index);
          if (back?.[0] === 0) several.revive(index, back[1]);
          return [];
        });
      });
      alice.start();
      bob.start();
      network.pass(back?.[0] ?? 8_000);
      if (back !== null) for (const index of [0, 1]) several.revive(index, back[1]);
      network.pass(15_000);
      assertTalking(played, `seed ${seed}, frame ${at}, ${String(back)}`);
    }),
    { numRuns: 80 },
  );
});

for (const [what, swallowed] of [
  ['every frame', () => true],
  ['every REPLY', (type: number | undefined) => type === FLIGHT.reply],
] as const) {
  test(`is only delayed by a server that shows the cards and swallows ${what}`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 2, max: 3 }), fc.nat(2), (seed, count, evil) => {
        const played = scene(seed, count);
        const { network, alice, bob } = played;
        played.tamper(evil % count, ({ bytes }) => (swallowed(bytes[0]) ? [] : [bytes]));
        alice.start();
        bob.start();
        network.pass(15_000);
        assertTalking(played, `seed ${seed}`);
      }),
      { numRuns: 40 },
    );
  });
}

test('risks one guess with wrong codes, however many servers there are', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { network, alice, bob, replies } = scene(seed, 3, ['ocean-violin', 'ocean-violet']);
    alice.start();
    bob.start();
    network.pass(30_000);
    assert.equal(replies.alice.size + replies.bob.size, 1);
    assert.deepEqual([alice.end?.exit, bob.end?.exit], [3, 3]);
  }
});

test('connects over the one server in common, and reports no error', () => {
  const played = scene(3, 3);
  const { network, several, alice, bob } = played;
  several.named.set(alice, [0, 1]);
  several.named.set(bob, [1, 2]);
  alice.start();
  bob.start();
  network.settle();
  assertTalking(played, '');
  assert.deepEqual([alice.errors, bob.errors], [[], []]);
});

test('reconnects by ticket over whichever server is left', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const played = scene(seed);
    const { network, several, alice, bob } = played;
    alice.start();
    bob.start();
    network.settle();
    assertTalking(played, '');
    several.die(seed % 2);
    network.cutLinks();
    alice.send('again');
    network.pass(10_000);
    assert.deepEqual(bob.texts, ['hello', 'again']);
  }
});

test('names a full server and goes on at the others, and ends if all are full', () => {
  const played = scene(5, 3);
  const { network, several, alice, bob } = played;
  for (const program of [alice, bob]) several.named.set(program, [0, 1]);
  const squatters = [0, 0, 2, 2].map((server, n) => {
    const squatter = network.program(`squatter${n}`, { code: { ...CODE, secret: 'same-as-theirs' } });
    several.named.set(squatter, [server]);
    return squatter;
  });
  network.linksWork = false;
  for (const squatter of squatters) squatter.start();
  network.settle();
  network.linksWork = true;
  alice.start();
  bob.start();
  network.settle();
  assertTalking(played, '');
  assert.deepEqual(alice.errors, ['room-full']);
  assert.deepEqual(alice.of('error')[0]?.error.detail, {
    key: 'one-server',
    of: 2,
    server: { name: 'server 0', cause: { code: 'room-full', detail: null } },
  });
  const late = network.program('late', { code: CODE });
  several.named.set(late, [0, 2]);
  late.start();
  network.settle();
  assert.deepEqual([late.errors, late.end?.exit], [['room-full'], 4]);
  const cause = { code: 'room-full', detail: null };
  assert.deepEqual(late.of('error')[0]?.error.detail, {
    key: 'each-server',
    servers: ['server 0', 'server 2'].map((name) => ({ name, cause })),
  });
});

test('leaves a drawn nameplate that strangers have, silently and without a guess', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const network = new FakeNetwork(seed);
    const several = network.meetAt(3, seeded(seed));
    const strangers = ['waiting', 'late'].map((name) =>
      network.program(name, { code: { nameplate: '10000', secret: 'of-strangers' } }),
    ) as [FakeProgram, FakeProgram];
    for (const stranger of strangers) several.named.set(stranger, [1]);
    strangers[0].start();
    network.settle();
    const maker = network.program('maker', { code: { nameplate: null, secret: 'ocean-violin' } });
    maker.start();
    network.settle();
    assert.equal(maker.of('code')[0]?.code, '10000-ocean-violin');
    const friend = network.program('friend', { code: { nameplate: '10000', secret: 'ocean-violin' } });
    several.named.set(friend, [2]);
    for (const program of [strangers[1], friend]) program.start();
    network.settle();
    for (const program of [...strangers, maker, friend]) {
      assert.deepEqual([program.errors, program.of('peer').at(-1)?.status], [[], 'connected']);
    }
  }
});

test('refuses a short nameplate under which different people wait at different servers, at the cost of no guess', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const network = new FakeNetwork(seed);
    const several = network.meetAt(2, seeded(seed));
    const waiting = ['here', 'there'].map((name, index) => {
      const program = network.program(name, { code: { nameplate: '7', secret: `of-${name}` } });
      several.named.set(program, [index]);
      program.start();
      return program;
    });
    network.settle();
    const late = network.program('late', { code: { nameplate: '7', secret: 'of-here' } });
    late.start();
    network.settle();
    assert.deepEqual([late.errors, late.end?.exit], [['several-rooms'], 4]);
    const friend = network.program('friend', { code: { nameplate: '7', secret: 'of-here' } });
    several.named.set(friend, [0]);
    friend.start();
    network.settle();
    assert.deepEqual(
      waiting.map(({ errors }) => errors),
      [[], []],
    );
    assert.equal(friend.of('peer').at(-1)?.status, 'connected');
  }
});
