import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { base32, concat, equalBytes, fromLv, fromU64, fromUtf8, hex, lv, u64, utf8 } from '../../shared/bytes.ts';

const bytes = (maxLength = 200) => fc.uint8Array({ maxLength });
const damaged = { code: 'damaged' };

test('a list of parts decodes to the same parts', () => {
  fc.assert(
    fc.property(fc.array(bytes(), { maxLength: 8 }), (parts) => {
      assert.deepEqual(fromLv(lv(...parts), parts.length), parts);
    }),
  );
  assert.equal(fromLv(lv(new Uint8Array(70_000)), 1)[0]?.length, 70_000);
});

test('a list has each part after its length in LEB128, as the draft says', () => {
  // draft-irtf-cfrg-cpace, appendix on lv_cat: prepend_len of "1234", of nothing, of 0..126 and of 0..127.
  assert.equal(hex(lv(utf8('1234'))), '0431323334');
  assert.equal(hex(lv(new Uint8Array(0))), '00');
  assert.equal(hex(lv(new Uint8Array(127)).subarray(0, 1)), '7f');
  assert.equal(hex(lv(new Uint8Array(128)).subarray(0, 2)), '8001');
});

test('bytes either decode to a list that encodes to the same bytes, or are damaged', () => {
  fc.assert(
    fc.property(bytes(40), (input) => {
      let parts: Uint8Array[];
      try {
        parts = fromLv(input, 0, 40);
      } catch (error) {
        assert.equal((error as { code: string }).code, 'damaged');
        return;
      }
      assert.deepEqual(lv(...parts), input);
    }),
    { numRuns: 2_000 },
  );
});

test('a list with a malformed, padded or endless length is damaged', () => {
  for (const input of [[1], [2, 0], [0x80], [0x80, 0x00], [0xff, 0xff, 0xff, 0xff, 0x7f], [0x81, 0x00, 0]]) {
    assert.throws(() => fromLv(Uint8Array.from(input), 0, 9), damaged, String(input));
  }
  // Lengths past 2^28, which 32-bit shifts would wrap: to 8, which fits, and below 0.
  const wraps = [0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1, 2, 3, 4, 5, 6, 7, 8];
  for (const input of [wraps, [0x80, 0x80, 0x80, 0x80, 0x08]]) {
    assert.throws(() => fromLv(Uint8Array.from(input), 0, 9), damaged, String(input));
  }
  assert.throws(() => fromLv(lv(utf8('a')), 2), damaged);
  assert.throws(() => fromLv(lv(utf8('a'), utf8('b')), 1), damaged);
});

test('integers are 8 big-endian bytes up to 2^53 - 1', () => {
  assert.equal(hex(u64(258)), '0000000000000102');
  fc.assert(fc.property(fc.maxSafeNat(), (value) => assert.equal(fromU64(u64(value)), value)));
  assert.throws(() => fromU64(u64(0).subarray(1)), damaged);
  assert.throws(() => fromU64(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0)), damaged);
});

test('an integer is read from the start of the view, not of its buffer', () => {
  assert.equal(fromU64(concat(u64(1), u64(2)).subarray(8)), 2);
});

test('text is strict UTF-8 and keeps a byte order mark', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(fromUtf8(utf8(text)), text)));
  assert.equal(fromUtf8(utf8('\ufeffa')), '\ufeffa');
  for (const input of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    assert.throws(() => fromUtf8(Uint8Array.from(input)), damaged);
  }
});

test('joined and compared byte strings depend on length and order', () => {
  assert.deepEqual(concat(), new Uint8Array(0));
  fc.assert(
    fc.property(bytes(), bytes(), (a, b) => {
      assert.equal(hex(concat(a, b)), hex(a) + hex(b));
      assert.equal(equalBytes(a, b), hex(a) === hex(b));
    }),
  );
});

test('base32 gives the vectors of RFC 4648, section 10, in lower case and unpadded', () => {
  const vectors = ['', 'my', 'mzxq', 'mzxw6', 'mzxw6yq', 'mzxw6ytb', 'mzxw6ytboi'];
  for (const [length, text] of vectors.entries()) assert.equal(base32(utf8('foobar'.slice(0, length))), text);
  assert.equal(base32(new Uint8Array(16)).length, 26);
});
