/**
 * Bytes: joining, integers, length-prefixed lists, text. Everything that reads is strict and canonical: for each
 * decoder here `encode(decode(x))` equals `x`, and anything else throws a {@link AparteError} `damaged`.
 */
import { AparteError } from './errors.ts';

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** The text of UTF-8 bytes. Throws `damaged` where they are not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    throw new AparteError('damaged', 'text that is not UTF-8');
  }
}

/** All parts, one after the other, in a fresh array. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Whether two byte strings are equal. Not constant-time: for public values only; tags go through the crypto room. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** A non-negative safe integer as 8 big-endian bytes. */
export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** The integer in 8 big-endian bytes. Throws `damaged` for another length or a value past 2^53 - 1. */
export function fromU64(bytes: Uint8Array): number {
  if (bytes.length !== 8) throw new AparteError('damaged', 'an integer that is not 8 bytes long');
  const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new AparteError('damaged', 'an integer past 2^53 - 1');
  return Number(value);
}

function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/**
 * Joins parts, each behind its length in LEB128: `lv_cat` of draft-irtf-cfrg-cpace, section "Definitions"
 * (`prepend_len`). The result determines its parts.
 */
export function lv(...parts: Uint8Array[]): Uint8Array {
  return concat(...parts.flatMap((part) => [Uint8Array.from(leb128(part.length)), part]));
}

/**
 * The parts of an {@link lv} list, as views on `bytes`. Throws `damaged` on a length that is not minimal LEB128,
 * a part cut short, bytes left over, or a count of parts outside `min` to `max`.
 */
export function fromLv(bytes: Uint8Array, min: number, max = min): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (parts.length === max) throw new AparteError('damaged', 'a list with too many parts');
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[offset++];
      if (byte === undefined || shift > 21) throw new AparteError('damaged', 'a list with a broken length');
      length += (byte & 127) << shift;
      if (byte < 128) {
        if (byte === 0 && shift > 0) throw new AparteError('damaged', 'a list with a length that is not minimal');
        break;
      }
    }
    if (offset + length > bytes.length) throw new AparteError('damaged', 'a list cut short');
    parts.push(bytes.subarray(offset, offset + length));
    offset += length;
  }
  if (parts.length < min) throw new AparteError('damaged', 'a list with too few parts');
  return parts;
}

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Lower-case base32 without padding (RFC 4648, section 6): 16 bytes make 26 characters. */
export function base32(bytes: Uint8Array): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet.charAt((value >>> (bits - 5)) & 31);
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet.charAt((value << (5 - bits)) & 31) : text;
}
