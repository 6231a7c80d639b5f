/**
 * What goes to Redis, and comes back, as one string: in many it costs the client library far more. A word is its length
 * and its bytes; a row is the count of its words, and these. Numbers take 4 bytes, big-endian.
 */

/** Words that belong together. */
export type Row = readonly Buffer[];

/** What the script has for the same: `pack(rows)`, and `row()`, which reads the next one of `packed`, from `at` on. */
export const PACKED = `
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

/** Packs rows, one behind the other. */
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

/** Reads rows, one behind the other, as views on `packed`. Throws a `RangeError` where they are cut short. */
export function readRows(packed: unknown): Row[] {
  const reader = new Reader(packed);
  const rows: Row[] = [];
  while (!reader.isAtEnd) rows.push(reader.row());
  return rows;
}

/** Reads several lists of rows, each behind how many it has. Throws as {@link readRows}. */
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
    if (!Buffer.isBuffer(packed)) throw new TypeError('not what the script returns');
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
    if (end > this.#packed.length) throw new RangeError('a word cut short');
    this.#at = end;
    return this.#packed.subarray(start, end);
  }

  #integer(): number {
    this.#at += 4;
    return this.#packed.readUInt32BE(this.#at - 4);
  }
}
