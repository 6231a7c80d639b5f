/** Meets through a Socket.IO rendezvous server. The server is not trusted: everything it sends is checked. */
import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import { retryPause } from '../../shared/backoff.ts';
import type { ErrorDetail } from '../../shared/error-details.ts';
import { AparteError } from '../../shared/errors.ts';
import type { IceServer } from '../../shared/ice-servers.ts';
import { MAX_MEMBERS, SIGNALING_VERSION } from '../../shared/limits.ts';
import type * as wire from '../../shared/signal-wire.ts';
import { CheckedWebSocket } from './checked-websocket.ts';
import { disconnected, noAnswer, notConnected } from './connect-error-cause.ts';
import { type LookUp, usableServers } from './offered-ice-servers.ts';
import type { OpenRendezvous, Rendezvous, RendezvousEvents, RoomRequest } from './rendezvous.ts';
import * as server from './server-message-validation.ts';

/**
 * Time from the first packet until we are in the room, in ms, at first and after long failure. It must stay short: TCP
 * doubles its pauses, so a try that started without a network would notice only late that the network is back.
 */
const JOIN_TIMEOUT = 4_000;
const LONGEST_JOIN_TIMEOUT = 10_000;
/** Time for the server to confirm that we leave, in ms. */
const LEAVE_TIMEOUT = 1_000;
/** Events of a room that wait while the offered servers are being checked. */
const MAX_WAITING = 256;

/** What the connection to a server needs. */
export interface SocketIoDeps {
  /** ms on a clock that never jumps. */
  readonly now: () => number;
  /** A number from 0 to less than 1. Left out: Math.random. */
  readonly random?: () => number;
  /** Looks up host names of TURN servers. Left out: they are used unchecked. */
  readonly lookUp?: LookUp;
  /** An HTTP agent that makes the connections. Left out: they go to the host of the URL. */
  readonly agent?: object;
}

/**
 * Meets through the server at `url`, `http:` or `https:`. A path in the URL is the folder of Socket.IO. A lost connection
 * is tried again for ever; the caller decides when to stop. Throws `usage` for another URL.
 */
export function socketIoRendezvous(url: string, deps: SocketIoDeps): OpenRendezvous {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new AparteError('usage', { key: 'bad-server-address' });
  return (request, events) => new SocketIoRendezvous(parsed, deps, request, events);
}

type Connection = Socket<wire.ServerEvents, wire.PeerEvents>;

/** Our seat in the room. It outlives the connection. */
interface Seat {
  readonly nameplate: string;
  /** Proves to the server that the seat is ours. */
  readonly token: string;
  readonly members: Set<string>;
}

class SocketIoRendezvous implements Rendezvous {
  readonly #url: URL;
  readonly #deps: SocketIoDeps;
  readonly #request: RoomRequest;
  readonly #events: RendezvousEvents;
  #connection: Connection | null = null;
  #seat: Seat | null = null;
  /** Whether this connection holds our seat. */
  #isIn = false;
  /** When we were in the room last, in ms. */
  #outSince: number;
  /** Ends a try to connect, or starts the next one. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Events of the room that came while the offered servers are being checked; null at any other time. */
  #waiting: (() => void)[] | null = null;
  #leaving: Promise<void> | null = null;
  #over = false;

  constructor(url: URL, deps: SocketIoDeps, request: RoomRequest, events: RendezvousEvents) {
    this.#url = url;
    this.#deps = deps;
    this.#request = request;
    this.#events = events;
    this.#outSince = deps.now();
    queueMicrotask(() => this.#connect());
  }

  send(to: string, bytes: Uint8Array): void {
    if (this.#isIn) this.#connection?.emit('frame', { to, data: bytes });
  }

  free(member: string): void {
    if (this.#isIn) this.#connection?.emit('free', { member });
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.#over = true;
    this.#isIn = false;
    clearTimeout(this.#timer);
    // The server frees our seat by itself if it does not get this.
    if (this.#connection?.connected)
      await this.#connection
        .timeout(LEAVE_TIMEOUT)
        .emitWithAck('leave')
        .catch(() => {});
    this.#hangUp();
  }

  #connect(): void {
    if (this.#over) return;
    const { agent } = this.#deps;
    const options = {
      path: `${this.#url.pathname.replace(/\/$/, '')}/socket.io`,
      auth: { aparte: SIGNALING_VERSION },
      transports: [CheckedWebSocket],
      forceNew: true,
      reconnection: false,
      // Passed on to `ws`; the types expect a name.
      ...(agent !== undefined && { agent: agent as unknown as boolean }),
    };
    const connection: Connection = io(this.#url.origin, options);
    this.#connection = connection;
    const patience = Math.min(LONGEST_JOIN_TIMEOUT, Math.max(JOIN_TIMEOUT, this.#outage / 4));
    this.#timer = setTimeout(() => this.#retry(noAnswer()), patience);
    connection.once('connect', () => {
      // Every CONNECT packet causes this event: a server could make us join without end.
      connection.on('connect', () => this.#refuse({ key: 'malformed', part: 'connection' }));
      this.#join(this.#seat?.token);
    });
    connection.on('connect_error', (error) =>
      connection.active ? this.#retry(notConnected(error, this.#url)) : this.#denied(),
    );
    connection.on('disconnect', (reason, description) => this.#retry(disconnected(reason, description, this.#url)));
    connection.on('came', (input: unknown) => this.#inOrder(() => this.#came(server.readMember(input))));
    connection.on('left', (input: unknown) => this.#inOrder(() => this.#left(server.readLeft(input))));
    connection.on('frame', (input: unknown) => this.#inOrder(() => this.#frame(server.readFrame(input))));
    connection.on('fault', (input: unknown) => this.#fault(server.readRefusal(input)));
  }

  #join(resume: string | undefined): void {
    const { nameplate, card, capacity } = this.#request;
    const request = { nameplate: this.#seat?.nameplate ?? nameplate, card, capacity };
    this.#connection?.emit('join', resume === undefined ? request : { ...request, resume }, (input: unknown) => {
      if (this.#over || this.#isIn) return;
      const answer = server.readJoinReply(input);
      if (answer === null) this.#refuse(server.faultInJoinReply(input));
      else this.#answered(resume, answer);
    });
  }

  #answered(resume: string | undefined, answer: wire.Welcome | wire.Refusal): void {
    if (!('error' in answer)) {
      const expected = this.#seat?.nameplate ?? this.#request.nameplate;
      if (expected !== null && answer.nameplate !== expected) this.#refuse({ key: 'other-room' });
      else this.#checkOffer(answer);
    } else if (resume !== undefined && (answer.error === 'unknown-room' || answer.error === 'unknown-member')) {
      // The server has restarted, or has freed our seat.
      this.#join(undefined);
    } else if (answer.error === 'unavailable') {
      this.#retry(unavailable());
    } else if (answer.error === 'room-full') {
      this.#end(new AparteError('room-full'));
    } else {
      this.#refuse({ key: 'refusal', word: answer.error });
    }
  }

  /** Enters once the offered servers are checked, which may take a moment. Events of the room wait meanwhile. */
  #checkOffer(reply: wire.Welcome): void {
    clearTimeout(this.#timer);
    const connection = this.#connection;
    const transport = connection?.io.engine.transport;
    const address = transport instanceof CheckedWebSocket ? transport.serverAddress : null;
    const from = { host: this.#url.hostname, address };
    const usable = usableServers(from, reply, this.#deps.lookUp ?? null);
    if (!(usable instanceof Promise)) return this.#enter(reply, usable);
    this.#waiting = [];
    void usable.then((iceServers) => {
      if (this.#over || connection !== this.#connection) return;
      const waiting = this.#waiting ?? [];
      this.#waiting = null;
      this.#enter(reply, iceServers);
      for (const act of waiting) if (connection === this.#connection) act();
    });
  }

  /** Acts now, or once we are in. */
  #inOrder(act: () => void): void {
    if (this.#waiting === null) act();
    else if (this.#waiting.push(act) > MAX_WAITING) this.#refuse({ key: 'too-many-events' });
  }

  #enter({ nameplate, token, members }: wire.Welcome, iceServers: readonly IceServer[]): void {
    this.#isIn = true;
    const before = this.#seat;
    this.#seat = { nameplate, token, members: new Set(members.map(({ id }) => id)) };
    if (before === null || before.token !== token) {
      this.#events.joined(nameplate, members, iceServers);
      return;
    }
    this.#events.resumed(iceServers);
    const now = this.#seat.members;
    for (const id of before.members) if (this.#isIn && !now.has(id)) this.#events.left(id);
    for (const member of members) if (this.#isIn && !before.members.has(member.id)) this.#events.came(member);
  }

  #came(member: wire.Member | null): void {
    if (!this.#isIn || this.#seat === null) return;
    if (member === null || this.#seat.members.size >= MAX_MEMBERS) {
      this.#refuse({ key: 'malformed', part: 'member' });
    } else if (!this.#seat.members.has(member.id)) {
      this.#seat.members.add(member.id);
      this.#events.came(member);
    }
  }

  #left(event: wire.LeftEvent | null): void {
    if (!this.#isIn) return;
    if (event === null) this.#refuse({ key: 'malformed', part: 'departure' });
    else if (this.#seat?.members.delete(event.member)) this.#events.left(event.member);
  }

  #frame(event: wire.FrameEvent | null): void {
    if (!this.#isIn) return;
    if (event === null || !this.#seat?.members.has(event.from)) this.#refuse({ key: 'malformed', part: 'frame' });
    else this.#events.frame(event.from, event.data);
  }

  #fault(refusal: wire.Refusal | null): void {
    if (this.#over) return;
    if (refusal === null) this.#refuse({ key: 'malformed', part: 'fault' });
    else if (refusal.error === 'closing') this.#retry(new AparteError('server-unreachable', { key: 'shutting-down' }));
    else if (refusal.error === 'unavailable') this.#retry(unavailable());
    // Our frame crossed with the news that its receiver has left.
    else if (refusal.error !== 'unknown-member') this.#refuse({ key: 'refusal', word: refusal.error });
  }

  /** A Socket.IO server of another program has refused us. Its text is not shown. */
  #denied(): void {
    this.#refuse({ key: 'foreign-server' });
  }

  #retry(cause: AparteError): void {
    if (this.#over) return;
    if (this.#isIn) this.#outSince = this.#deps.now();
    this.#hangUp();
    this.#isIn = false;
    clearTimeout(this.#timer);
    const { random = Math.random } = this.#deps;
    const pause = retryPause(this.#outage, random());
    this.#timer = setTimeout(() => this.#connect(), pause);
    this.#events.lost(cause, this.#deps.now() + pause);
  }

  /** How long we have been out of the room, in ms. */
  get #outage(): number {
    return this.#deps.now() - this.#outSince;
  }

  #refuse(detail: ErrorDetail): void {
    this.#end(new AparteError('server-refused', detail));
  }

  #end(cause: AparteError): void {
    this.#over = true;
    this.#isIn = false;
    clearTimeout(this.#timer);
    this.#hangUp();
    this.#events.refused(cause);
  }

  #hangUp(): void {
    this.#waiting = null;
    this.#connection?.off();
    this.#connection?.disconnect();
    this.#connection = null;
  }
}

function unavailable(): AparteError {
  return new AparteError('server-unreachable', { key: 'shared-store-away' });
}
