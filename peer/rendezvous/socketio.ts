/** Meeting over a Socket.IO rendezvous server. The server is not trusted: all that it sends is checked. */

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
 * How long a server may take from the first packet until we are in, in ms: at first, and where that has not been enough
 * for long. A try that began while the network was gone would wait for ever longer before it sends its packet again.
 */
const JOIN_TIMEOUT = 4_000;
const LONGEST_JOIN_TIMEOUT = 10_000;
/** How long it may take to acknowledge that we leave, in ms. */
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

/** The place that the server gave us. It outlives the connection. */
interface Place {
  readonly nameplate: string;
  readonly token: string;
  readonly members: Set<string>;
}

class SocketIoRendezvous implements Rendezvous {
  readonly #url: URL;
  readonly #deps: SocketIoDeps;
  readonly #request: RoomRequest;
  readonly #events: RendezvousEvents;
  #connection: Connection | null = null;
  #place: Place | null = null;
  /** Whether this connection is in our place. */
  #isIn = false;
  /** Since when, in ms, we have been out. */
  #outSince: number;
  /** Ends an attempt, or begins the next. */
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
    // Unacknowledged after a second or a lost connection, it is over all the same.
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
      // Handed on to `ws`; the types take it for a name.
      ...(agent !== undefined && { agent: agent as unknown as boolean }),
    };
    const connection: Connection = io(this.#url.origin, options);
    this.#connection = connection;
    const patience = Math.min(LONGEST_JOIN_TIMEOUT, Math.max(JOIN_TIMEOUT, this.#age / 4));
    this.#timer = setTimeout(() => this.#retry(noAnswer()), patience);
    connection.once('connect', () => {
      // Each CONNECT packet says so once more: a server could have us join without end.
      connection.on('connect', () => this.#refuse({ key: 'malformed', part: 'connection' }));
      this.#join(this.#place?.token);
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
    const request = { nameplate: this.#place?.nameplate ?? nameplate, card, capacity };
    this.#connection?.emit('join', resume === undefined ? request : { ...request, resume }, (input: unknown) => {
      if (this.#over || this.#isIn) return;
      const answer = server.readJoinReply(input);
      if (answer === null) this.#refuse(server.faultInJoinReply(input));
      else this.#answered(resume, answer);
    });
  }

  #answered(resume: string | undefined, answer: wire.Welcome | wire.Refusal): void {
    if (!('error' in answer)) {
      const expected = this.#place?.nameplate ?? this.#request.nameplate;
      if (expected !== null && answer.nameplate !== expected) this.#refuse({ key: 'other-room' });
      else this.#checkOffer(answer);
    } else if (resume !== undefined && (answer.error === 'unknown-room' || answer.error === 'unknown-member')) {
      // The server was started anew, or has given our place up.
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
    const before = this.#place;
    this.#place = { nameplate, token, members: new Set(members.map(({ id }) => id)) };
    if (before === null || before.token !== token) {
      this.#events.joined(nameplate, members, iceServers);
      return;
    }
    this.#events.resumed(iceServers);
    const now = this.#place.members;
    for (const id of before.members) if (this.#isIn && !now.has(id)) this.#events.left(id);
    for (const member of members) if (this.#isIn && !before.members.has(member.id)) this.#events.came(member);
  }

  #came(member: wire.Member | null): void {
    if (!this.#isIn || this.#place === null) return;
    if (member === null || this.#place.members.size >= MAX_MEMBERS) {
      this.#refuse({ key: 'malformed', part: 'member' });
    } else if (!this.#place.members.has(member.id)) {
      this.#place.members.add(member.id);
      this.#events.came(member);
    }
  }

  #left(event: wire.LeftEvent | null): void {
    if (!this.#isIn) return;
    if (event === null) this.#refuse({ key: 'malformed', part: 'departure' });
    else if (this.#place?.members.delete(event.member)) this.#events.left(event.member);
  }

  #frame(event: wire.FrameEvent | null): void {
    if (!this.#isIn) return;
    if (event === null || !this.#place?.members.has(event.from)) this.#refuse({ key: 'malformed', part: 'frame' });
    else this.#events.frame(event.from, event.data);
  }

  #fault(refusal: wire.Refusal | null): void {
    if (this.#over) return;
    if (refusal === null) this.#refuse({ key: 'malformed', part: 'fault' });
    else if (refusal.error === 'closing') this.#retry(new AparteError('server-unreachable', { key: 'shutting-down' }));
    else if (refusal.error === 'unavailable') this.#retry(unavailable());
    // A frame crossed the news that its receiver had left.
    else if (refusal.error !== 'unknown-member') this.#refuse({ key: 'refusal', word: refusal.error });
  }

  /** A Socket.IO server that is none of ours. Its words are its own, and not shown. */
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
    const pause = retryPause(this.#age, random());
    this.#timer = setTimeout(() => this.#connect(), pause);
    this.#events.lost(cause, this.#deps.now() + pause);
  }

  /** For how long we have been out, in ms. */
  get #age(): number {
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
