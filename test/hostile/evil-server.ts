/**
 * A real Socket.IO server that speaks our protocol and does what a test wants. The test decides who sees whom, in which
 * order, and what becomes of each frame. The server records all that reaches it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Server, type Socket as ServerSocket } from 'socket.io';
import { systemRandom } from '../../peer/crypto/index.ts';
import { encodeCard } from '../../shared/card.ts';
import {
  type JoinReply,
  type JoinRequest,
  type Member,
  type PeerEvents,
  packWelcome,
  type ServerEvents,
} from '../../shared/signal-wire.ts';
import { Inbox, type Wire } from './attacker-wire.ts';

type Socket = ServerSocket<PeerEvents, ServerEvents>;

/** A frame on its way from one guest to another. */
export interface Passing {
  readonly from: Guest;
  readonly to: Guest;
  readonly bytes: Uint8Array;
}

/** How the server differs from an honest one. */
export interface Hostility {
  /** Replaces the answer to a join. `earlier`: all guests, in whatever room. */
  readonly answer?: (guest: Guest, earlier: readonly Guest[]) => { readonly members: readonly Member[] };
  /** Tells of a new guest, instead of telling all members of the room. */
  readonly tell?: (guest: Guest, earlier: readonly Guest[]) => void;
  /** Replaces a frame. Left out: the frame is delivered as it is. */
  readonly pass?: (frame: Passing) => readonly Uint8Array[];
}

/** A real program in a room. */
export class Guest {
  readonly id: string;
  readonly nameplate: string;
  readonly card: Uint8Array;
  /** All frames it sent. */
  readonly sent: Inbox = new Inbox();
  readonly #to = new Map<string, Inbox>();
  readonly #socket: Socket;

  constructor(id: string, nameplate: string, card: Uint8Array, socket: Socket) {
    this.id = id;
    this.nameplate = nameplate;
    this.card = card;
    this.#socket = socket;
  }

  get member(): Member {
    return { id: this.id, card: this.card };
  }

  /** Whether the program has hung up. */
  get gone(): boolean {
    return !this.#socket.connected;
  }

  /** Tells the program that a member came. */
  came(member: Member): void {
    this.#socket.emit('came', member);
  }

  left(member: string): void {
    this.#socket.emit('left', { member });
  }

  /** Gives the program a frame that seems to come from a member. */
  give(from: string, data: Uint8Array): void {
    this.#socket.emit('frame', { from, data });
  }

  /** Cuts the program's connection. */
  cut(): void {
    this.#socket.conn.close();
  }

  /** The frames it sent to one member. */
  to(member: string): Inbox {
    const inbox = this.#to.get(member) ?? new Inbox();
    this.#to.set(member, inbox);
    return inbox;
  }

  /** A member whom the server plays. `shown`: false if the answer to the join has told of it. */
  ghost(id: string, card: Uint8Array = freshCard(), shown = true): Wire {
    if (shown) this.came({ id, card });
    return { card, theirCard: this.card, inbox: this.to(id), send: (bytes) => this.give(id, bytes) };
  }
}

/** A new card. */
export function freshCard(versions: readonly number[] = [1]): Uint8Array {
  return encodeCard({ versions, nonce: systemRandom(16) });
}

/** The server. It ends with the test. */
export class EvilServer {
  url = '';
  /** Everything that reached the server: URLs and headers, texts and bytes, in order. */
  readonly captured: Uint8Array[] = [];
  readonly guests: Guest[] = [];
  hostility: Hostility;
  readonly #http = createServer();
  readonly #io: Server<PeerEvents, ServerEvents>;
  #waiting: (() => void)[] = [];

  static async start(t: TestContext, hostility: Hostility = {}): Promise<EvilServer> {
    const server = new EvilServer(hostility);
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    server.url = `http://127.0.0.1:${(server.#http.address() as AddressInfo).port}`;
    t.after(async () => {
      server.#io.disconnectSockets(true);
      await server.#io.close();
    });
    return server;
  }

  private constructor(hostility: Hostility) {
    this.hostility = hostility;
    this.#io = new Server(this.#http, { maxHttpBufferSize: 1e6 });
    this.#io.on('connection', (socket) => this.#connected(socket));
    this.#io.engine.on('connection', (carrier: Socket['conn']) => {
      const { url, headers } = carrier.request;
      this.captured.push(Buffer.from(`${url} ${JSON.stringify(headers)}`));
      carrier.on('packet', ({ data }: { data?: string | Buffer }) => {
        if (data !== undefined) this.captured.push(typeof data === 'string' ? Buffer.from(data) : data);
      });
    });
  }

  /** Resolves with guest number `index`, of one room if it is named. */
  async guest(index: number, nameplate?: string): Promise<Guest> {
    for (;;) {
      const found = this.guests.filter((guest) => nameplate === undefined || guest.nameplate === nameplate)[index];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #connected(socket: Socket): void {
    let guest: Guest | null = null;
    socket.on('join', (request, reply) => {
      guest = this.#join(socket, request, reply);
    });
    socket.on('frame', ({ to, data }) => {
      if (guest !== null) this.#frame(guest, to, new Uint8Array(data));
    });
    socket.on('leave', (reply) => {
      if (guest !== null) this.#leave(guest);
      reply();
    });
    socket.on('disconnect', () => {
      if (guest !== null) this.#leave(guest);
    });
  }

  #before(guest: Guest): Guest[] {
    return this.guests.filter((one) => one !== guest && one.nameplate === guest.nameplate && !one.gone);
  }

  #join(socket: Socket, request: JoinRequest, reply: (answer: JoinReply) => void): Guest {
    const id = `g${this.guests.length}`;
    const guest = new Guest(id, request.nameplate ?? '1', new Uint8Array(request.card), socket);
    const { nameplate } = guest;
    const { answer, tell } = this.hostility;
    const before = this.#before(guest);
    const earlier = this.guests.filter((one) => !one.gone);
    this.guests.push(guest);
    const { members } = answer?.(guest, earlier) ?? { members: before.map(({ member }) => member) };
    reply(packWelcome({ nameplate, self: id, token: `t-${id}`, members }));
    if (tell !== undefined) tell(guest, earlier);
    else for (const one of before) one.came(guest.member);
    for (const wake of this.#waiting.splice(0)) wake();
    return guest;
  }

  #frame(from: Guest, to: string, bytes: Uint8Array): void {
    from.sent.put(bytes);
    from.to(to).put(bytes);
    const target = this.guests.find(({ id }) => id === to);
    if (target === undefined) return;
    for (const passed of this.hostility.pass?.({ from, to: target, bytes }) ?? [bytes]) target.give(from.id, passed);
  }

  #leave(guest: Guest): void {
    for (const one of this.#before(guest)) one.left(guest.id);
  }
}
