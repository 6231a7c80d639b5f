/**
 * The WebSockets of the library `ws` under Engine.IO. They have limits that Engine.IO does not know, and need fewer
 * system calls. All of it uses the public interface of `ws` and the public option `wsEngine` of Engine.IO.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { unreadPongs } from '../shared/unread-pongs.ts';
import { fewPieces } from '../shared/websocket-fragments.ts';
import type { Limits } from './limits.ts';
import { queryOf } from './request-origin.ts';
import { FULL_BUCKET, takeTokens } from './token-bucket.ts';

type WebSocketLimits = Pick<Limits, 'hangUpWithin' | 'messageBytes' | 'packets' | 'backlog'>;
type Sent = (error?: Error) => void;

/** The WebSocket implementation that Engine.IO is given. */
export interface WebSocketEngine {
  /** The option `wsEngine` of Engine.IO. */
  readonly Server: new (
    options: object,
  ) => unknown;
  /** The WebSocket that a request became; undefined if it did not become one. */
  of(request: IncomingMessage): WebSocket | undefined;
}

/** TCP connections with data to write at the end of this turn of the event loop. */
const corked = new Set<Duplex>();

function cork(tcp: Duplex): void {
  if (corked.has(tcp)) return;
  if (corked.size === 0) queueMicrotask(uncorkAll);
  corked.add(tcp);
  tcp.cork();
}

function uncorkAll(): void {
  for (const tcp of corked) tcp.uncork();
  corked.clear();
}

/**
 * A WebSocket that writes everything sent in one turn of the event loop with one system call. Socket.IO makes two
 * packets of a message that holds bytes, and Engine.IO sends the second only once the first is written. So a packet is
 * reported as sent while the TCP connection still has room for it.
 */
class BatchingWebSocket extends WebSocket {
  /** The connection below. Null until the handshake is done. */
  tcp: Duplex | null = null;
  /** The rate of frames that Engine.IO does not see. */
  bucket = FULL_BUCKET;
  /** Pongs in a row that were written behind unread ones. */
  unread = 0;

  override send(data: Parameters<WebSocket['send']>[0], options?: object | Sent, callback?: Sent): void {
    const sent = typeof options === 'function' ? (options as Sent) : callback;
    const { tcp } = this;
    if (tcp === null || tcp.writableLength > tcp.writableHighWaterMark) {
      super.send(data, sent);
    } else {
      cork(tcp);
      super.send(data);
      sent?.();
    }
  }
}

/**
 * Makes a WebSocket implementation for Engine.IO.
 *
 * - A WebSocket that is told to close is cut after `hangUpWithin`. `ws` alone would wait 30 s for the close frame of
 *   the other side (RFC 6455, section 7.1.1).
 * - Pings and pongs (RFC 6455, section 5.5), which `ws` handles alone, have the rate of packets. A client that leaves
 *   more than `backlog` pongs unread is cut.
 * - So has what a polling client sends to change over to a WebSocket: Engine.IO answers it without counting it.
 * - A message comes in one frame and in few chunks ({@link fewPieces}).
 *
 * `refused` is called for each WebSocket that is cut for what it sent.
 */
export function createWebSocketEngine(
  limits: WebSocketLimits,
  refused: (cause: 'rate' | 'slow') => void,
): WebSocketEngine {
  const webSockets = new WeakMap<IncomingMessage, WebSocket>();

  function cut(webSocket: WebSocket, cause: 'rate' | 'slow'): void {
    refused(cause);
    webSocket.terminate();
  }

  function count(webSocket: BatchingWebSocket): void {
    // Frames that were read before the cut still arrive.
    if (webSocket.readyState !== WebSocket.OPEN) return;
    const bucket = takeTokens(webSocket.bucket, limits.packets, performance.now());
    if (bucket === null) cut(webSocket, 'rate');
    else webSocket.bucket = bucket;
  }

  // One listener for all, to save memory.
  function counted(this: WebSocket): void {
    count(this as LimitedWebSocket);
  }

  class LimitedWebSocket extends BatchingWebSocket {
    /** Is called by `ws` to answer a ping. */
    override pong(...args: Parameters<WebSocket['pong']>): void {
      if (this.readyState !== WebSocket.OPEN) return;
      super.pong(...args);
      this.unread = unreadPongs(this.unread, this.bufferedAmount);
      if (this.unread > limits.backlog) cut(this, 'slow');
      else count(this);
    }
  }

  // `closeTimeout` and the limits on fragments are documented, but missing from the types.
  const options = {
    ...fewPieces(limits.messageBytes),
    closeTimeout: limits.hangUpWithin,
    WebSocket: LimitedWebSocket,
  };
  type Upgraded = (webSocket: LimitedWebSocket, request: IncomingMessage) => void;

  class Server extends WebSocketServer<typeof LimitedWebSocket> {
    constructor(given: object) {
      super({ ...given, ...options });
    }

    override handleUpgrade(request: IncomingMessage, tcp: Duplex, head: Buffer, done: Upgraded): void {
      super.handleUpgrade(request, tcp, head, (webSocket) => {
        webSocket.tcp = tcp;
        webSocket.on('pong', counted);
        if (queryOf(request.url ?? '').has('sid')) webSocket.on('message', counted);
        webSockets.set(request, webSocket);
        done(webSocket, request);
      });
    }
  }

  return { Server, of: (request) => webSockets.get(request) };
}
