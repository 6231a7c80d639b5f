/**
 * Meeting a peer again after the link was lost: both sides enter the rooms of all tickets they hold, and the newest
 * room in which both are is used (docs/PROTOCOL.md, Reconnect). Tried again, with
 * jittered pauses in proportion to the time it takes, until closed.
 */
import type { AparteError } from '../../shared/errors.ts';
import type { Ticket } from '../crypto/index.ts';
import type { Profile } from './claims.ts';
import { type Context, earliest, retryTime } from './context.ts';
import type { HandshakeResult } from './handshake.ts';
import type { ManualPairingOptions } from './manual-pairing.ts';
import { RendezvousRoom } from './rendezvous-room.ts';
import { RepeatPairing } from './repeat-pairing.ts';

/** An older ticket's room is used only this long (ms) after the newest had its chance. */
const OLDER_AFTER = 1_000;
/**
 * People a room has space for: two, and the connections of theirs that are dead, which a server notices late. Nobody
 * else can know of the room.
 */
const CAPACITY = 8;

/** What a reconnect reports. Called during a step. */
export interface ReconnectEvents {
  /**
   * Both sides have proven themselves. `stood`: by a ticket of the session that ended before it stood here, which so
   * turns out to have stood there; every older one is void.
   */
  completed(result: HandshakeResult, stood: boolean): void;
  /** A try failed; the next follows by itself. */
  noted(cause: AparteError): void;
  /** The user must be told, who has something to do. */
  asked(cause: AparteError): void;
}

/** A reconnect that begins when made. */
export class Reconnect {
  readonly #context: Context;
  readonly #profile: () => Profile;
  readonly #events: ReconnectEvents;
  /** Tickets of the last session that stood, newest first. */
  #proven: readonly Ticket[];
  /** Tickets of the last session that was agreed on and ended before it stood, newest first. */
  #unproven: readonly Ticket[] = [];
  /** Tickets that are void, but perhaps in use by a place. */
  #void: Ticket[] = [];
  /** One per ticket: newest first. */
  #rooms: RendezvousRoom[] = [];
  readonly #beganAt: number;
  /** Where the two paired by hand. */
  readonly #byHand: RepeatPairing | null;
  /** When (ms) this round began, and the next does. */
  #startedAt = 0;
  #restartAt: number | null = null;

  /** `tickets` of the session whose link was lost, newest first, two at most; wiped by `close`. */
  constructor(
    context: Context,
    tickets: readonly Ticket[],
    manual: ManualPairingOptions | undefined,
    profile: () => Profile,
    events: ReconnectEvents,
  ) {
    this.#context = context;
    this.#proven = tickets;
    this.#profile = profile;
    this.#events = events;
    this.#beganAt = context.now;
    const byHand = {
      completed: (result: HandshakeResult) => events.completed(result, false),
      noted: (cause: AparteError) => events.asked(cause),
    };
    this.#byHand = manual ? new RepeatPairing(context, manual.invite === null, profile, byHand) : null;
    this.#open();
  }

  get wakeAt(): number | null {
    return earliest(this.#restartAt, this.#byHand?.wakeAt ?? null, ...this.#rooms.map((room) => room.wakeAt));
  }

  /** Whether any of the rooms is open. */
  get joined(): boolean {
    return this.#rooms.some((room) => room.joined);
  }

  /** Takes what was pasted. Returns whether the two pair by hand. */
  take(pasted: string): boolean {
    this.#byHand?.take(pasted);
    return this.#byHand !== null;
  }

  tick(): void {
    if (this.#restartAt !== null && this.#restartAt <= this.#context.now) this.#open();
    for (const room of this.#rooms) room.tick();
    this.#byHand?.tick();
  }

  /** The session whose link was lost has these tickets now. */
  renew(tickets: readonly Ticket[]): void {
    this.#void.push(...this.#proven);
    this.#proven = tickets;
  }

  /** The session that came of a meeting ended before it stood, with these tickets: another round. */
  again(tickets: readonly Ticket[]): void {
    this.#void.push(...this.#unproven);
    this.#unproven = tickets;
    this.#restart();
  }

  /** Leaves every room and wipes all tickets. */
  close(): void {
    this.#leave();
    this.#byHand?.close();
    for (const ticket of [...this.#proven, ...this.#unproven]) ticket.wipe();
    this.#restartAt = null;
  }

  #leave(): void {
    for (const room of this.#rooms) room.leave();
    this.#rooms = [];
    for (const ticket of this.#void) ticket.wipe();
    this.#void = [];
  }

  #open(): void {
    this.#restartAt = null;
    this.#startedAt = this.#context.now;
    this.#rooms = [...this.#unproven, ...this.#proven].map((ticket) => this.#enter(ticket));
  }

  #enter(ticket: Ticket): RendezvousRoom {
    const { nameplate, secret } = ticket;
    const room: RendezvousRoom = new RendezvousRoom(
      this.#context,
      {
        mode: 'ticket',
        nameplate,
        secret,
        capacity: CAPACITY,
        guesses: null,
        profile: this.#profile,
        mayStart: (role) => this.#mayStart(room, role),
      },
      {
        opened: () => undefined,
        completed: (result) => this.#completed(ticket, result),
        handshakeFailed: (cause) => this.#failed(cause),
        failed: (cause) => this.#failed(cause),
        refused: () => this.#restart(),
      },
    );
    return room;
  }

  #completed(ticket: Ticket, result: HandshakeResult): void {
    const stood = this.#unproven.includes(ticket);
    if (stood) this.renew(this.#unproven);
    else this.#void.push(...this.#unproven);
    this.#unproven = [];
    this.#events.completed(result, stood);
  }

  /** Only one handshake at a time; a newer room takes precedence over an older one, on both sides alike. */
  #mayStart(room: RendezvousRoom, role: 'A' | 'B'): boolean {
    const rank = this.#rooms.indexOf(room);
    const busy = this.#rooms.findIndex((one) => one.busy);
    if (busy >= 0 && busy <= rank) return false;
    // What is an older room here may be the newest there, so a HELLO is answered at once.
    if (role === 'A' && rank > 0 && this.#context.now < this.#startedAt + OLDER_AFTER) return false;
    if (busy > rank) this.#rooms[busy]?.abandon();
    return true;
  }

  #failed(cause: AparteError): void {
    this.#events.noted(cause);
    this.#restart();
  }

  #restart(): void {
    this.#leave();
    this.#restartAt = retryTime(this.#context, this.#beganAt);
  }
}
