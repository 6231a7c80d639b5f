/** What goes to Redis and comes back as one string. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packRows, readAnswers, readRows } from '../../signaling/redis/packed-strings.ts';

const bytes = fc.uint8Array({ maxLength: 40 });
const anyRows = fc.array(fc.array(fc.oneof(fc.string({ unit: 'binary' }), bytes), { maxLength: 5 }), { maxLength: 5 });
const count = (number: number) => {
  const packed = Buffer.alloc(4);
  packed.writeUInt32BE(number);
  return packed;
};

test('unpacking returns the rows that were packed', () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const expected = rows.map((row) => row.map((word) => Buffer.from(word as string)));
      assert.deepEqual(readRows(packRows(rows)), expected);
      const answers = Buffer.concat([count(rows.length), packRows(rows), count(0)]);
      assert.deepEqual(readAnswers(answers), [expected, []]);
    }),
  );
});

test('packed strings that are cut short are refused', () => {
  fc.assert(
    fc.property(anyRows, fc.nat(), (rows, random) => {
      fc.pre(rows.length > 0);
      const packed = Buffer.concat([count(rows.length), packRows(rows)]);
      const cut = packed.subarray(0, 1 + (random % (packed.length - 1)));
      assert.throws(() => readAnswers(cut), RangeError);
    }),
  );
  assert.throws(() => readRows(Buffer.of(0, 0, 0, 1, 255, 255, 255, 255, 1)), RangeError);
});

test('anything else than bytes is refused', () => {
  for (const other of ['text', null, [Buffer.of(0, 0, 0, 0)]]) assert.throws(() => readRows(other), TypeError);
});
