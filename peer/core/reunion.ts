/**
 * Meeting a peer again after the link was lost: both sides enter the rooms of all tickets they hold, and the newest
 * room in which both are is used (docs/PROTOCOL.md, Reconnect). Tried again, with growing jittered pauses, until closed.
 */
import type { AparteError } from '../../shared/errors.ts';
import type { Ticket } from '../crypto/index.ts';
import type { Attempt, Met, Profile } from './attempt.ts';
import { type Context, earliest } from './context.ts';
import type { Fact } from './events.ts';
import { Place } from './place.ts';

/** An older ticket's room is used only this long (ms) after the newest had its chance. */
const OLDER_AFTER = 1_000;
/** Pauses (ms) before another round: the first, and the longest. */
const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 15_000;

/** What a reunion reports. Called during a step. */
export interface ReunionEvents {
  met(met: Met, attempt: Attempt): void;
  /** A try failed; the next follows by itself. */
  noted(cause: AparteError): void;
}

/** A reunion that begins when made. */
export class Reunion {
  readonly #context: Context;
  readonly #profile: () => Profile;
  readonly #events: ReunionEvents;
  #tickets: readonly Ticket[];
  /** One per ticket, in their order: newest first. */
  #places: Place[] = [];
  #startedAt = 0;
  #restartAt: number | null = null;
  #pause = FIRST_PAUSE;

  /** `tickets`: newest first, at most four. */
  constructor(context: Context, tickets: readonly Ticket[], profile: () => Profile, events: ReunionEvents) {
    this.#context = context;
    this.#tickets = tickets;
    this.#profile = profile;
    this.#events = events;
    this.#open();
  }

  get wakeAt(): number | null {
    return earliest(this.#restartAt, ...this.#places.map((place) => place.wakeAt));
  }

  /** Whether any of the rooms is open. */
  get joined(): boolean {
    return this.#places.some((place) => place.joined);
  }

  /** The place with this number, or undefined. */
  place(number: number): Place | undefined {
    return this.#places.find((place) => place.number === number);
  }

  /** A room let us not in: another round. */
  refused(): void {
    this.#restart();
  }

  /** Gives a link's fact to the place it belongs to. */
  gotLinkClosed(link: number, cause: AparteError): void {
    for (const place of this.#places) if (place.gotLinkClosed(link, cause)) return;
  }

  gotLocalSignal(fact: Extract<Fact, { type: 'linkDescription' | 'linkCandidate' }>): void {
    const signal = fact.type === 'linkDescription' ? { description: fact.sdp } : { candidate: fact.bytes };
    for (const place of this.#places) if (place.gotLocalSignal(fact.link, signal)) return;
  }

  tick(): void {
    if (this.#restartAt !== null && this.#restartAt <= this.#context.now) this.#open();
    for (const place of this.#places) place.tick();
  }

  /** The session that came of a meeting did not stand: another round, with the tickets held now. */
  again(tickets: readonly Ticket[]): void {
    this.#tickets = tickets;
    this.#restart();
  }

  /** Leaves every room. */
  close(): void {
    for (const place of this.#places) place.leave();
    this.#places = [];
    this.#restartAt = null;
  }

  #open(): void {
    this.#restartAt = null;
    this.#startedAt = this.#context.now;
    this.#places = this.#tickets.map((ticket) => this.#enter(ticket));
  }

  #enter(ticket: Ticket): Place {
    const { nameplate, secret } = ticket;
    const place: Place = new Place(
      this.#context,
      {
        mode: 'ticket',
        nameplate,
        secret,
        capacity: 2,
        guesses: null,
        profile: this.#profile,
        mayStart: (role) => this.#mayStart(place, role),
      },
      {
        opened: () => undefined,
        met: (met, attempt) => this.#events.met(met, attempt),
        noted: (cause) => this.#failed(cause),
        failed: (cause) => this.#failed(cause),
      },
    );
    return place;
  }

  /** Only one handshake at a time; a newer room takes precedence over an older one, on both sides alike. */
  #mayStart(place: Place, role: 'A' | 'B'): boolean {
    const rank = this.#places.indexOf(place);
    const busy = this.#places.findIndex((one) => one.busy);
    if (busy >= 0 && busy <= rank) return false;
    // What is an older room here may be the newest there, so a HELLO is answered at once.
    if (role === 'A' && rank > 0 && this.#context.now < this.#startedAt + OLDER_AFTER) return false;
    if (busy > rank) this.#places[busy]?.abandon();
    return true;
  }

  #failed(cause: AparteError): void {
    this.#events.noted(cause);
    this.#restart();
  }

  #restart(): void {
    this.close();
    const jitter = 0.5 + (this.#context.random(1)[0] ?? 0) / 256;
    this.#restartAt = this.#context.now + this.#pause * jitter;
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }
}
