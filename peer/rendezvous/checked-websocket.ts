/** The WebSocket under Socket.IO, made safe against a hostile server. */
import { NodeWebSocket } from 'socket.io-client';
import { isHandshake } from './server-input.ts';

/** How long the other side may take to close, in ms. `ws` alone would keep the process alive for half a minute. */
const CLOSE_TIMEOUT = 500;

/** Refuses what the library would let throw out of an event handler, and hangs up without the server's help. */
export class CheckedWebSocket extends NodeWebSocket {
  #isOpen = false;

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

  override doClose(): void {
    const socket = this.ws as { terminate?: () => void } | null;
    super.doClose();
    // A browser's WebSocket has no terminate, and needs none.
    setTimeout(() => socket?.terminate?.(), CLOSE_TIMEOUT).unref?.();
  }
}
