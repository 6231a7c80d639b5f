/** The session's ratchet: sizes, counters, turns, and a peer with the right keys that breaks the rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sodium from 'libsodium-wrappers';
import { pad, padToMultiple, unpad } from '../../peer/crypto/frame-format.ts';
import { systemRandom } from '../../peer/crypto/index.ts';
import { MAX_PLAIN, RatchetChannel } from '../../peer/crypto/ratchet-channel.ts';
import { mlkemPair } from '../../peer/crypto/sodium.ts';
import { concat, equalBytes, utf8 } from '../../shared/bytes.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { ReferenceChannel } from './reference-channel.ts';
import { channels, due, flipped, refused, seeded, sessionOf, spliced } from './test-parties.ts';

/** A real A and a reference B that can misbehave, after A's first step. */
function realAndReference(seed: string) {
  const { session, ratchetA, ratchetB } = sessionOf(seed);
  const a = new RatchetChannel({ role: 'A', session, ratchet: ratchetA }, seeded(`A ${seed}`));
  const b = new ReferenceChannel('B', session, ratchetB, seeded(`B ${seed}`));
  b.open(due(a.step(0, true)));
  return { a, b };
}

test('pads frames to powers of two and holds up to MAX_PLAIN bytes', () => {
  const { a, b } = channels('sizes');
  const lengths = [0, 1, 102, 103, 230, 231, 5000, MAX_PLAIN].map((length) => {
    const plain = systemRandom(length);
    const frame = a.seal(plain);
    assert.deepEqual(b.open(frame, 0), plain);
    return frame.length;
  });
  assert.deepEqual(lengths, [128, 128, 128, 256, 256, 512, 8192, 16_384]);
  refused('bug', () => a.seal(new Uint8Array(MAX_PLAIN + 1)));
  assert.deepEqual(b.open(a.seal(utf8('still alive')), 0), utf8('still alive'));
});

test('pads as libsodium does', () => {
  for (const length of [0, 1, 100, 102]) {
    const content = systemRandom(length);
    assert.deepEqual(pad(content, 103), sodium.pad(content, 103));
    assert.deepEqual(unpad(sodium.pad(content, 103)), content);
    assert.deepEqual(padToMultiple(content, 51), sodium.pad(content, 51));
  }
  refused('bug', () => pad(new Uint8Array(103), 103));
  for (const wrong of [new Uint8Array(0), new Uint8Array(9), Uint8Array.of(128, 1)])
    refused('damaged', () => unpad(wrong));
});

test('A steps first, and each step passes the turn', () => {
  const { a, b } = channels('turns');
  assert.deepEqual([a.nextStepAt(), b.nextStepAt()], [0, null]);
  assert.equal(b.step(1000, true), null);
  assert.equal(b.step(1000, false), null);
  assert.equal(b.open(due(a.step(1000, false)), 1010), null);
  assert.deepEqual([a.nextStepAt(), b.nextStepAt()], [null, 11_010]);
  assert.equal(a.step(99_999, true), null);
  assert.equal(b.step(11_009, true), null);
  assert.equal(a.open(due(b.step(11_010, true)), 11_020), null);
  assert.deepEqual([a.sent, a.received, b.sent, b.received], [1, 1, 1, 1]);
});

test('steps behind data 250 ms after the last step', () => {
  const { a, b } = channels('behind data');
  b.open(due(a.step(0, true)), 0);
  a.open(due(b.step(0, false)), 0);
  assert.equal(a.step(249, false), null);
  b.open(due(a.step(250, false)), 250);
  assert.equal(b.step(249, false), null);
  a.open(due(b.step(250, false)), 250);
});

test('each side asks for an ML-KEM secret every 20 s, and the next step answers it', () => {
  const { a, b } = channels('kem');
  const flags: number[] = [];
  let now = 0;
  for (let turn = 0; turn < 8; turn++, now += 10_000) {
    const [maker, receiver] = turn % 2 === 0 ? [a, b] : [b, a];
    const frame = due(maker.step(now, true));
    flags.push(frame[9] ?? -1);
    assert.equal(receiver.open(frame, now), null);
    assert.equal(frame.length, [128, 2048, 2048, 4096][frame[9] ?? 0]);
    assert.deepEqual(receiver.open(maker.seal(utf8('x')), now), utf8('x'));
    assert.deepEqual(maker.open(receiver.seal(utf8('y')), now), utf8('y'));
  }
  assert.deepEqual(flags, [0, 0, 1, 3, 3, 3, 3, 3]);
});

test('opens frames of the old chain until the step that replaces it', () => {
  const { a, b } = channels('in flight');
  const before = [utf8('1'), utf8('2')].map((plain) => b.seal(plain));
  b.open(due(a.step(0, true)), 0);
  const step = due(b.step(0, false));
  const after = b.seal(utf8('3'));
  assert.deepEqual(
    before.map((frame) => a.open(frame, 0)),
    [utf8('1'), utf8('2')],
  );
  assert.equal(a.open(step, 0), null);
  assert.deepEqual(a.open(after, 0), utf8('3'));
});

test('names a repeated, skipped or changed frame and changes nothing', () => {
  const { a, b } = channels('named');
  b.open(due(a.step(0, true)), 0);
  const [one, two] = [a.seal(utf8('one')), a.seal(utf8('two'))];
  const own = b.seal(utf8('own'));
  refused('gap', () => b.open(two, 0));
  refused('replay', () => b.open(own, 0));
  for (let at = 1; at < one.length; at++) refused(nameOf(at), () => b.open(flipped(one, at, 0), 0));
  refused('forged', () => b.open(flipped(one, 0, 1), 0));
  refused('turn', () => b.open(flipped(one, 0, 0), 0));
  for (const length of [0, 1, 8, 9, 24, 25, 127]) refused('forged', () => b.open(one.subarray(0, length), 0));
  refused('forged', () => b.open(concat(one, new Uint8Array(128)), 0));
  refused('forged', () => b.open(concat(one, new Uint8Array(1)), 0));
  refused('forged', () => b.open(new Uint8Array(32_768), 0));
  assert.deepEqual(b.open(one, 0), utf8('one'));
  refused('replay', () => b.open(one, 0));
  assert.deepEqual(b.open(two, 0), utf8('two'));
  assert.deepEqual(a.open(own, 0), utf8('own'));
});

test('rejects a step with any byte changed, and still opens the right one', () => {
  const { a, b } = channels('changed step');
  b.open(due(a.step(0, true)), 0);
  a.open(due(b.step(10_000, true)), 10_000);
  b.open(due(a.step(20_000, true)), 20_000);
  const step = due(b.step(30_000, true));
  assert.equal(step[9], 3);
  const tickets = () => a.tickets().map(({ nameplate }) => nameplate);
  const before = tickets();
  for (let at = 0; at < step.length; at += at < 60 ? 1 : 13) {
    refused(nameOf(at), () => a.open(flipped(step, at, 0), 30_000));
  }
  assert.deepEqual(tickets(), before);
  assert.equal(a.open(step, 30_000), null);
  assert.notDeepEqual(tickets(), before);
});

/** The error word for a frame with an odd counter after the lowest bit of byte `at` was flipped. */
function nameOf(at: number): ErrorCode {
  if (at < 1 || at > 8) return 'forged';
  return at === 8 ? 'replay' : 'gap';
}

test('rejects a step without the turn', () => {
  const { a, b } = realAndReference('no turn');
  assert.equal(a.open(b.step(), 0), null);
  const D = sodium.crypto_box_keypair().publicKey;
  b.D = D;
  const second = b.step();
  refused('turn', () => a.open(second, 0));
  const fresh = sessionOf('no turn at all');
  const early = new ReferenceChannel('A', fresh.session, fresh.ratchetA, systemRandom);
  early.step();
  early.D = D;
  const real = new RatchetChannel({ role: 'B', session: fresh.session, ratchet: fresh.ratchetB }, systemRandom);
  const twice = early.step();
  refused('gap', () => real.open(twice, 0));
});

/** Steps that only a dishonest peer with the right keys makes. */
const FORGERIES: readonly (readonly [string, (b: ReferenceChannel) => Uint8Array])[] = [
  ['an answer to no key', (b) => b.step({ ct: systemRandom(1088) })],
  ['a key of low order', (b) => b.step({ D: new Uint8Array(32) })],
  ['another key of low order', (b) => b.step({ D: Uint8Array.of(1, ...new Uint8Array(31)) })],
  ['a key it did not use', (b) => b.step({ D: sodium.crypto_box_keypair().publicKey })],
  ['data in the step', (b) => b.step({ plain: utf8('data') })],
  ['flags nobody knows', (b) => spliced(b.step(), 9, Uint8Array.of(4))],
  ['flags for what is not there', (b) => spliced(b.step(), 9, Uint8Array.of(1))],
  ['another ML-KEM key', (b) => spliced(b.step({ ek: true }), 42, mlkemPair(systemRandom).publicKey)],
  ['an ML-KEM key that is none', (b) => b.step({ ek: new Uint8Array(1184).fill(255) })],
];

for (const [what, forge] of FORGERIES) {
  test(`rejects a step with ${what} as forged and changes nothing`, () => {
    const { a, b } = realAndReference(what);
    const honest = b.stolen(seeded('honest'));
    refused('forged', () => a.open(forge(b), 0));
    assert.equal(a.open(honest.step({ ek: true }), 0), null);
    const answer = due(a.step(0, true) ?? a.step(10_000, true));
    assert.equal(honest.open(answer), null);
    assert.deepEqual(honest.open(a.seal(utf8('on we go'))), utf8('on we go'));
  });
}

test('rejects a step that leaves an ML-KEM key unanswered or answers with another secret', () => {
  const { a, b } = realAndReference('mute');
  a.open(b.step(), 0);
  b.open(due(a.step(20_000, true)));
  assert.equal(b.ek.length, 1184);
  const [mute, wrong, honest] = ['mute', 'wrong', 'honest'].map((name) => b.stolen(seeded(name)));
  refused('forged', () => a.open((mute ?? b).step({ mute: true }), 20_000));
  refused('forged', () => a.open((wrong ?? b).step({ ct: systemRandom(1088) }), 20_000));
  assert.equal(a.open((honest ?? b).step(), 20_000), null);
});

test('is stale when the peer is heard but does not step for 60 s', () => {
  const { a, b } = realAndReference('stale');
  for (let now = 5000; now < 60_000; now += 5000) {
    a.open(b.data(utf8('ping')), now);
    assert.equal(a.stale(now), false, `after ${now} ms`);
  }
  a.open(b.data(utf8('ping')), 60_000);
  assert.equal(a.stale(60_000), true);
  assert.equal(a.stale(70_000), false);
  a.open(b.step(), 70_000);
  assert.equal(a.stale(200_000), false);
  const silent = channels('never begun');
  silent.b.open(silent.a.seal(utf8('ping')), 1000);
  assert.equal(silent.b.stale(60_999), false);
  silent.b.open(silent.a.seal(utf8('ping')), 61_000);
  assert.equal(silent.b.stale(61_000), true);
});

test('keeps one ticket after receiving a step, and two after making one', () => {
  const { a, b } = channels('tickets');
  const names = (channel: RatchetChannel) => channel.tickets().map(({ nameplate }) => nameplate);
  const [first] = names(a);
  assert.deepEqual(names(b), [first]);
  assert.match(first ?? '', /^[a-z2-7]{26}$/);
  const step = due(a.step(0, true));
  assert.equal(names(a).length, 2);
  assert.deepEqual(names(a)[1], first);
  b.open(step, 0);
  assert.deepEqual(names(b), names(a).slice(0, 1));
  const [ours, theirs] = [a.tickets()[0], b.tickets()[0]];
  assert.ok(ours && theirs && equalBytes(ours.secret, theirs.secret) && ours.secret.length === 32);
  a.open(due(b.step(0, false)), 0);
  assert.deepEqual(names(a), names(b).slice(0, 1));
});

test('a wiped channel throws, and its tickets stay valid', () => {
  const { a, b } = channels('wiped');
  const frame = b.seal(utf8('late'));
  const [ticket] = a.tickets();
  a.wipe();
  a.wipe();
  refused('bug', () => a.seal(utf8('x')));
  refused('bug', () => a.open(frame, 0));
  refused('bug', () => a.step(0, true));
  refused('bug', () => a.tickets());
  assert.ok(ticket && !equalBytes(ticket.secret, new Uint8Array(32)));
  const { secret } = ticket;
  ticket.wipe();
  assert.deepEqual(secret, new Uint8Array(32));
  refused('bug', () => ticket.secret);
});
