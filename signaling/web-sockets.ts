/** What lies between Engine.IO and TCP: WebSockets of `ws`, made to end in time. */
import type { Limits } from './limits.ts';
import type { SocketServer } from './sockets.ts';

/** The WebSocket server of `ws`, as far as it matters here. */
type WebSocketServer = new (options: object) => object;

/**
 * Has every WebSocket that was told to close cut off after `hangUpWithin`, also one that a client which polls may change
 * over to: `ws` alone would read on for half a minute, until the other side's close frame comes (RFC 6455, section
 * 7.1.1). To be called before the HTTP server listens, which is when Engine.IO makes its WebSocket server.
 */
export function limitWebSockets(io: SocketServer, { hangUpWithin }: Pick<Limits, 'hangUpWithin'>): void {
  const { opts } = io.engine;
  const Usual = opts.wsEngine as WebSocketServer;
  opts.wsEngine = class extends Usual {
    constructor(options: object) {
      super({ ...options, closeTimeout: hangUpWithin });
    }
  };
}
