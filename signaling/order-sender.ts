/** Carries out what the rooms order: tells clients of this server, and of those that share its rooms. */
import type { JoinReply, Refusal } from '../shared/signal-wire.ts';
import { packWelcome } from '../shared/signal-wire.ts';
import type { Limits } from './limits.ts';
import type { Order } from './memory-rooms.ts';
import type { ServerObserver } from './observer.ts';
import type { Socket, SocketServer } from './socketio-setup.ts';
import { backlog } from './socketio-setup.ts';

/** What is said of STUN and TURN to one who comes in. */
export type IceOffer = Pick<JoinReply, 'stunPort' | 'turn'>;
/** Acknowledges a request. */
export type Reply = (answer?: JoinReply | Refusal) => void;

type Telling = Exclude<Order<string>, { type: 'answer' }>;

/** The word that names a client for its next join; `count` is one that this socket has not used before. */
export function clientName(socket: Socket, count: number): string {
  return `${socket.id}.${count}`;
}

/** Tells clients what is to be told. A client's name is that of the Socket.IO room which only it is in. */
export class Dispatcher {
  readonly #io: SocketServer;
  readonly #limits: Limits;
  readonly #observer: ServerObserver;
  readonly #offer: () => IceOffer;
  /** Whether a client that is not here may be with another server. */
  readonly #hasOthers: boolean;

  constructor(io: SocketServer, limits: Limits, observer: ServerObserver, offer: () => IceOffer, hasOthers: boolean) {
    this.#io = io;
    this.#limits = limits;
    this.#observer = observer;
    this.#offer = offer;
    this.#hasOthers = hasOthers;
  }

  /** Carries out orders; `reply` acknowledges the join that led to them. */
  perform(orders: readonly Order<string>[], reply?: Reply): void {
    for (const order of orders) {
      if (order.type === 'answer') {
        if ('error' in order.answer) this.#observer.refused(order.answer.error);
        reply?.('self' in order.answer ? packWelcome({ ...order.answer, ...this.#offer() }) : order.answer);
        continue;
      }
      if (order.type === 'frame') this.#observer.forwarded(order.data.length);
      else if ('error' in order) this.#observer.refused(order.error);
      const socket = this.#io.sockets.sockets.get(order.to.slice(0, order.to.lastIndexOf('.')));
      if (socket === undefined) {
        if (this.#hasOthers) this.#tellElsewhere(order);
      } else if (socket.data.client === order.to) {
        this.#tell(socket, order);
        this.dropIfSlow(socket);
      }
    }
  }

  /** Tells nobody of other servers any more. */
  close(): void {
    void this.#io.sockets.adapter.close();
  }

  /** Hangs up on a client that does not read what it is sent. */
  dropIfSlow(socket: Socket): void {
    if (backlog(socket.conn) <= this.#limits.backlog || !socket.connected) return;
    this.#observer.refused('slow');
    // Without waiting for the rest to be sent, as a polite close would.
    socket.conn.close(true);
  }

  #tell(socket: Socket, order: Telling): void {
    emit(socket, order);
    socket.data.activeAt = performance.now();
    if (order.type !== 'drop') return;
    socket.data.client = null;
    socket.disconnect(true);
  }

  #tellElsewhere(order: Telling): void {
    emit(this.#io.to(order.to), order);
    if (order.type === 'drop') this.#io.in(order.to).disconnectSockets(true);
  }
}

function emit(to: Pick<Socket, 'emit'>, order: Telling): void {
  switch (order.type) {
    case 'came':
      to.emit('came', order.member);
      break;
    case 'left':
      to.emit('left', { member: order.member });
      break;
    case 'frame':
      to.emit('frame', { from: order.from, data: order.data });
      break;
    case 'fault':
    case 'drop':
      to.emit('fault', { error: order.error });
      break;
    default:
      order satisfies never;
  }
}
