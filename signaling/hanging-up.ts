/** WebSockets that were told to close: they wait half a minute for the other side's close frame, and read on. */
import type { Carrier } from './sockets.ts';

/** `WebSocket.CLOSING`: its close frame is sent, the other side's has not come. */
const CLOSING = 2;

/** Gives them less time. Times are ms of any clock that does not go back. */
export class HangingUp {
  /** Since when, earliest first. */
  readonly #since = new Map<{ terminate(): void }, number>();

  /** Takes over the transport of a connection that has closed. */
  add(carrier: Carrier, now: number): void {
    const { socket } = carrier.transport as { socket?: { readyState: number; terminate(): void } };
    if (socket?.readyState === CLOSING) this.#since.set(socket, now);
  }

  /** Cuts those off that have taken at least `within`. */
  sweep(now: number, within: number): void {
    for (const [webSocket, since] of this.#since) {
      if (now - since < within) return;
      this.#since.delete(webSocket);
      webSocket.terminate();
    }
  }
}
