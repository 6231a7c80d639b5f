/**
 * Bytes: joining, integers, length-prefixed lists, text. Every decoder is strict and canonical: `encode(decode(x))`
 * equals `x`, and any other input throws an {@link AparteError} `damaged`.
 */
import { AparteError } from './errors.ts';

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** The text of UTF-8 bytes. Throws `damaged` if they are not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    throw new AparteError('damaged', { key: 'malformed', part: 'utf8' });
  }
}

/** Joins the parts in a new array. */
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

/** Whether two byte strings are equal. Not constant-time: for public values only; compare tags in peer/crypto. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/**
 * Writes a non-negative safe integer as 8 big-endian bytes at `offset`. Written byte by byte, because a `DataView` on a
 * short array makes V8 allocate a buffer for it, which costs more than the writing.
 */
export function setU64(bytes: Uint8Array, offset: number, value: number): void {
  const high = Math.floor(value / 2 ** 32);
  const low = value % 2 ** 32;
  for (let index = 0; index < 4; index += 1) {
    bytes[offset + index] = high >>> (24 - 8 * index);
    bytes[offset + 4 + index] = low >>> (24 - 8 * index);
  }
}

/** The integer in the 8 big-endian bytes at `offset`. Not exact above 2^53, but still larger than every safe integer. */
export function getU64(bytes: Uint8Array, offset: number): number {
  let value = 0;
  for (let index = 0; index < 8; index += 1) value = value * 256 + (bytes[offset + index] ?? 0);
  return value;
}

/** Orders byte strings: negative if `a` comes first, 0 if they are equal. A prefix comes before the longer string. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
}

/** A non-negative safe integer as 8 big-endian bytes. */
export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  setU64(bytes, 0, value);
  return bytes;
}

/** The integer in 8 big-endian bytes. Throws `damaged` for another length or a value above 2^53 - 1. */
export function fromU64(bytes: Uint8Array): number {
  if (bytes.length !== 8) throw new AparteError('damaged', { key: 'malformed', part: 'integer' });
  const value = getU64(bytes, 0);
  if (!Number.isSafeInteger(value)) throw new AparteError('damaged', { key: 'malformed', part: 'integer' });
  return value;
}

/** The number of bytes of a length in LEB128. */
function lebBytes(length: number): number {
  let bytes = 1;
  for (let rest = length; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

/**
 * Joins parts, each after its length in LEB128: `lv_cat` of draft-irtf-cfrg-cpace, section "Definitions"
 * (`prepend_len`). Different parts never give the same result.
 */
export function lv(...parts: Uint8Array[]): Uint8Array {
  return joinLv(0, parts);
}

/** A byte, followed by an {@link lv} list. */
export function lvBehind(first: number, ...parts: Uint8Array[]): Uint8Array {
  const joined = joinLv(1, parts);
  joined[0] = first;
  return joined;
}

function joinLv(start: number, parts: readonly Uint8Array[]): Uint8Array {
  let length = start;
  for (const part of parts) length += lebBytes(part.length) + part.length;
  const joined = new Uint8Array(length);
  let offset = start;
  for (const part of parts) {
    let rest = part.length;
    for (; rest >= 128; rest = Math.floor(rest / 128)) joined[offset++] = (rest % 128) + 128;
    joined[offset++] = rest;
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/**
 * The parts of an {@link lv} list, as views of `bytes`. Throws `damaged` for a length that is not minimal LEB128, for an
 * incomplete part, and for fewer than `min` or more than `max` parts.
 */
export function fromLv(bytes: Uint8Array, min: number, max = min): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (parts.length === max) throw new AparteError('damaged', { key: 'malformed', part: 'list' });
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[offset++];
      if (byte === undefined || shift > 21) throw new AparteError('damaged', { key: 'malformed', part: 'list' });
      length += (byte & 127) << shift;
      if (byte < 128) {
        if (byte === 0 && shift > 0) throw new AparteError('damaged', { key: 'malformed', part: 'list' });
        break;
      }
    }
    if (offset + length > bytes.length) throw new AparteError('damaged', { key: 'malformed', part: 'list' });
    parts.push(bytes.subarray(offset, offset + length));
    offset += length;
  }
  if (parts.length < min) throw new AparteError('damaged', { key: 'malformed', part: 'list' });
  return parts;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
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

/** Base64 with the alphabet for URLs and without padding (RFC 4648, section 5). */
export function base64url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The inverse of {@link base64url}. Throws `damaged` for any other text, also for another spelling of the same bytes. */
export function fromBase64url(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1)
    throw new AparteError('damaged', { key: 'malformed', part: 'base64' });
  const decoded = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(decoded, (char) => char.charCodeAt(0));
  if (base64url(bytes) !== text) throw new AparteError('damaged', { key: 'malformed', part: 'base64' });
  return bytes;
}
