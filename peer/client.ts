/**
 * Drives a conversation: gives facts to the core, performs its orders in order, and owns the clock and the one timer.
 * Facts that come while orders are performed wait their turn.
 */
import type { ErrorDetail } from '../shared/error-details.ts';
import { AparteError } from '../shared/errors.ts';
import type { IceServer } from '../shared/ice-servers.ts';
import type { Clock } from './core/context.ts';
import type { ConversationState } from './core/conversation-state.ts';
import type { ChatEvent, Fact, KnownPeer, Order, Waiting } from './core/facts-and-orders.ts';
import type { Link, LinkSignal, OpenLink, Route } from './link/link.ts';
import type {
  ManualEvents,
  ManualRendezvous,
  OpenManualRendezvous,
  OpenRendezvous,
  Rendezvous,
  RendezvousEvents,
} from './rendezvous/rendezvous.ts';

type CandidateSignal = Extract<LinkSignal, { type: 'candidate' }>;

/** What a client is wired to. Times are in ms on the clock that never jumps. */
export interface ClientParts {
  readonly conversation: ConversationState;
  readonly openRendezvous: OpenRendezvous;
  /** Left out where nobody pairs manually. */
  readonly openManualRendezvous?: OpenManualRendezvous | undefined;
  readonly openLink: OpenLink;
  /** Encodes a candidate signal into bytes, and back. `decodeCandidate` throws `bad-offer`. */
  readonly encodeCandidate: (signal: CandidateSignal) => Uint8Array;
  readonly decodeCandidate: (bytes: Uint8Array) => CandidateSignal;
  /** Renders an event; resolves once it has been written out. Rejects when nothing can be rendered any more. */
  readonly render: (event: ChatEvent) => Promise<void>;
  /** Keeps what is known of a peer, and reports its own failures. */
  readonly remember: (peer: KnownPeer) => void;
  /** Says what we wait for and how we are connected. Called after all facts of a moment, and repeats itself. */
  readonly waiting: (waiting: Waiting, link: ConversationState['link']) => void;
}

const RESOLVED = Promise.resolve();

/** The clocks of this machine. */
function systemClock(): Clock {
  return { now: performance.now(), date: Date.now() };
}

/** Runs one conversation. */
export class Client {
  readonly #parts: ClientParts;
  readonly #rooms = new Map<number, Rendezvous>();
  /** The rooms that are manual pairings. */
  readonly #manualRooms = new Map<number, ManualRendezvous>();
  readonly #links = new Map<number, Link>();
  readonly #facts: Fact[] = [];
  readonly #leaving = new Set<Promise<void>>();
  /** The STUN and TURN servers that the rendezvous offered last. */
  #iceServers: readonly IceServer[] = [];
  #busy = false;
  #over = false;
  /** Whether `#settle` is scheduled. */
  #settling = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** When (ms) the timer fires. That may be too early, because most waits end before their time. */
  #wakesAt = Number.POSITIVE_INFINITY;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  readonly #done = new Promise<void>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Starts the conversation. Resolves when it has ended and everything is closed. Rejects on a bug. */
  async run(): Promise<void> {
    this.#during(() => this.#perform(this.#parts.conversation.start(systemClock())));
    await this.#done;
    await Promise.all(this.#leaving);
  }

  /** Gives a fact to the core. */
  give(fact: Fact): void {
    this.#facts.push(fact);
    if (!this.#busy) this.#during(() => undefined);
  }

  /** Does something, then takes all facts that have come meanwhile. After a bug nothing is done any more. */
  #during(action: () => void): void {
    if (this.#over) return;
    this.#busy = true;
    try {
      action();
      for (let fact = this.#facts.shift(); fact !== undefined && !this.#over; fact = this.#facts.shift()) {
        this.#perform(this.#parts.conversation.step(fact, systemClock()));
      }
    } catch (error) {
      this.#close();
      this.#reject(error);
    }
    this.#busy = false;
    if (this.#over || this.#settling) return;
    this.#settling = true;
    // Not `queueMicrotask`, which costs Node several times as much.
    void RESOLVED.then(() => {
      this.#settling = false;
      if (this.#over) return;
      this.#settle();
      this.#parts.conversation.prepare();
    });
  }

  /** After all facts of this moment: says what we wait for, and sets the timer. */
  #settle(): void {
    const { wakeAt, waiting, link } = this.#parts.conversation;
    this.#parts.waiting(waiting, link);
    if (wakeAt === null || wakeAt >= this.#wakesAt) return;
    this.#cancel();
    this.#wakesAt = wakeAt;
    this.#timer = setTimeout(
      () => {
        this.#cancel();
        this.give({ type: 'tick' });
      },
      Math.max(0, Math.ceil(wakeAt - performance.now())),
    );
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#wakesAt = Number.POSITIVE_INFINITY;
  }

  #perform(orders: readonly Order[]): void {
    for (const order of orders) this.#performOne(order);
  }

  #performOne(order: Order): void {
    switch (order.type) {
      case 'openRoom':
        this.#rooms.set(order.room, this.#openRoom(order));
        return;
      case 'openManualRoom':
        return this.#openManualRoom(order);
      case 'sendHandshake':
        return this.#rooms.get(order.room)?.send(order.to, order.bytes);
      case 'freeMember':
        return this.#rooms.get(order.room)?.free(order.member);
      case 'takeAnswer':
        return this.#manualRooms.get(order.room)?.takeAnswer(order.text);
      case 'leaveRoom':
        return this.#leaveRoom(order.room);
      case 'openLink':
        this.#links.set(order.link, this.#openLink(order));
        return;
      case 'describeLink':
        return this.#signal(order.link, () => ({ type: order.kind, sdp: order.sdp }));
      case 'addCandidate':
        return this.#signal(order.link, () => this.#parts.decodeCandidate(order.bytes));
      case 'sendFrame':
        return this.#links.get(order.link)?.send(order.bytes);
      case 'closeLink':
        this.#links.get(order.link)?.close();
        this.#links.delete(order.link);
        return;
      case 'emit':
        return this.#emit(order);
      case 'remember':
        return this.#parts.remember(order.peer);
      case 'end':
        this.#close();
        this.#resolve();
        return;
      default:
        order satisfies never;
    }
  }

  #emit(order: Extract<Order, { type: 'emit' }>): void {
    const { event, shown } = order;
    this.#parts.render(event).then(
      () => {
        if (shown !== undefined) this.give({ type: 'shown', ...shown });
      },
      () => this.give({ type: 'interrupted' }),
    );
  }

  #openRoom({ room, nameplate, card, capacity }: Extract<Order, { type: 'openRoom' }>): Rendezvous {
    return this.#parts.openRendezvous({ nameplate, card, capacity }, this.#roomEvents(room));
  }

  #openManualRoom({ room, card, invite }: Extract<Order, { type: 'openManualRoom' }>): void {
    const { openManualRendezvous } = this.#parts;
    if (openManualRendezvous === undefined) throw new Error('no manual pairing was set up');
    const events: ManualEvents = {
      ...this.#roomEvents(room),
      blob: (kind, text, until) => this.give({ type: 'blob', room, kind, text, until }),
    };
    const rendezvous = openManualRendezvous({ card, invite }, events);
    this.#rooms.set(room, rendezvous);
    this.#manualRooms.set(room, rendezvous);
  }

  #roomEvents(room: number): RendezvousEvents {
    return {
      joined: (nameplate, members, iceServers) => {
        this.#iceServers = iceServers;
        this.give({ type: 'joined', room, nameplate, members });
      },
      widened: (members, iceServers) => {
        this.#iceServers = iceServers;
        this.give({ type: 'roomWidened', room, members });
      },
      came: (member) => this.give({ type: 'memberCame', room, member }),
      left: (member) => this.give({ type: 'memberLeft', room, member }),
      frame: (from, bytes) => this.give({ type: 'gotHandshake', room, from, bytes }),
      lost: (cause, retryAt) => this.give({ type: 'roomLost', room, cause, retryAt }),
      resumed: (iceServers) => {
        this.#iceServers = iceServers;
        this.give({ type: 'roomResumed', room });
      },
      noted: (cause) => this.give({ type: 'roomNoted', room, cause }),
      refused: (cause) => this.give({ type: 'roomRefused', room, cause }),
    };
  }

  #leaveRoom(room: number): void {
    const rendezvous = this.#rooms.get(room);
    if (rendezvous === undefined) return;
    this.#rooms.delete(room);
    this.#manualRooms.delete(room);
    const leaving = rendezvous.leave().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  #openLink({ link, initiator, room }: Extract<Order, { type: 'openLink' }>): Link {
    const events = {
      signal: (signal: LinkSignal) => this.give(this.#signalFact(link, signal)),
      opened: () => this.give({ type: 'linkOpened', link }),
      frame: (bytes: Uint8Array) => this.give({ type: 'linkFrame', link, bytes }),
      path: (route: Route) => this.give({ type: 'linkPath', link, ...route }),
      closed: (why: ErrorDetail) =>
        this.give({ type: 'linkClosed', link, cause: new AparteError('no-direct-path', why) }),
    };
    const ready = this.#manualRooms.get(room)?.adoptLink(events);
    return ready ?? this.#parts.openLink(initiator, events, this.#iceServers);
  }

  #signalFact(link: number, signal: LinkSignal): Fact {
    if (signal.type === 'candidate') return { type: 'linkCandidate', link, bytes: this.#parts.encodeCandidate(signal) };
    return { type: 'linkDescription', link, sdp: signal.sdp };
  }

  #signal(link: number, signal: () => LinkSignal): void {
    try {
      this.#links.get(link)?.signal(signal());
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      this.give({ type: 'linkClosed', link, cause: error });
    }
  }

  #close(): void {
    this.#over = true;
    this.#cancel();
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    for (const room of this.#rooms.keys()) this.#leaveRoom(room);
  }
}
