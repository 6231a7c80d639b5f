/**
 * Has what a client is told within one turn of the event loop written to its connection as one piece. Socket.IO makes
 * two packets of each message that holds bytes, Engine.IO sends the first at once, and `ws` writes each by itself: a
 * call of the system for each of them, of which a pairing then takes twice as many as it needs.
 */
import type { Carrier, SocketServer } from './socketio-setup.ts';

const RESOLVED = Promise.resolve();

/** What corking takes of a TCP connection. */
interface Corked {
  cork(): void;
  uncork(): void;
}

/** Begins. To be called before there are connections; where a later release of a library does otherwise, nothing changes. */
export function writeOnce(io: SocketServer): void {
  const waiting = new Set<Carrier>();
  const flushAll = () => {
    const carriers = [...waiting];
    waiting.clear();
    for (const carrier of carriers) flushCorked(carrier);
  };
  /** Takes the place of Engine.IO's own `flush`: one function for all connections. */
  function flushLater(this: Carrier): void {
    if (waiting.size === 0) void RESOLVED.then(flushAll);
    waiting.add(this);
  }
  io.engine.on('connection', (carrier: Carrier) => Object.assign(carrier, { flush: flushLater }));
}

function flushCorked(carrier: Carrier): void {
  // Neither is in the types: what `flushLater` hides, and the connection below a WebSocket of `ws`; polling has none.
  const { flush } = Object.getPrototypeOf(carrier) as { flush: (this: Carrier) => void };
  const { socket } = carrier.transport as { socket?: { _socket?: Corked | null } };
  const { _socket: tcp } = socket ?? {};
  tcp?.cork();
  flush.call(carrier);
  tcp?.uncork();
}
