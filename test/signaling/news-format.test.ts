/** The form in which servers on one Redis publish news. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createClient, RESP_TYPES } from 'redis';
import { LUA_PACK, unpackRows } from '../../signaling/redis/news-format.ts';
import { NO_REDIS, startRedis } from './redis-server.ts';

const word = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const anyRows = fc.array(fc.array(word, { minLength: 1, maxLength: 5 }), { maxLength: 5 });
/** Packs the words of one row, whose number is the first argument, and of the rows after it. */
const SCRIPT = `${LUA_PACK}
local rows, at = {}, 1
while at <= #ARGV do
  local row = {}
  for i = 1, tonumber(ARGV[at]) do row[i] = ARGV[at + i] end
  rows[#rows + 1] = row
  at = at + #row + 1
end
return pack(rows)`;

test('rows that Lua has packed are unpacked, and cut ones are refused or fewer', { skip: NO_REDIS }, async (t) => {
  const { url } = await startRedis(t);
  const client = createClient({ url, commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } });
  client.on('error', () => {});
  await client.connect();
  t.after(() => client.destroy());
  await fc.assert(
    fc.asyncProperty(anyRows, fc.nat(), async (rows, random) => {
      const words = rows.flatMap((row) => [String(row.length), ...row]);
      const packed = (await client.eval(SCRIPT, { arguments: words })) as unknown as Buffer;
      assert.deepEqual(unpackRows(packed), rows);
      if (packed.length === 0) return;
      const cut = packed.subarray(0, random % packed.length);
      try {
        assert.deepEqual(unpackRows(cut), rows.slice(0, unpackRows(cut).length));
        assert.ok(unpackRows(cut).length < rows.length);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 100 },
  );
  assert.throws(() => unpackRows(Buffer.of(0, 0, 0, 1, 255, 255, 255, 255, 1)), RangeError);
});
