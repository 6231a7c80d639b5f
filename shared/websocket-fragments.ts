/**
 * Limits the number of fragments of a WebSocket message. `ws` keeps all fragments until the last has come, and by
 * default takes thousands of them, however small.
 */

/**
 * Most frames of one message (RFC 6455, section 5.4). Browsers and `ws` send a message in one frame, and proxies keep
 * that. A fragment of one byte would keep a whole read buffer of 64 KiB in memory.
 */
const MAX_FRAGMENTS = 1;
/** A chunk that is read has usually more bytes than this: IPv4 packets carry 536 or more unless somebody made them smaller. */
const SMALL_CHUNK = 256;

/** The options of `ws` for a socket whose messages have at most `maxPayload` bytes. */
export function fewPieces(maxPayload: number): { readonly maxFragments: number; readonly maxBufferedChunks: number } {
  return { maxFragments: MAX_FRAGMENTS, maxBufferedChunks: Math.ceil(maxPayload / SMALL_CHUNK) };
}
