/**
 * What WebSocket pings may cost. They need an answer (RFC 6455, section 5.5.2), which `ws` gives by itself: however
 * many answers the other side leaves unread, and without a word to Engine.IO.
 */

/** The bytes of a pong frame, at most: 125 of its ping, behind 2 of header and 4 of mask (RFC 6455, section 5.2). */
const LONGEST_PONG = 131;

/** What `ws` tells of a WebSocket. */
export interface PingedSocket {
  /** Bytes that are written and have not been taken by the operating system. */
  readonly bufferedAmount: number;
  on(event: 'ping', listener: (this: this) => void): unknown;
  off(event: 'ping', listener: (this: this) => void): unknown;
  /** Cuts the connection at once. */
  terminate(): void;
}

/**
 * How many pongs in a row have found others unsent before them. To be asked just after a pong was written.
 *
 * @param before what it was after the pong before; 0 at first.
 * @param bufferedAmount of the socket, in bytes. The last pong itself may wait, as it does under TLS.
 */
export function unreadPongs(before: number, bufferedAmount: number): number {
  return bufferedAmount > LONGEST_PONG ? before + 1 : 0;
}
