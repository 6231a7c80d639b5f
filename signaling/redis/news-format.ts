/**
 * The form in which servers publish news. Redis publishes strings, so rows of words are packed into one: a row is the
 * number of its words, and a word is its length and its bytes. Numbers are 4 bytes, big-endian.
 */

/** The words of one row. */
export type Row = readonly Buffer[];

/** Lua: `pack(rows)` returns the packed string. */
export const LUA_PACK = `
local function number(n) return struct.pack('>I4', n) end
local function pack(rows)
  local out = {}
  for _, row in ipairs(rows) do
    out[#out + 1] = number(#row)
    for _, word in ipairs(row) do
      out[#out + 1] = number(#word)
      out[#out + 1] = word
    end
  end
  return table.concat(out)
end
`;

/** Unpacks rows, as views on `packed`. Throws a `RangeError` if they are cut short. */
export function unpackRows(packed: Buffer): Row[] {
  const rows: Row[] = [];
  let at = 0;
  const number = () => {
    at += 4;
    return packed.readUInt32BE(at - 4);
  };
  while (at < packed.length) {
    const row: Buffer[] = [];
    for (let left = number(); left > 0; left--) {
      const length = number();
      if (at + length > packed.length) throw new RangeError('a word is cut short');
      row.push(packed.subarray(at, at + length));
      at += length;
    }
    rows.push(row);
  }
  return rows;
}
