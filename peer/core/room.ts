/**
 * The whole conversation as a synchronous machine: facts in, orders out. No clock, timer, network or randomness of its
 * own. A chat for two: the door shuts at the first person who proves the code, and the rendezvous is left once
 * connected.
 */
import { AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import { codeSecret, type Identity, type Random } from '../crypto/index.ts';
import type { Attempt, Met } from './attempt.ts';
import { type Clock, type Context, earliest, tell } from './context.ts';
import { MAX_OUTBOX_MESSAGES, type Outgoing, outgoing } from './delivery.ts';
import type { Fact, KnownPeer, Order, UserCommand, Waiting } from './events.ts';
import { Guesses } from './guesses.ts';
import { messageId, Peer } from './peer.ts';
import { Place } from './place.ts';
import type { SessionEnd } from './session.ts';

/** How long (ms) a user who leaves waits for what is still to be delivered, and one who interrupts. */
const QUIT_PATIENCE = 3_000;
const INTERRUPT_PATIENCE = 1_000;

/** What a room is opened with. */
export interface RoomOptions {
  readonly version: string;
  /** The rendezvous server as shown to the user, null where there is none. */
  readonly server: string | null;
  readonly name: string;
  readonly identity: Identity;
  readonly known: readonly KnownPeer[];
  /** Null nameplate: one is asked for. The secret is normalised. */
  readonly code: { readonly nameplate: string | null; readonly secret: string };
  /** Makes the invite of a code, null where there is no server to name. */
  invite(code: string): string | null;
  /** How long (ms) to wait for the other side; null for ever. */
  readonly timeout: number | null;
  /** How long (ms) the server may be out of reach at the start; null for ever. */
  readonly serverPatience: number | null;
  readonly random: Random;
}

interface Leaving {
  readonly reason: string;
  readonly exit: ExitCode;
  /** When (ms) we stop waiting for deliveries; null: as long as it takes. */
  readonly until: number | null;
}

/** The conversation. Call `start` once, then `step` with each fact, and perform all orders before the next. */
export class Room {
  readonly #options: RoomOptions;
  readonly #context: { now: number; date: number } & Context;
  #orders: Order[] = [];
  #known: readonly KnownPeer[];
  #place: Place | null = null;
  #attempt: Attempt | null = null;
  #peer: Peer | null = null;
  /** What was said before anybody was there. */
  #early: Outgoing[] = [];
  #startedAt = 0;
  #reached = false;
  #retryAt: number | null = null;
  #lostCause: AparteError | null = null;
  #waitingSince = 0;
  #waitingFor: Waiting['for'] = 'server';
  #leaving: Leaving | null = null;
  #ended = false;

  constructor(options: RoomOptions) {
    this.#options = options;
    this.#known = options.known;
    let numbers = 0;
    this.#context = {
      now: 0,
      date: 0,
      random: options.random,
      emit: (order) => this.#orders.push(order),
      nextNumber: () => ++numbers,
    };
  }

  /** Opens the meeting place. */
  start(clock: Clock): Order[] {
    return this.#during(clock, () => {
      const { version, server, name, code } = this.#options;
      this.#startedAt = clock.now;
      tell(this.#context, { type: 'ready', version, server, name });
      this.#place = new Place(
        this.#context,
        {
          mode: 'code',
          nameplate: code.nameplate,
          secret: codeSecret(code.secret),
          capacity: 2,
          guesses: new Guesses(1),
          profile: () => ({ identity: this.#options.identity, name, cursor: 0, expected: null }),
        },
        {
          opened: (nameplate) => this.#opened(nameplate),
          met: (met, attempt) => this.#met(met, attempt),
          noted: (cause) => this.#note(cause),
          failed: (cause) => this.#fail(cause),
        },
      );
    });
  }

  /** Takes a fact. Returns what to do, in order. */
  step(fact: Fact, clock: Clock): Order[] {
    return this.#during(clock, () => this.#take(fact));
  }

  /** When (ms) a `tick` is due at the latest; null for never. */
  get wakeAt(): number | null {
    if (this.#ended) return null;
    return earliest(this.#place?.wakeAt ?? null, this.#peer?.wakeAt ?? null, this.#giveUpAt, this.#leaving?.until ?? null);
  }

  /** What we wait for. */
  get waiting(): Waiting {
    const until = this.#waitingFor === 'server' ? this.#retryAt : this.#giveUpAt;
    return { for: this.#waitingFor, since: this.#waitingSince, until };
  }

  /** Round trip to the peer in ms, null while unknown. */
  get roundTrip(): number | null {
    return this.#peer?.roundTrip ?? null;
  }

  #during(clock: Clock, action: () => void): Order[] {
    this.#context.now = clock.now;
    this.#context.date = clock.date;
    this.#orders = [];
    if (!this.#ended) {
      action();
      this.#updateWaiting();
    }
    return this.#orders;
  }

  #take(fact: Fact): void {
    switch (fact.type) {
      case 'command':
        return this.#command(fact.command);
      case 'inputEnded':
        return this.#leave({ reason: 'left', exit: EXIT.ok, until: null });
      case 'interrupted':
        return this.#leave({ reason: 'interrupted', exit: EXIT.interrupted, until: this.#context.now + INTERRUPT_PATIENCE });
      case 'shown':
        return this.#peer?.shown(fact.seq);
      case 'tick':
        return this.#tick();
      case 'linkDescription':
        this.#place?.gotLocalSignal(fact.link, { description: fact.sdp });
        return;
      case 'linkCandidate':
        this.#place?.gotLocalSignal(fact.link, { candidate: fact.bytes });
        return;
      case 'linkOpened':
      case 'linkFrame':
      case 'linkPath':
      case 'linkClosed':
        return this.#link(fact);
      default:
        if (fact.place === this.#place?.number) this.#placeFact(this.#place, fact);
    }
  }

  #link(fact: Extract<Fact, { type: 'linkOpened' | 'linkFrame' | 'linkPath' | 'linkClosed' }>): void {
    const peer = this.#peer?.uses(fact.link) === true ? this.#peer : null;
    switch (fact.type) {
      case 'linkOpened':
        return peer?.linkOpened();
      case 'linkFrame':
        return peer?.linkFrame(fact.bytes);
      case 'linkPath':
        return peer?.linkPath(fact.path);
      case 'linkClosed':
        if (peer === null) this.#place?.gotLinkClosed(fact.link, fact.cause);
        else peer.linkClosed(fact.cause);
    }
  }

  #placeFact(place: Place, fact: Extract<Fact, { place: number }>): void {
    switch (fact.type) {
      case 'joined':
        return place.gotJoined(fact.nameplate, fact.members);
      case 'memberCame':
        return place.gotMember(fact.member);
      case 'memberLeft':
        return place.gotLeft(fact.member);
      case 'gotHandshake':
        return place.gotFrame(fact.from, fact.bytes);
      case 'placeResumed':
        this.#reachedServer();
        return place.gotResumed();
      case 'placeLost':
        place.gotLost();
        return this.#lostServer(fact.cause, fact.retryAt);
      case 'placeRefused':
        if (this.#peer?.status !== 'connected') this.#fail(fact.cause);
    }
  }

  #opened(nameplate: string): void {
    this.#reachedServer();
    const code = `${nameplate}-${this.#options.code.secret}`;
    tell(this.#context, { type: 'code', code, invite: this.#options.invite(code) });
  }

  #reachedServer(): void {
    this.#reached = true;
    this.#retryAt = null;
    this.#lostCause = null;
    tell(this.#context, { type: 'signal', status: 'connected' });
  }

  #lostServer(cause: AparteError, retryAt: number): void {
    // The conversation does not need the server any more once both sides have proven themselves.
    if (this.#peer !== null) return;
    if (this.#retryAt === null && this.#reached) tell(this.#context, { type: 'signal', status: 'lost' });
    const { serverPatience } = this.#options;
    const elapsed = this.#context.now - this.#startedAt;
    if (!this.#reached && serverPatience !== null && elapsed >= serverPatience) return this.#fail(cause);
    if (this.#lostCause?.message !== cause.message) this.#note(cause);
    this.#lostCause = cause;
    this.#retryAt = retryAt;
  }

  #met(met: Met, attempt: Attempt): void {
    this.#attempt = attempt;
    this.#peer = new Peer(this.#context, this.#options.identity.publicKey, met, this.#known, {
      connected: () => this.#connected(),
      delivered: () => this.#leaveIfDone(),
      ended: (peer, end) => this.#peerEnded(peer, end),
    });
    for (const message of this.#early) this.#peer.say(message);
    this.#early = [];
  }

  #connected(): void {
    this.#attempt?.wipe();
    this.#attempt = null;
    this.#leavePlace();
    this.#leaveIfDone();
  }

  #peerEnded(peer: Peer, end: SessionEnd): void {
    if (this.#leaving !== null || end === 'we-left') return this.#finish(this.#leaving);
    if (end instanceof AparteError) return this.#fail(end);
    if (peer.undelivered > 0) return this.#fail(new AparteError('peer-left', `${peer.undelivered} undelivered`));
    this.#finish({ reason: 'peer-left', exit: EXIT.ok, until: null });
  }

  #command(command: UserCommand): void {
    switch (command.type) {
      case 'send':
        return this.#say(command);
      case 'typing':
        return this.#peer?.typing(command.on);
      case 'verify':
        return this.#verify(command.peer);
      case 'quit':
        this.#leave({ reason: 'left', exit: EXIT.ok, until: this.#context.now + QUIT_PATIENCE });
    }
  }

  #say(command: Extract<UserCommand, { type: 'send' }>): void {
    try {
      const message = outgoing(command.text, command.raw === true, this.#context.date, this.#context.random);
      if (this.#peer !== null) this.#peer.say(message);
      else if (this.#early.length < MAX_OUTBOX_MESSAGES) this.#early.push(message);
      else throw new AparteError('outbox-full');
      tell(this.#context, { type: 'sent', id: messageId(message), ref: command.ref });
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      this.#note(error);
    }
  }

  #verify(handle: string): void {
    if (this.#peer?.handle !== handle || this.#peer.status === 'connecting') {
      return this.#note(new AparteError('bad-command', 'there is no such peer'));
    }
    const peer = this.#peer.verify();
    this.#known = [...this.#known, peer];
    this.#context.emit({ type: 'remember', peer });
  }

  /** Starts to leave, or hastens it: what is pending is delivered first, as far as there is time. */
  #leave(leaving: Leaving): void {
    this.#leaving = leaving;
    // With nobody there, a message only waits on where the user gave no time limit: end of input.
    if (this.#peer === null && (this.#early.length === 0 || leaving.until !== null)) return this.#finish(leaving);
    if (this.#peer !== null && this.#peer.status !== 'connected' && leaving.until !== null) return this.#finish(leaving);
    this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (this.#leaving !== null && this.#peer?.status === 'connected' && this.#peer.undelivered === 0) this.#peer.leave();
  }

  #tick(): void {
    const { now } = this.#context;
    this.#place?.tick();
    this.#peer?.tick();
    const leaving = this.#leaving;
    if (leaving?.until != null && leaving.until <= now) {
      this.#leaving = { ...leaving, until: null };
      if (this.#peer?.status === 'connected') this.#peer.leave();
      else this.#finish(leaving);
    }
    if (this.#giveUpAt !== null && this.#giveUpAt <= now) this.#fail(this.#lostCause ?? new AparteError('timeout'));
  }

  get #giveUpAt(): number | null {
    const { timeout } = this.#options;
    return timeout === null || this.#peer !== null ? null : this.#startedAt + timeout;
  }

  #updateWaiting(): void {
    const next = this.#nextWaiting();
    if (next === this.#waitingFor) return;
    this.#waitingFor = next;
    this.#waitingSince = this.#context.now;
  }

  #nextWaiting(): Waiting['for'] {
    if (this.#peer?.status === 'connected') return this.#peer.undelivered > 0 ? 'delivery' : null;
    if (this.#peer !== null) return 'path';
    if (this.#place?.joined !== true) return 'server';
    return this.#place.busy ? 'handshake' : 'peer';
  }

  #note(cause: AparteError): void {
    const { code, message, hint } = cause;
    tell(this.#context, { type: 'error', code, message, hint, fatal: false });
  }

  #fail(cause: AparteError): void {
    if (this.#ended) return;
    const { code, message, hint } = cause;
    tell(this.#context, { type: 'error', code, message, hint, fatal: true });
    this.#finish({ reason: code, exit: cause.exit, until: null });
  }

  #leavePlace(): void {
    if (this.#place === null) return;
    const { joined } = this.#place;
    this.#place.leave();
    this.#place = null;
    if (joined) tell(this.#context, { type: 'signal', status: 'left' });
  }

  #finish(leaving: Leaving | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#peer?.end();
    this.#leavePlace();
    const undelivered = this.#early.length + (this.#peer?.undelivered ?? 0);
    let { reason, exit } = leaving ?? { reason: 'left', exit: EXIT.ok };
    if (undelivered > 0 && exit === EXIT.ok) {
      const { code, message, hint, exit: failed } = new AparteError('undelivered', `${undelivered} undelivered`);
      tell(this.#context, { type: 'error', code, message, hint, fatal: true });
      reason = code;
      exit = failed;
    }
    tell(this.#context, { type: 'end', reason, exit });
    this.#context.emit({ type: 'end' });
  }
}
