/** Performs the orders of the rooms: sends clients of this server what they are to be told. */
import type { JoinReply, Refusal } from '../shared/signal-wire.ts';
import { packWelcome } from '../shared/signal-wire.ts';
import type { IceOffer } from './ice-offer.ts';
import type { ServerObserver } from './observer.ts';
import type { RoomOrder } from './rooms-interface.ts';
import type { Socket, SocketServer } from './socketio-setup.ts';

/** Acknowledges a request. */
export type Reply = (answer?: JoinReply | Refusal) => void;

/** The name of a client for its next join. `count` must be one that this socket has not used before. */
export function clientName(socket: Socket, count: number): string {
  return `${socket.id}.${count}`;
}

/** Sends orders to the clients of this server. */
export class OrderSender {
  readonly #io: SocketServer;
  readonly #observer: ServerObserver;
  readonly #offer: () => IceOffer;

  constructor(io: SocketServer, observer: ServerObserver, offer: () => IceOffer) {
    this.#io = io;
    this.#observer = observer;
    this.#offer = offer;
  }

  /** Performs orders. `reply` acknowledges the join that led to them. Orders for clients that have gone are ignored. */
  perform(orders: readonly RoomOrder[], reply?: Reply): void {
    for (const order of orders) {
      if (order.type === 'answer') {
        if ('error' in order.answer) this.#observer.refused(order.answer.error);
        reply?.('self' in order.answer ? packWelcome({ ...order.answer, ...this.#offer() }) : order.answer);
        continue;
      }
      if (order.type === 'frame') this.#observer.forwarded(order.data.length);
      else if ('error' in order) this.#observer.refused(order.error);
      const socket = this.#io.sockets.sockets.get(order.to.slice(0, order.to.lastIndexOf('.')));
      if (socket?.data.client === order.to) send(socket, order);
    }
  }
}

function send(socket: Socket, order: Exclude<RoomOrder, { type: 'answer' }>): void {
  socket.data.activeAt = performance.now();
  switch (order.type) {
    case 'came':
      socket.emit('came', order.member);
      break;
    case 'left':
      socket.emit('left', { member: order.member });
      break;
    case 'frame':
      socket.emit('frame', { from: order.from, data: order.data });
      break;
    case 'fault':
      socket.emit('fault', { error: order.error });
      break;
    case 'drop':
      socket.emit('fault', { error: order.error });
      socket.data.client = null;
      socket.disconnect(true);
      break;
    default:
      order satisfies never;
  }
}
