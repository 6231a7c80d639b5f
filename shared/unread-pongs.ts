/**
 * Limits what WebSocket pings may cost. `ws` answers each ping by itself (RFC 6455, section 5.5.2), even if the other
 * end reads no answers, and does not tell Engine.IO.
 */

/** Longest pong frame, in bytes: a header of 2, a mask of 4 and 125 of the ping's data (RFC 6455, section 5.2). */
const LONGEST_PONG = 131;

/** The part of a WebSocket of `ws` that is used here. */
export interface PingedSocket {
  /** Bytes that were written and that the operating system has not taken yet. */
  readonly bufferedAmount: number;
  on(event: 'ping', listener: (this: this) => void): unknown;
  off(event: 'ping', listener: (this: this) => void): unknown;
  /** Cuts the connection at once. */
  terminate(): void;
}

/**
 * Counts the pongs in a row that had to queue behind unsent data. Call it right after each pong was written.
 *
 * @param before the count after the pong before; 0 at first.
 * @param bufferedAmount of the socket, in bytes. The last pong alone does not count: under TLS it always waits.
 */
export function unreadPongs(before: number, bufferedAmount: number): number {
  return bufferedAmount > LONGEST_PONG ? before + 1 : 0;
}
