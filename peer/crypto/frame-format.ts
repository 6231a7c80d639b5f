/** The form of sealed frames: the header that is also the nonce, counters, and padding to lengths that say little. */
import { getU64, setU64 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_CHANNEL_FRAME } from '../../shared/limits.ts';

/** First byte of each handshake frame. */
export const FLIGHT = { hello: 1, reply: 2, proofA: 3, proofB: 4, signal: 5, abort: 15 } as const;
/** First byte of each frame on the channel. */
export const SESSION = { data: 16, step: 17 } as const;

/** Bytes of `u8 type ‖ u64 n`. */
export const HEADER_BYTES = 9;

/** The type of a frame, its first byte; `null` for an empty one. */
export function frameType(frame: Uint8Array): number | null {
  return frame[0] ?? null;
}

/**
 * The nonce of a frame: `u8 type ‖ u64 n ‖ 15 zero bytes`. crypto_box authenticates no associated data, so the header
 * is the nonce: a header that was touched does not open.
 */
export function nonce(type: number, n: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes[0] = type;
  setU64(bytes, 1, n);
  return bytes;
}

/** The counter in a frame's header. Past 2^53 it is not exact, but still past every counter in use. */
export function counter(frame: Uint8Array): number {
  return getU64(frame, 1);
}

/** The least bucket, 128 · 2^k bytes up to MAX_CHANNEL_FRAME, that holds so many. Throws `bug` where none does. */
export function bucket(bytes: number): number {
  let size = 128;
  while (size < bytes) size *= 2;
  if (size > MAX_CHANNEL_FRAME) throw new Error('a frame past the limit');
  return size;
}

/** Whether a frame on the channel can have this length. */
export function isBucket(length: number): boolean {
  return length >= 128 && length <= MAX_CHANNEL_FRAME && (length & (length - 1)) === 0;
}

/**
 * Pads to `size` bytes, of which the content must leave at least one: 0x80, then zeros (ISO/IEC 7816-4). The same
 * bytes as libsodium's `pad`, whose wrapper takes six times as long as sealing them.
 */
export function pad(content: Uint8Array, size: number): Uint8Array {
  const padded = new Uint8Array(size);
  padInto(padded, content);
  return padded;
}

/** As {@link pad}, into zeros that are there already. */
export function padInto(zeros: Uint8Array, content: Uint8Array): void {
  if (content.length >= zeros.length) throw new Error('padding that does not fit');
  zeros.set(content);
  zeros[content.length] = 0x80;
}

/** The content, a view, of padded bytes that are authenticated already. Throws `damaged` where the padding is wrong. */
export function unpad(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (padded[end] !== 0x80) throw new AparteError('damaged', { key: 'malformed', part: 'padding' });
  return padded.subarray(0, end);
}

/** The least multiple of `step` greater than the content, so that {@link pad} has room. */
export function padToMultiple(content: Uint8Array, step: number): Uint8Array {
  return pad(content, (Math.floor(content.length / step) + 1) * step);
}
