/**
 * simple-peer without two delays. It waits for statistics between the open channel and `connect`, 100 ms or more. It passes
 * each message through a stream, which takes as long as decrypting the message.
 */
import SimplePeer from 'simple-peer';

/** A simple-peer that connects and receives without these delays. */
export class FastSimplePeer extends SimplePeer {
  /** Receives each message: a string, or an ArrayBuffer. */
  received: (data: unknown) => void = () => undefined;

  _onChannelMessage({ data }: MessageEvent<unknown>): void {
    if (!this.destroyed) this.received(data);
  }

  getStats(reported: (error: null, reports: readonly object[]) => void): void {
    reported(null, [{ type: 'candidate-pair', selected: true }]);
  }
}
