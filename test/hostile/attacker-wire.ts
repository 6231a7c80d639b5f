/** How a hostile peer reaches a real program: it sends frames, and waits for frames. */
import { io, type Socket } from 'socket.io-client';
import { type Member, type PeerEvents, type ServerEvents, unpackWelcome } from '../../shared/signal-wire.ts';

/** Frames that came, in order. Each is read once. */
export class Inbox {
  readonly all: Uint8Array[] = [];
  readonly #read = new Set<Uint8Array>();
  #waiting: (() => void)[] = [];

  put(bytes: Uint8Array): void {
    this.all.push(bytes);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves with the next unread frame of a type. */
  async next(type: number): Promise<Uint8Array> {
    for (;;) {
      const found = this.all.find((frame) => frame[0] === type && !this.#read.has(frame));
      if (found !== undefined) {
        this.#read.add(found);
        return found;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The frames of a type so far. */
  of(type: number): Uint8Array[] {
    return this.all.filter((frame) => frame[0] === type);
  }
}

/** The way to one program. */
export interface Wire {
  /** Our card, and that of the program. */
  readonly card: Uint8Array;
  readonly theirCard: Uint8Array;
  readonly inbox: Inbox;
  send(bytes: Uint8Array): void;
}

/** A stranger who enters a room of a real server and finds one member there. */
export interface Stranger extends Wire {
  readonly member: Member;
  /** Leaves the room and hangs up. */
  hangUp(): Promise<void>;
}

/** Enters a room in which somebody is. Throws if the server refuses. */
export async function enter(url: string, nameplate: string, card: Uint8Array): Promise<Stranger> {
  const options = { transports: ['websocket'], auth: { aparte: 1 }, reconnection: false, forceNew: true };
  const socket: Socket<ServerEvents, PeerEvents> = io(url, options);
  const inbox = new Inbox();
  socket.on('frame', ({ data }) => inbox.put(new Uint8Array(data)));
  const answer = await socket.emitWithAck('join', { nameplate, card, capacity: 2 });
  if ('error' in answer) {
    socket.disconnect();
    throw new Error(answer.error);
  }
  const hangUp = async () => {
    await socket.emitWithAck('leave');
    socket.disconnect();
  };
  const [member] = unpackWelcome(answer).members;
  if (member === undefined) throw new Error('nobody is there');
  const send = (bytes: Uint8Array) => void socket.emit('frame', { to: member.id, data: bytes });
  return { card, theirCard: new Uint8Array(member.card), inbox, send, member, hangUp };
}
