/** The WebSocket under Socket.IO, with checks against a hostile server. */
import { NodeWebSocket } from 'socket.io-client';
import type { PingedSocket } from '../../shared/unread-pongs.ts';
import { unreadPongs } from '../../shared/unread-pongs.ts';
import { fewPieces } from '../../shared/websocket-fragments.ts';
import type { NoWebSocket, PlainHttpAnswer } from './connect-error-cause.ts';
import { isHandshake, isPacket } from './server-message-validation.ts';

/** Time for the server to close, in ms. `ws` alone would keep the process alive for half a minute. */
const CLOSE_TIMEOUT = 500;
/** Pause between two pings, in ms. The pong must arrive before the next ping. */
const HEARTBEAT = 3_000;
/** Pongs that the server may leave unread, those of Engine.IO included. */
const MAX_UNREAD_PONGS = 256;
/** Bytes of one message: a frame, or the answer to a join with MAX_MEMBERS cards, and what Socket.IO adds. */
const MAX_MESSAGE = 65_536;
/** First characters of a message that accepts our CONNECT, and of one that refuses it (Socket.IO protocol, version 5). */
const [ACCEPTED, REFUSED] = ['0{', '4'];

/** Members of `ws` that a browser's WebSocket does not have. */
interface NodeSocket extends PingedSocket {
  ping(): void;
  on(event: 'ping' | 'pong' | 'close', listener: () => void): void;
  on(event: 'upgrade', listener: (answer: { readonly socket: { readonly remoteAddress?: string } }) => void): void;
  on(event: 'unexpected-response', listener: (request: unknown, answer: PlainHttpAnswer) => void): void;
}

/**
 * A WebSocket that
 * - refuses messages on which the library would throw in an event handler, or which it would keep in memory,
 * - closes without the server's help,
 * - notices a dead connection by pings of its own, sooner than by those of the server,
 * - stops answering pings when the server does not read the pongs.
 */
export class CheckedWebSocket extends NodeWebSocket {
  /** IP address of the server, once the connection is open; null before, and in a browser. */
  serverAddress: string | null = null;
  #isOpen = false;
  #isAccepted = false;
  /** Pongs in a row that were queued behind unsent ones. */
  #unread = 0;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  override onPacket(packet: Parameters<NodeWebSocket['doWrite']>[0]): void {
    if (packet.type === 'open') {
      if (this.#isOpen || !isHandshake(packet.data)) {
        this.onError('parse error', null);
        return;
      }
      this.#isOpen = true;
    } else if (packet.type === 'message' && !isPacket(packet.data)) {
      this.onError('parse error', { code: 'NO_PACKET' });
      return;
    } else if (packet.type === 'message' && !this.#isAccepted) {
      const text = typeof packet.data === 'string' ? packet.data : '';
      this.#isAccepted = text.startsWith(ACCEPTED);
      // The library would keep events until the answer to CONNECT comes.
      if (!this.#isAccepted && !text.startsWith(REFUSED)) {
        this.onError('parse error', null);
        return;
      }
    }
    super.onPacket(packet);
    if (packet.type === 'ping') this.#countPong();
  }

  /** Adds options for `ws` that the library does not pass on. */
  override createSocket(...[url, protocols, options]: Parameters<NodeWebSocket['createSocket']>): unknown {
    const limits = { maxPayload: MAX_MESSAGE, ...fewPieces(MAX_MESSAGE) };
    const socket: unknown = super.createSocket(url, protocols, { ...options, ...limits });
    const { on } = socket as Partial<NodeSocket>;
    if (on === undefined) return socket;
    const node = socket as NodeSocket;
    node.on('upgrade', (answer) => {
      this.serverAddress = answer.socket.remoteAddress ?? null;
    });
    node.on('unexpected-response', (_request, answer) => {
      this.onError('no websocket', { answer } satisfies NoWebSocket);
    });
    return socket;
  }

  override onOpen(): void {
    super.onOpen();
    const socket = this.ws as Partial<NodeSocket>;
    if (socket.ping === undefined) return;
    this.#listen(socket as NodeSocket);
  }

  /** Sends pings (RFC 6455, section 5.5.2) and watches those of the server. */
  #listen(socket: NodeSocket): void {
    let answered = true;
    this.#heartbeat = setInterval(() => {
      if (answered) socket.ping();
      else this.onError('ping timeout', null);
      answered = false;
    }, HEARTBEAT);
    socket.on('pong', () => {
      answered = true;
    });
    socket.on('ping', () => this.#countPong());
    socket.on('close', () => clearInterval(this.#heartbeat));
  }

  /** Counts the answer to a ping of WebSocket or Engine.IO. */
  #countPong(): void {
    const socket = this.ws as Partial<NodeSocket> | null;
    if (socket?.terminate === undefined) return;
    this.#unread = unreadPongs(this.#unread, socket.bufferedAmount ?? 0);
    if (this.#unread <= MAX_UNREAD_PONGS) return;
    this.onError('too many pings', { code: 'TOO_MANY_PINGS' });
    socket.terminate();
  }

  override doClose(): void {
    const socket = this.ws as Partial<NodeSocket> | null;
    super.doClose();
    clearInterval(this.#heartbeat);
    setTimeout(() => socket?.terminate?.(), CLOSE_TIMEOUT).unref?.();
  }
}
