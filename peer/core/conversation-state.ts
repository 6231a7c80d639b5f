/**
 * The whole conversation as a synchronous machine: facts in, orders out. It has no clock, timer, network or randomness of
 * its own. A chat for two: nobody else is let in once somebody has proven the code, and the rendezvous is left once they
 * are connected. The roster decides who receives each text.
 */
import { hex } from '../../shared/bytes.ts';
import { AparteError, EXIT } from '../../shared/errors.ts';
import type { RelayPolicy } from '../../shared/ice-servers.ts';
import type { Identity, Random } from '../crypto/index.ts';
import type { Route } from '../link/link.ts';
import type { Profile } from './claims.ts';
import { CodePairing } from './code-pairing.ts';
import { type Clock, type Context, earliest, emit, emitError } from './context.ts';
import { MessageIds, outgoing } from './delivery.ts';
import type { Fact, KnownPeer, Order, UserCommand, Waiting } from './facts-and-orders.ts';
import { ending, gaveUp, goodbyePatience, hastened, INPUT_ENDED, interrupted, type Leaving, quit } from './leaving.ts';
import { ManualPairing, type ManualPairingOptions } from './manual-pairing.ts';
import { Notices } from './notices.ts';
import type { Pairing, PairingEvents } from './pairing.ts';
import { Roster } from './roster.ts';
import type { SessionEnd } from './session.ts';

/** What a conversation is opened with. */
export interface ConversationOptions {
  /** Version of the program, for the user. */
  readonly version: string;
  /** The rendezvous server as the user knows it; null where there is none. */
  readonly server: string | null;
  /** Whether only programs on this computer reach the server. Left out: no. */
  readonly isServerLocal?: boolean;
  readonly name: string;
  readonly identity: Identity;
  /** Whether to talk with another program that has our own identity: where all are on this machine. Left out: no. */
  readonly allowsOwn?: boolean;
  readonly known: readonly KnownPeer[];
  /** A nameplate of null asks the server for one. The secret is normalised. */
  readonly code: { readonly nameplate: string | null; readonly secret: string };
  /** To pair manually, and not by the code. Left out: no. */
  readonly manual?: ManualPairingOptions;
  /** Makes the invite of a code; null where there is no server to name. */
  invite(code: string): string | null;
  /** How long (ms) to wait for the remote peer; null for ever. */
  readonly timeout: number | null;
  /** Whether `timeout` runs until the first text was shown, and not only until somebody has come. Left out: no. */
  readonly awaitsText?: boolean;
  /** How long (ms) to try to reconnect after the path was lost; null for as long as the tickets are good. */
  readonly reconnect: number | null;
  /** How long (ms) the server may be out of reach at the start; null for ever. */
  readonly serverPatience: number | null;
  readonly random: Random;
  /** Left out: `never`. */
  readonly relay?: RelayPolicy;
}

/** The conversation. Call `start` once, then `step` with each fact. Perform all orders before the next step. */
export class ConversationState {
  readonly #options: ConversationOptions;
  readonly #context: { now: number; date: number } & Context;
  #orders: Order[] = [];
  #pairing: Pairing | null = null;
  readonly #roster: Roster;
  readonly #notices: Notices;
  readonly #ids: MessageIds;
  #startedAt = 0;
  #waiting: Waiting = { for: 'server', since: 0, until: null };
  #leaving: Leaving | null = null;
  /** Whether the user asked to leave, and was told that a text of theirs is undelivered. */
  #asked = false;
  /** Whether a text of the remote peer was shown. */
  #hasText = false;
  #ended = false;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#ids = new MessageIds(options.random);
    let numbers = 0;
    this.#context = {
      now: 0,
      date: 0,
      random: options.random,
      order: (order) => this.#orders.push(order),
      nextNumber: () => ++numbers,
      links: new Map(),
      rooms: new Map(),
    };
    this.#notices = new Notices(this.#context);
    this.#roster = new Roster(this.#context, options, {
      connected: () => this.#connected(),
      delivered: () => this.#leaveIfDone(),
      noted: (cause) => this.#note(cause),
      handshakeFailed: (cause) => this.#notices.add(cause),
      ended: (end) => this.#peerEnded(end),
    });
  }

  /** Starts to pair. */
  start(clock: Clock): Order[] {
    return this.#during(clock, () => {
      const { version, server, name, identity, allowsOwn = false, relay = 'never' } = this.#options;
      this.#startedAt = clock.now;
      this.#waiting = { ...this.#waiting, since: clock.now };
      emit(this.#context, { type: 'ready', version, server, name });
      this.#pairing = this.#openPairing({ identity, name, cursor: 0, expected: null, allowsOwn, relay });
    });
  }

  #openPairing(profile: Profile): Pairing {
    const { manual } = this.#options;
    const events: PairingEvents = {
      completed: (result) => this.#roster.add(profile, result),
      noted: (cause) => this.#note(cause),
      handshakeFailed: (cause) => this.#notices.add(cause),
      failed: (cause) => this.#fail(cause),
    };
    if (manual !== undefined) return new ManualPairing(this.#context, manual, () => profile, events);
    return new CodePairing(this.#context, { ...this.#options, profile }, events);
  }

  #note(cause: AparteError): void {
    emitError(this.#context, cause, false);
  }

  /** Takes a fact. Returns what to do, in order. */
  step(fact: Fact, clock: Clock): Order[] {
    return this.#during(clock, () => this.#take(fact));
  }

  /** Derives the keys of the next frames. Called while nobody waits for them. */
  prepare(): void {
    this.#roster.prepare();
  }

  /** When (ms) a `tick` is due at the latest; null for never. */
  get wakeAt(): number | null {
    if (this.#ended) return null;
    const pairing = this.#pairing?.wakeAt ?? null;
    const leaving = this.#leaving?.until ?? null;
    return earliest(pairing, this.#roster.wakeAt, this.#giveUpAt, leaving, this.#notices.wakeAt);
  }

  /** What we wait for. */
  get waiting(): Waiting {
    return this.#waiting;
  }

  /** How we are connected; null while we are not. */
  get link(): Route | null {
    return this.#roster.route;
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

  /** The object stays the same as long as nothing about the wait changes. */
  #updateWaiting(): void {
    const { since, until: before } = this.#waiting;
    const what = this.#ended ? null : this.#waitsFor();
    const isNew = what !== this.#waiting.for;
    const giveUpAt = this.#options.reconnect === null ? this.#giveUpAt : (this.#roster.giveUpAt ?? this.#giveUpAt);
    const retryAt = this.#pairing?.until ?? null;
    const until = what === 'server' ? retryAt : earliest(giveUpAt, retryAt);
    if (isNew || until !== before) this.#waiting = { for: what, since: isNew ? this.#context.now : since, until };
  }

  #waitsFor(): Waiting['for'] {
    switch (this.#roster.status) {
      case 'connected':
        return this.#roster.undelivered > 0 ? 'delivery' : null;
      case 'reconnecting':
        return 'reconnect';
      case null:
        return this.#pairing?.waits ?? null;
      case 'connecting':
      case 'lost':
      case 'left':
        return 'path';
    }
  }

  #take(fact: Fact): void {
    if ('link' in fact) return this.#context.links.get(fact.link)?.gotLink(fact);
    if ('room' in fact) return this.#context.rooms.get(fact.room)?.gotRoom(fact);
    switch (fact.type) {
      case 'command':
        return this.#command(fact.command);
      case 'inputEnded':
        return this.#leave(INPUT_ENDED);
      case 'answersEnded':
        return this.#pairing?.end(fact.cause);
      case 'interrupted':
        return this.#leave(interrupted(this.#context.now));
      case 'shown':
        this.#hasText = true;
        return this.#roster.with(fact.peer)?.shown(fact.seq);
      case 'tick':
        return this.#tick();
      default:
        fact satisfies never;
    }
  }

  #connected(): void {
    this.#leavePairing();
    this.#leaveIfDone();
  }

  #peerEnded(end: SessionEnd): void {
    const { undelivered, hasAnyAlive } = this.#roster;
    if (hasAnyAlive) {
      if (end instanceof AparteError) this.#note(end);
      return;
    }
    const left = this.#leaving !== null && (this.#leaving.exit !== EXIT.ok || undelivered === 0);
    if (end instanceof AparteError && !left) return this.#fail(end);
    if (this.#leaving !== null || end === 'we-left') return this.#finish(this.#leaving);
    if (undelivered > 0) return this.#fail(new AparteError('peer-left', { key: 'undelivered', count: undelivered }));
    if (end === 'peer-gave-up') return this.#fail(new AparteError('peer-left', { key: 'not-all-came' }));
    this.#finish({ reason: 'peer-left', exit: EXIT.ok });
  }

  #command(command: UserCommand): void {
    switch (command.type) {
      case 'send':
        return this.#send(command);
      case 'typing':
        return this.#roster.sendTyping(command.on);
      case 'verify':
        return this.#verify(command.peer);
      case 'answer':
        return this.#answer(command.blob);
      case 'quit':
        return this.#leave(quit(this.#context.now, command.ask === true && !this.#asked));
      default:
        command satisfies never;
    }
  }

  #send(command: Extract<UserCommand, { type: 'send' }>): void {
    try {
      const text = outgoing(this.#ids.next(), command.text, command.raw === true, this.#context.date);
      this.#roster.send(text);
      this.#asked = false;
      emit(this.#context, { type: 'sent', id: hex(text.id), ref: command.ref });
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      emitError(this.#context, error, false, command.ref);
    }
  }

  #answer(pasted: string): void {
    if (this.#roster.take(pasted) || this.#pairing?.take(pasted) === true) return;
    const isManual = this.#options.manual !== undefined;
    this.#note(
      isManual ? new AparteError('invite-answered') : new AparteError('bad-command', { key: 'no-invite-made' }),
    );
  }

  #verify(handle: string): void {
    const peer = this.#roster.with(handle);
    const isProven = peer !== undefined && peer.status !== 'connecting';
    if (isProven) this.#context.order({ type: 'remember', peer: peer.verify() });
    else this.#note(new AparteError('bad-command', { key: 'no-such-peer' }));
  }

  /** Starts to leave, or hastens it. Texts that are pending are delivered first, as far as there is time. */
  #leave(wish: Leaving): void {
    const leaving = hastened(this.#leaving, wish);
    this.#leaving = leaving;
    const { status, undelivered, hasAnyConnected } = this.#roster;
    const waits = status === 'connecting' || undelivered > 0;
    // Pending texts wait for a connection only at the end of input, which has no time limit.
    if (!hasAnyConnected && (leaving.until !== null || !waits)) return this.#leaveNow(leaving);
    this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (this.#leaving !== null) this.#roster.leaveDelivered(goodbyePatience(this.#leaving, this.#context.now));
  }

  /** There is no more time to deliver what is pending. */
  #leaveNow(leaving: Leaving): void {
    const { undelivered, hasAnyConnected } = this.#roster;
    if (leaving.asks && undelivered > 0) {
      this.#leaving = null;
      this.#asked = true;
      this.#note(new AparteError('not-delivered', { key: 'undelivered', count: undelivered }));
    } else {
      this.#leaving = { ...leaving, until: null };
      if (hasAnyConnected) this.#roster.leave(goodbyePatience(leaving, this.#context.now));
      else this.#finish(leaving);
    }
  }

  #tick(): void {
    const { now } = this.#context;
    this.#notices.tick();
    this.#pairing?.tick();
    this.#roster.tick();
    const leaving = this.#leaving;
    if (leaving?.until != null && leaving.until <= now) this.#leaveNow(leaving);
    if (this.#giveUpAt !== null && this.#giveUpAt <= now) {
      if (this.#roster.status === null)
        return this.#pairing?.end(this.#pairing.lostCause ?? new AparteError('timeout'));
      if (this.#roster.status === 'connecting') {
        return this.#fail(new AparteError('no-direct-path', { key: 'no-connection-in-time' }));
      }
      const cause = new AparteError('nothing-came');
      emitError(this.#context, cause, true);
      this.#leaveNow(gaveUp(cause, now));
    }
  }

  get #giveUpAt(): number | null {
    const { timeout, awaitsText = false } = this.#options;
    const isLeaving = (this.#leaving?.exit ?? EXIT.ok) !== EXIT.ok;
    const isAwaited = this.#roster.status === null || (awaitsText && !this.#hasText && !isLeaving);
    return timeout !== null && isAwaited ? this.#startedAt + timeout : null;
  }

  #fail(cause: AparteError): void {
    if (this.#ended) return;
    this.#notices.flush();
    emitError(this.#context, cause, true);
    this.#finish({ reason: cause.code, exit: cause.exit });
  }

  #leavePairing(): void {
    this.#pairing?.leave();
    this.#pairing = null;
  }

  #finish(leaving: Pick<Leaving, 'reason' | 'exit'> | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#notices.flush();
    this.#roster.end();
    // Whoever took our REPLY may have tried a guess, and the user must not use the code again.
    if (this.#pairing?.isGuessOut === true) {
      emitError(this.#context, new AparteError('wrong-code', { key: 'ended-before-proof' }), true);
    }
    this.#leavePairing();
    const { reason, exit, failure } = ending(leaving ?? INPUT_ENDED, this.#roster.undelivered);
    if (failure !== null) emitError(this.#context, failure, true);
    emit(this.#context, { type: 'end', reason, exit });
    this.#context.order({ type: 'end' });
  }
}
