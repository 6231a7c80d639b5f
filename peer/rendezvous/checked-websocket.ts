/** The WebSocket under Socket.IO, made safe against a hostile server. */
import { NodeWebSocket } from 'socket.io-client';
import type { PingedSocket } from '../../shared/unread-pongs.ts';
import { unreadPongs } from '../../shared/unread-pongs.ts';
import { fewPieces } from '../../shared/websocket-fragments.ts';
import type { HttpAnswer, NoWebSocket } from './connect-error-cause.ts';
import { isHandshake, isPacket } from './server-message-validation.ts';

/** How long the other side may take to close, in ms. `ws` alone would keep the process alive for half a minute. */
const CLOSE_TIMEOUT = 500;
/** How often the other side is asked for a sign of life, which must have come before it is asked again, in ms. */
const HEARTBEAT = 3_000;
/** Answers to its pings, those of Engine.IO included, that the other side may leave unread. */
const MAX_UNREAD_PONGS = 256;
/** Bytes of one message of the server: a frame, or an acknowledgement with MAX_MEMBERS cards, and what packs them. */
const MAX_MESSAGE = 65_536;
/** What a message begins with that takes our CONNECT, and one that refuses it (Socket.IO protocol, version 5). */
const [TAKEN, REFUSED] = ['0{', '4'];

/** Members of `ws` that a browser's WebSocket does not have. */
interface NodeSocket extends PingedSocket {
  ping(): void;
  on(event: 'ping' | 'pong' | 'close', listener: () => void): void;
  on(event: 'upgrade', listener: (answer: { readonly socket: { readonly remoteAddress?: string } }) => void): void;
  on(event: 'unexpected-response', listener: (request: unknown, answer: HttpAnswer) => void): void;
}

/**
 * Refuses what the library would let throw out of an event handler, or keep in memory, hangs up without the server's
 * help, notices sooner than by the server's pings that a connection is dead, as behind a change of our address, and
 * answers no more pings than are read.
 */
export class CheckedWebSocket extends NodeWebSocket {
  /** IP address of the server, once the connection is open; null before, and in a browser. */
  serverAddress: string | null = null;
  #isOpen = false;
  #isTaken = false;
  /** Answers to pings in a row that found others unsent. */
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
    } else if (packet.type === 'message' && !this.#isTaken) {
      const text = typeof packet.data === 'string' ? packet.data : '';
      this.#isTaken = text.startsWith(TAKEN);
      // Events before it would be kept until it comes.
      if (!this.#isTaken && !text.startsWith(REFUSED)) {
        this.onError('parse error', null);
        return;
      }
    }
    super.onPacket(packet);
    if (packet.type === 'ping') this.#pinged();
  }

  /** Has options for `ws` that the library does not hand on. */
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

  /** RFC 6455, section 5.5.2. */
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
    socket.on('ping', () => this.#pinged());
    socket.on('close', () => clearInterval(this.#heartbeat));
  }

  /** A ping has been answered: one of WebSocket, or one of Engine.IO. */
  #pinged(): void {
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
