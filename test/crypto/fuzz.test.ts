/** Random bytes for every function of peer/crypto that takes bytes of a peer: it must throw a named error, or return. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { counter, frameLength, isFrameLength, nonce } from '../../peer/crypto/frame-format.ts';
import { decodeClaims, encodeClaims } from '../../peer/crypto/handshake-claims.ts';
import { Initiator, Responder, systemRandom } from '../../peer/crypto/index.ts';
import { readStep } from '../../peer/crypto/ratchet-step.ts';
import { MAX_CAPABILITIES, MAX_CHANNEL_FRAME, MAX_NAME } from '../../shared/limits.ts';
import { ann, ben, channels, claimsOf, codeOf, due, inputsOf, met, pair, seeded } from './test-parties.ts';

/** Random bytes: of any length or of a real frame's, behind any first byte or a real frame's. */
const rubbish = (lengths: readonly number[]) =>
  fc.tuple(fc.constantFrom(...lengths), fc.nat(20), fc.nat()).map(([length, first, seed]) => {
    const frame = seeded(seed)(length);
    if (length > 0) frame[0] = first;
    return frame;
  });

/** Asserts that something throws an error of the remote peer, not one of ours. */
function assertNamed(act: () => unknown): void {
  const code = codeOf(act);
  assert.ok(code !== null && code !== 'bug', String(code));
}

test('the handshake rejects random bytes', () => {
  const frames = rubbish([0, 1, 2, 40, 1217, 1281, 33 + 16 + 2048, 1 + 16 + 2048, 537]);
  fc.assert(
    fc.property(frames, (frame) => {
      const waiting = pair();
      assertNamed(() => waiting.a.gotReply(frame));
      assertNamed(() => waiting.b.gotHello(frame));
      const { a, b } = pair();
      const reply = b.gotHello(a.hello);
      assertNamed(() => b.gotProof(frame));
      a.gotReply(reply);
      a.prove(claimsOf('Ann'));
      assertNamed(() => a.gotProof(frame));
    }),
    { numRuns: 60 },
  );
});

test('rejects malformed cards as damaged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (card) => {
      const codes = [
        codeOf(() => new Initiator(inputsOf({ cardB: card }), ann, systemRandom)),
        codeOf(() => new Responder(inputsOf({ cardA: card }), ben, systemRandom)),
      ];
      assert.deepEqual(codes, ['damaged', 'damaged']);
    }),
  );
});

test('signals and sessions reject random bytes and go on', () => {
  const { a, b } = met();
  const session = channels('fuzz');
  session.b.open(due(session.a.step(0, true)), 0);
  const lengths = [0, 1, 9, 25, 127, 128, 129, 256, 537, 1024, 2048, 4096, 16_384, 16_385];
  fc.assert(
    fc.property(rubbish(lengths), fc.nat(2), (noise, n) => {
      const frame = noise.slice();
      if (frame.length > 9) frame.set(nonce(frame[0] ?? 0, n).subarray(0, 9));
      const signal = codeOf(() => assert.equal(b.openSignal(frame), null));
      assert.ok(signal === null || signal === 'damaged' || signal === 'lost-frame');
      for (const channel of [session.a, session.b]) {
        assert.ok(['forged', 'gap', 'replay', 'turn'].includes(codeOf(() => channel.open(frame, 0)) ?? 'opened'));
      }
    }),
    { numRuns: 300 },
  );
  assert.deepEqual(b.openSignal(a.sealSignal(Uint8Array.of(1))), Uint8Array.of(1));
  assert.deepEqual(session.b.open(session.a.seal(Uint8Array.of(1)), 0), Uint8Array.of(1));
  assert.equal(session.a.open(due(session.b.step(0, false)), 0), null);
});

test('takes any bytes apart as a step, or rejects them as damaged', () => {
  fc.assert(
    fc.property(rubbish([0, 9, 10, 41, 42, 128, 2048, 4096]), fc.nat(5), (frame, flags) => {
      if (frame.length > 9) frame[9] = flags;
      const code = codeOf(() => readStep(frame));
      assert.ok(code === null || code === 'damaged');
    }),
  );
});

test('decodes claims as they were encoded, and rejects other bytes as damaged', () => {
  const claims = fc.record({
    name: fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => Buffer.byteLength(name) <= MAX_NAME),
    description: fc.string({ unit: 'binary', maxLength: 1000 }),
    capabilities: fc.uint8Array({ maxLength: MAX_CAPABILITIES }),
    cursor: fc.maxSafeNat(),
  });
  const id = systemRandom(32);
  const proof = systemRandom(32);
  fc.assert(
    fc.property(claims, fc.nat(200), fc.nat(255), (made, at, byte) => {
      const bytes = encodeClaims(made, id, proof);
      assert.equal(bytes.length % 2048, 0);
      assert.deepEqual(decodeClaims(bytes), { claims: { ...made, id }, proof });
      bytes[at] = byte;
      const code = codeOf(() => decodeClaims(bytes));
      assert.ok(code === null || code === 'damaged');
    }),
  );
});

test('nonces hold type and counter, and frame lengths are powers of two', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(255), (n, type) => {
      const bytes = nonce(type, n);
      assert.equal(bytes.length, 24);
      assert.deepEqual([bytes[0], counter(bytes)], [type, n]);
      assert.equal(Buffer.from(bytes).readBigUInt64BE(1), BigInt(n));
    }),
  );
  assert.ok(counter(new Uint8Array(9).fill(255)) > Number.MAX_SAFE_INTEGER);
  for (let bytes = 1; bytes <= MAX_CHANNEL_FRAME; bytes += 7) {
    assert.ok(
      isFrameLength(frameLength(bytes)) &&
        frameLength(bytes) >= bytes &&
        (frameLength(bytes) === 128 || frameLength(bytes) < 2 * bytes),
    );
  }
  assert.deepEqual([0, 1, 64, 127, 129, 384, 32_768].filter(isFrameLength), []);
});
