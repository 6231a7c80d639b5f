/** The WebSocket under Socket.IO, made safe against a hostile server. */
import { NodeWebSocket } from 'socket.io-client';
import { isHandshake } from './server-input.ts';

/** How long the other side may take to close, in ms. `ws` alone would keep the process alive for half a minute. */
const CLOSE_TIMEOUT = 500;
/** How often the other side is asked for a sign of life, which must have come before it is asked again, in ms. */
const HEARTBEAT = 3_000;

/** What `ws` has and a browser's WebSocket has not, nor needs. */
interface NodeSocket {
  ping(): void;
  terminate(): void;
  on(event: 'pong' | 'close', listener: () => void): void;
}

/**
 * Refuses what the library would let throw out of an event handler, hangs up without the server's help, and notices
 * sooner than by the server's pings that a connection is dead, as behind a change of our address.
 */
export class CheckedWebSocket extends NodeWebSocket {
  #isOpen = false;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  override onPacket(packet: Parameters<NodeWebSocket['doWrite']>[0]): void {
    if (packet.type === 'open') {
      if (this.#isOpen || !isHandshake(packet.data)) {
        this.onError('parse error', null);
        return;
      }
      this.#isOpen = true;
    }
    super.onPacket(packet);
  }

  override onOpen(): void {
    super.onOpen();
    const socket = this.ws as Partial<NodeSocket>;
    if (socket.ping !== undefined) this.#listen(socket as NodeSocket);
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
    socket.on('close', () => clearInterval(this.#heartbeat));
  }

  override doClose(): void {
    const socket = this.ws as Partial<NodeSocket> | null;
    super.doClose();
    clearInterval(this.#heartbeat);
    setTimeout(() => socket?.terminate?.(), CLOSE_TIMEOUT).unref?.();
  }
}
