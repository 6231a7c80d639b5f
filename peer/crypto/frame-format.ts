/** The form of sealed frames: types, the header that is also the nonce, the counter, and padding to a few lengths. */
import { getU64, setU64 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_CHANNEL_FRAME } from '../../shared/limits.ts';

/** The first byte of each frame of the handshake. */
export const FLIGHT = { hello: 1, reply: 2, proofA: 3, proofB: 4, signal: 5, abort: 15 } as const;
/** The first byte of each frame of the session. */
export const SESSION = { data: 16, step: 17 } as const;

/** Bytes of `u8 type ‖ u64 n`. */
export const HEADER_BYTES = 9;

/** The type of a frame: its first byte, or null if it is empty. */
export function frameType(frame: Uint8Array): number | null {
  return frame[0] ?? null;
}

/**
 * The nonce of a frame: `u8 type ‖ u64 n ‖ 15 zero bytes`. It begins with the header, as crypto_box authenticates no
 * associated data: a frame with a changed header does not open.
 */
export function nonce(type: number, n: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes[0] = type;
  setU64(bytes, 1, n);
  return bytes;
}

/** The counter in a frame's header. Above 2^53 it is inexact, but still above every counter in use. */
export function counter(frame: Uint8Array): number {
  return getU64(frame, 1);
}

/** The length of a session frame that needs so many bytes: the least 128 · 2^k, up to MAX_CHANNEL_FRAME. */
export function frameLength(bytes: number): number {
  let size = 128;
  while (size < bytes) size *= 2;
  if (size > MAX_CHANNEL_FRAME) throw new Error('a frame past the limit');
  return size;
}

/** Whether a session frame can have this length. */
export function isFrameLength(length: number): boolean {
  return length >= 128 && length <= MAX_CHANNEL_FRAME && (length & (length - 1)) === 0;
}

/**
 * Pads with 0x80 and zeros to `size` bytes (ISO/IEC 7816-4). The content must leave at least one byte. Makes the same
 * bytes as libsodium's `pad`, whose wrapper takes six times as long as sealing.
 */
export function pad(content: Uint8Array, size: number): Uint8Array {
  const padded = new Uint8Array(size);
  padInto(padded, content);
  return padded;
}

/** As {@link pad}, into an array of zeros. */
export function padInto(zeros: Uint8Array, content: Uint8Array): void {
  if (content.length >= zeros.length) throw new Error('padding that does not fit');
  zeros.set(content);
  zeros[content.length] = 0x80;
}

/** The content (a view) of padded bytes. They must be authenticated already. Throws `damaged` for wrong padding. */
export function unpad(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (padded[end] !== 0x80) throw new AparteError('damaged', { key: 'malformed', part: 'padding' });
  return padded.subarray(0, end);
}

/** Pads to the least multiple of `step` that is longer than the content. */
export function padToMultiple(content: Uint8Array, step: number): Uint8Array {
  return pad(content, (Math.floor(content.length / step) + 1) * step);
}
