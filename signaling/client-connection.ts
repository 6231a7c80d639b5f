/** One connection: what the server knows of a client besides its slot, and the limits on its packets and requests. */
import type { WebSocket } from 'ws';
import type { RefusalCode } from '../shared/signal-wire.ts';
import type { Limits } from './limits.ts';
import type { Awaitable } from './rooms-interface.ts';
import type { EngineSocket, Socket } from './socketio-setup.ts';
import { FULL_BUCKET, takeTokens } from './token-bucket.ts';

/** A connection. */
export interface ClientConnection {
  readonly engineSocket: EngineSocket;
  /** The client's address. */
  readonly address: string;
  /** The WebSocket it began with; null for a client that began with polling. */
  readonly webSocket: WebSocket | null;
  readonly packets: PacketLimiter;
  /** Null until the client has sent the Socket.IO connect packet. */
  socket: Socket | null;
  /** Why the client must go as soon as it can be told; null while it may stay. */
  refusal: RefusalCode | null;
  /** Token bucket of its attempts to join. */
  joins: number;
  /** How often it has asked to join. */
  joinCount: number;
  /** Packets for the client that its transport has not taken yet. */
  unsent: number;
  /** Requests that wait for shared rooms; null with rooms in memory, which answer at once. */
  readonly requests: SerialQueue | null;
}

/** An Engine.IO packet. The `data` of a message is a Socket.IO packet, or a `Buffer` that is attached to one. */
export interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/** The first character of a Socket.IO CONNECT packet (Socket.IO protocol, version 5). */
const CONNECT = '0';

/** Checks the packets of one connection before the libraries read them. */
export class PacketLimiter {
  readonly #limits: Pick<Limits, 'packets' | 'bytes'>;
  #packets = FULL_BUCKET;
  #bytes = FULL_BUCKET;
  /** Whether it has sent a CONNECT packet. Socket.IO would answer as many as come before it has answered the first. */
  #hasConnected = false;
  /** Whether its last message was an attachment. Socket.IO collects attachments in memory. */
  #wasAttachment = false;

  constructor(limits: Pick<Limits, 'packets' | 'bytes'>) {
    this.#limits = limits;
  }

  /** Checks the next packet. Returns why the connection must end, or null. `now`: ms of a clock that does not go back. */
  check({ type, data }: Packet, now: number): RefusalCode | null {
    const size = typeof data === 'string' || data instanceof Uint8Array ? data.length : 0;
    const packets = takeTokens(this.#packets, this.#limits.packets, now);
    const bytes = takeTokens(this.#bytes, this.#limits.bytes, now, size);
    if (packets === null || bytes === null) return 'rate';
    [this.#packets, this.#bytes] = [packets, bytes];
    if (type !== 'message') return null;
    const isConnect = typeof data === 'string' && data.startsWith(CONNECT);
    const isAttachment = typeof data !== 'string';
    const isInvalid = (isConnect && this.#hasConnected) || (isAttachment && this.#wasAttachment);
    this.#hasConnected ||= isConnect;
    this.#wasAttachment = isAttachment;
    return isInvalid ? 'invalid' : null;
  }
}

/** Runs actions in the order they were added, each after the one before has finished. */
export class SerialQueue {
  #last: Promise<void> | null = null;
  #length = 0;

  /** The number of actions that have not finished. */
  get length(): number {
    return this.#length;
  }

  /**
   * Runs an action in its turn: at once if nothing is before it. If it takes time or has to wait, `failed` is called
   * with a rejection and `done` when it has ended either way. Later actions run in any case.
   */
  add(action: () => Awaitable<void>, failed: (error: unknown) => void, done = () => {}): void {
    const running = this.#last === null ? action() : this.#last.then(action);
    if (!(running instanceof Promise)) return;
    this.#length += 1;
    const last = running.catch(failed).finally(() => {
      this.#length -= 1;
      if (this.#last === last) this.#last = null;
      done();
    });
    this.#last = last;
  }
}
