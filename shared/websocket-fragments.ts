/**
 * In how many pieces a WebSocket message may come. `ws` keeps each until the last is there, and by default thousands of
 * them, whatever little they hold.
 */

/**
 * Frames that a message may be sent in (RFC 6455, section 5.4). All clients, browsers among them, and `ws` send it in
 * one, and proxies hand that on. One of a byte would keep the 64 KiB that were read with it.
 */
const MAX_FRAGMENTS = 1;
/** A packet of IPv4 has 536 bytes at least where nobody has made it smaller: each chunk that is read has as many or more. */
const SMALL_CHUNK = 256;

/** Options of `ws` for a socket whose messages have at most so many bytes. */
export function fewPieces(maxPayload: number): { readonly maxFragments: number; readonly maxBufferedChunks: number } {
  return { maxFragments: MAX_FRAGMENTS, maxBufferedChunks: Math.ceil(maxPayload / SMALL_CHUNK) };
}
