/** What lies between Engine.IO and TCP: WebSockets of `ws`, made to end in time, and to answer no more than is read. */
import type { IncomingMessage } from 'node:http';
import type { PingedSocket } from '../shared/unread-pongs.ts';
import { unreadPongs } from '../shared/unread-pongs.ts';
import { fewPieces } from '../shared/websocket-fragments.ts';
import type { Bucket, Limits } from './limits.ts';
import { fullBucket, takeToken } from './limits.ts';
import type { SocketServer } from './socketio-setup.ts';

/** A WebSocket as `ws` hands it on. */
interface WebSocket extends PingedSocket {
  on(event: 'ping' | 'pong' | 'message', listener: (this: this) => void): unknown;
  off(event: 'ping' | 'pong' | 'message', listener: (this: this) => void): unknown;
}

/** The WebSocket server of `ws`, as far as it matters here. */
interface WebSocketServer {
  handleUpgrade(request: IncomingMessage, tcp: unknown, head: unknown, done: (webSocket: WebSocket) => void): void;
}

/** What a WebSocket has cost that Engine.IO does not hear of. */
interface Account {
  readonly bucket: Bucket;
  /** Pongs in a row that found others unsent. */
  unread: number;
}

/**
 * Limits what Engine.IO leaves to `ws`. To be called before the HTTP server listens, which is when Engine.IO makes its
 * WebSocket server.
 *
 * - A WebSocket that was told to close is cut off after `hangUpWithin`, also one that a client which polls may change
 *   over to: `ws` alone would read on for half a minute, until the other side's close frame comes (RFC 6455, section
 *   7.1.1).
 * - Pings and pongs (RFC 6455, section 5.5) have the rate of packets, and so has what a client sends to change over,
 *   which Engine.IO answers without counting it. Whoever leaves more pongs unread than packets may wait is cut off as well.
 * - A message comes in one frame, and not in too many chunks ({@link fewPieces}).
 *
 * @param refused is told of each that is cut off for what it sent, and why.
 */
export function limitWebSockets(
  io: SocketServer,
  limits: Pick<Limits, 'hangUpWithin' | 'messageBytes' | 'packets' | 'backlog'>,
  refused: (cause: 'rate' | 'slow') => void,
): void {
  const watch = watcher(limits, refused);
  const { opts } = io.engine;
  const Usual = opts.wsEngine as new (options: object) => WebSocketServer;
  opts.wsEngine = class extends Usual {
    constructor(options: object) {
      super({ ...options, ...fewPieces(limits.messageBytes), closeTimeout: limits.hangUpWithin });
    }

    override handleUpgrade(...[request, tcp, head, done]: Parameters<WebSocketServer['handleUpgrade']>): void {
      super.handleUpgrade(request, tcp, head, (webSocket) => {
        watch(webSocket, isOfClient(request));
        done(webSocket);
      });
    }
  };
}

/** Whether a request for a WebSocket names a client, which polls as yet: as Engine.IO has read its query. */
function isOfClient(request: IncomingMessage): boolean {
  const { _query: query } = request as { _query?: { sid?: unknown } };
  return query?.sid !== undefined;
}

/** Makes what is to be told of every new WebSocket. All of them share its listeners. */
function watcher(
  { packets, backlog }: Pick<Limits, 'packets' | 'backlog'>,
  refused: (cause: 'rate' | 'slow') => void,
): (webSocket: WebSocket, isChangeOver: boolean) => void {
  const accounts = new WeakMap<WebSocket, Account>();
  function accountOf(webSocket: WebSocket, now: number): Account {
    const account = accounts.get(webSocket) ?? { bucket: fullBucket(packets, now), unread: 0 };
    accounts.set(webSocket, account);
    return account;
  }
  function cut(webSocket: WebSocket, cause: 'rate' | 'slow'): void {
    // What was read together with the last straw is still being handed out.
    webSocket.off('ping', pinged);
    webSocket.off('pong', told);
    webSocket.off('message', told);
    refused(cause);
    webSocket.terminate();
  }
  // `ws` has written the pong.
  function pinged(this: WebSocket): void {
    const now = performance.now();
    const account = accountOf(this, now);
    account.unread = unreadPongs(account.unread, this.bufferedAmount);
    if (account.unread > backlog) cut(this, 'slow');
    else if (!takeToken(account.bucket, packets, now)) cut(this, 'rate');
  }
  function told(this: WebSocket): void {
    const now = performance.now();
    if (!takeToken(accountOf(this, now).bucket, packets, now)) cut(this, 'rate');
  }
  return (webSocket, isChangeOver) => {
    webSocket.on('ping', pinged);
    // Nobody here asks for pongs.
    webSocket.on('pong', told);
    if (isChangeOver) webSocket.on('message', told);
  };
}
