import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex, lv } from '../../shared/bytes.ts';
import { commonVersion, decodeCard, encodeCard } from '../../shared/card.ts';
import { MAX_CARD } from '../../shared/limits.ts';

const nonce = fc.uint8Array({ minLength: 16, maxLength: 16 });
const versions = fc
  .uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 16 })
  .map((list) => list.sort((a, b) => a - b));

test('a card decodes to the same card and stays within its limit', () => {
  fc.assert(
    fc.property(versions, nonce, (list, random) => {
      const card = encodeCard({ versions: list, nonce: random });
      assert.ok(card.length <= MAX_CARD);
      assert.deepEqual(decodeCard(card), { versions: list, nonce: random });
    }),
  );
  assert.equal(hex(encodeCard({ versions: [1], nonce: new Uint8Array(16) })), `010110${'00'.repeat(16)}`);
});

test('bytes either decode to a card that encodes to the same bytes, or are damaged', () => {
  const wild = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 })).map((parts) => lv(...parts)),
  );
  fc.assert(
    fc.property(wild, (input) => {
      let card: ReturnType<typeof decodeCard>;
      try {
        card = decodeCard(input);
      } catch (error) {
        assert.equal((error as { code: string }).code, 'damaged');
        return;
      }
      assert.deepEqual(encodeCard(card), input);
    }),
    { numRuns: 2_000 },
  );
});

test('versions that are unordered, repeated, zero, missing or too many are damaged', () => {
  const random = new Uint8Array(16);
  const lists = [[], [0], [2, 1], [1, 1], Array.from({ length: 17 }, (_, index) => index + 1)];
  for (const list of lists) assert.throws(() => decodeCard(lv(Uint8Array.from(list), random)), { code: 'damaged' });
  for (const length of [0, 15, 17]) {
    assert.throws(() => decodeCard(lv(Uint8Array.of(1), new Uint8Array(length))), { code: 'damaged' });
  }
});

test('the common version is the highest that both cards name', () => {
  const card = (...list: number[]) => ({ versions: list, nonce: new Uint8Array(16) });
  assert.equal(commonVersion(card(1), card(1)), 1);
  assert.equal(commonVersion(card(1, 2, 4), card(2, 3, 4, 5)), 4);
  assert.equal(commonVersion(card(1), card(2)), null);
});
