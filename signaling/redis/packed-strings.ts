/**
 * Rows of strings, packed into one string. News need that, because Redis publishes strings. Operations and answers have
 * the same form because many strings cost the client library far more (measured: `npm run bench:server`). A word is its
 * length and its bytes. A row is the number of its words, and the words. Numbers are 4 bytes, big-endian.
 */

/** The words of one row. */
export type Row = readonly Buffer[];

/** The same in Lua: `pack(rows)` packs, and `row()` reads the next row of the argument `packed`. */
export const LUA_PACKING = `
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
local packed, at = ARGV[3], 1
local function integer()
  at = at + 4
  return (struct.unpack('>I4', packed, at - 4))
end
local function row()
  local words = {}
  for i = 1, integer() do
    local length = integer()
    at = at + length
    words[i] = string.sub(packed, at - length, at - 1)
  end
  return words
end
`;

/** Packs rows. */
export function packRows(rows: readonly (readonly (string | Uint8Array)[])[]): Buffer {
  let length = 0;
  for (const row of rows) {
    length += 4;
    for (const word of row) length += 4 + (typeof word === 'string' ? Buffer.byteLength(word) : word.length);
  }
  const packed = Buffer.allocUnsafe(length);
  let at = 0;
  for (const row of rows) {
    at = packed.writeUInt32BE(row.length, at);
    for (const word of row) {
      const start = at + 4;
      const size = typeof word === 'string' ? packed.write(word, start) : word.length;
      if (typeof word !== 'string') packed.set(word, start);
      packed.writeUInt32BE(size, at);
      at = start + size;
    }
  }
  return packed;
}

/** Reads rows, as views on `packed`. Throws a `RangeError` if they are cut short. */
export function readRows(packed: unknown): Row[] {
  const reader = new Reader(packed);
  const rows: Row[] = [];
  while (!reader.isAtEnd) rows.push(reader.row());
  return rows;
}

/** Reads lists of rows, each preceded by its length. Throws a `RangeError` if they are cut short. */
export function readAnswers(packed: unknown): Row[][] {
  const reader = new Reader(packed);
  const answers: Row[][] = [];
  while (!reader.isAtEnd) answers.push(reader.many(() => reader.row()));
  return answers;
}

class Reader {
  readonly #packed: Buffer;
  #at = 0;

  constructor(packed: unknown) {
    if (!Buffer.isBuffer(packed)) throw new TypeError('the script returned no string');
    this.#packed = packed;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#packed.length;
  }

  many<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.#integer(); left > 0; left--) items.push(read());
    return items;
  }

  row(): Row {
    return this.many(() => this.#word());
  }

  #word(): Buffer {
    const start = this.#at + 4;
    const end = start + this.#integer();
    if (end > this.#packed.length) throw new RangeError('a word is cut short');
    this.#at = end;
    return this.#packed.subarray(start, end);
  }

  #integer(): number {
    this.#at += 4;
    return this.#packed.readUInt32BE(this.#at - 4);
  }
}
