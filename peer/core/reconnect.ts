/**
 * Reconnecting after the link was lost: both sides enter the rooms of all tickets they hold, and use the newest room that
 * both are in (docs/PROTOCOL.md, Reconnect). Tries go on until it is closed, with pauses that grow with the outage.
 */
import { AparteError } from '../../shared/errors.ts';
import type { Ticket } from '../crypto/index.ts';
import type { Profile } from './claims.ts';
import { type Context, earliest, retryTime } from './context.ts';
import type { HandshakeResult } from './handshake.ts';
import type { ManualPairingOptions } from './manual-pairing.ts';
import { RendezvousRoom } from './rendezvous-room.ts';
import { RepeatPairing } from './repeat-pairing.ts';

/** The room of an older ticket is used only when the newest one has had this long (ms). */
const OLDER_AFTER = 1_000;
/**
 * Members that a room has space for: two, and their dead connections, which a server notices late. Nobody else can know
 * of the room.
 */
const CAPACITY = 8;
/** How long (ms) nobody has come back before the user is told that nobody may be able to, and until that is looked at again. */
const ALONE_FOR = 30_000;
const LOOK_AGAIN = 10_000;

/** What is reported, during a step. */
export interface ReconnectEvents {
  /**
   * Both sides have proven themselves. `stood`: by a ticket of the session that ended before it was confirmed here. It was
   * confirmed on the other side, so all older tickets are void.
   */
  completed(result: HandshakeResult, stood: boolean): void;
  /** A try failed. The next one follows by itself. */
  handshakeFailed(cause: AparteError): void;
  /** The user has something to do. */
  asked(cause: AparteError): void;
}

/** A reconnect. It begins when made. */
export class Reconnect {
  readonly #context: Context;
  readonly #profile: () => Profile;
  readonly #events: ReconnectEvents;
  /** Tickets of the last session that was confirmed, newest first. */
  #proven: readonly Ticket[];
  /** Tickets of the last session that was agreed on and ended before it was confirmed, newest first. */
  #unproven: readonly Ticket[] = [];
  /** Tickets that are void, but whose rooms may still be open. */
  #void: Ticket[] = [];
  /** One for each ticket, newest first. */
  #rooms: RendezvousRoom[] = [];
  readonly #beganAt: number;
  /** Null where the two did not pair manually. */
  readonly #manual: RepeatPairing | null;
  /** When (ms) this round began. */
  #startedAt = 0;
  /** When (ms) the next round begins; null while this one goes on. */
  #restartAt: number | null = null;
  /** When (ms) to look whether we are alone; null once the user was told. */
  #lookAt: number | null;

  /** `tickets` are those of the session whose link was lost, newest first; `close` wipes them. */
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
    const again = {
      completed: (result: HandshakeResult) => events.completed(result, false),
      asked: (cause: AparteError) => events.asked(cause),
    };
    this.#manual = manual ? new RepeatPairing(context, manual.invite === null, profile, again) : null;
    this.#lookAt = manual ? null : context.now + ALONE_FOR;
    this.#open();
  }

  get wakeAt(): number | null {
    const rooms = this.#rooms.map((room) => room.wakeAt);
    return earliest(this.#restartAt, this.#lookAt, this.#manual?.wakeAt ?? null, ...rooms);
  }

  /** Takes what the user pasted. Returns whether the two pair manually. */
  take(pasted: string): boolean {
    this.#manual?.take(pasted);
    return this.#manual !== null;
  }

  tick(): void {
    const { now } = this.#context;
    if (this.#restartAt !== null && this.#restartAt <= now) this.#open();
    for (const room of this.#rooms) room.tick();
    this.#manual?.tick();
    if (this.#lookAt !== null && this.#lookAt <= now) this.#look();
  }

  /** A remote peer whose program has ended cannot come back. It would be in our rooms if it were running. */
  #look(): void {
    const isAlone = this.#rooms.length > 0 && this.#rooms.every((room) => room.isAlone);
    this.#lookAt = isAlone ? null : this.#context.now + LOOK_AGAIN;
    if (isAlone) this.#events.asked(new AparteError('not-back'));
  }

  /** The session whose link was lost has these tickets now. */
  renew(tickets: readonly Ticket[]): void {
    this.#void.push(...this.#proven);
    this.#proven = tickets;
  }

  /** The new session ended before it was confirmed, with these tickets: another round begins. */
  again(tickets: readonly Ticket[]): void {
    this.#void.push(...this.#unproven);
    this.#unproven = tickets;
    this.#restart();
  }

  /** Leaves every room and wipes all tickets. */
  close(): void {
    this.#leave();
    this.#manual?.close();
    for (const ticket of [...this.#proven, ...this.#unproven]) ticket.wipe();
    this.#restartAt = null;
    this.#lookAt = null;
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
    const failed = (cause: AparteError) => {
      this.#events.handshakeFailed(cause);
      this.#restart();
    };
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
        completed: (result) => this.#completed(ticket, result),
        handshakeFailed: failed,
        failed,
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

  /** One handshake at a time. A newer room takes precedence over an older one, on both sides alike. */
  #mayStart(room: RendezvousRoom, role: 'A' | 'B'): boolean {
    const rank = this.#rooms.indexOf(room);
    const busy = this.#rooms.findIndex((one) => one.busy);
    if (busy >= 0 && busy <= rank) return false;
    // An older room here may be the newest one over there, so a HELLO is answered at once.
    if (role === 'A' && rank > 0 && this.#context.now < this.#startedAt + OLDER_AFTER) return false;
    if (busy > rank) this.#rooms[busy]?.abandon();
    return true;
  }

  #restart(): void {
    this.#leave();
    this.#restartAt = retryTime(this.#context, this.#beganAt);
  }
}
