/**
 * The meeting by hand: an invite made here and its answer taken, or an answer made to somebody's invite. One channel, one
 * handshake: whatever fails ends it. Of use until both sides have proven themselves and are connected.
 */
import { AparteError } from '../../shared/errors.ts';
import { codeSecret } from '../crypto/index.ts';
import { type Context, tell } from './context.ts';
import type { Fact, Waiting } from './facts-and-orders.ts';
import { Guesses } from './guesses.ts';
import type { Profile } from './handshake.ts';
import type { Meeting, MeetingEvents } from './meeting.ts';
import { Place } from './rendezvous-room.ts';

/** How two people pair by hand. */
export interface ManualOptions {
  /** The text that holds the other side's invite; null to make one. */
  readonly invite: string | null;
  /** A code that both agreed on aloud, normalised; null for none. */
  readonly code: string | null;
  /** Whether an invite that has expired is followed by a fresh one. */
  readonly renews: boolean;
}

/** See the head of this file. */
export class ManualMeeting implements Meeting {
  readonly lostCause = null;
  place: Place;
  /** Until when (ms) the text that was handed out is good; null before. */
  until: number | null = null;
  readonly #context: Context;
  readonly #options: ManualOptions;
  readonly #profile: () => Profile;
  readonly #events: MeetingEvents;
  /** One for all invites: whoever answers two of them guesses twice at the same code. */
  readonly #guesses: Guesses | null;
  #met = false;

  /** `profile` is asked when an attempt starts. */
  constructor(context: Context, options: ManualOptions, profile: () => Profile, events: MeetingEvents) {
    this.#context = context;
    this.#options = options;
    this.#profile = profile;
    this.#events = events;
    this.#guesses = options.code === null ? null : new Guesses();
    this.place = this.#open();
  }

  get waits(): Waiting['for'] {
    if (this.place.busy) return 'handshake';
    if (this.until === null) return 'addresses';
    return this.#options.invite === null ? 'answer' : 'taking';
  }

  got(fact: Extract<Fact, { place: number }>): void {
    switch (fact.type) {
      case 'blob':
        this.until = fact.until;
        return tell(this.#context, { type: fact.kind, blob: fact.text });
      case 'placeNoted':
        return this.#events.noted(fact.cause);
      case 'placeRefused':
        return this.#refused(fact.cause);
      default:
        this.place.got(fact);
    }
  }

  take(pasted: string): boolean {
    this.#context.emit({ type: 'takeAnswer', place: this.place.number, text: pasted });
    return true;
  }

  end(cause: AparteError): void {
    this.place.giveUp('it ended before the other side had proven it');
    this.#events.failed(cause);
  }

  leave(): void {
    this.place.leave();
  }

  #open(): Place {
    const { invite, code } = this.#options;
    const failed = (cause: AparteError) => {
      // Silence may mean another visitor elsewhere; here there can be no other.
      this.#events.failed(cause.code === 'silent' ? new AparteError('timeout', 'it fell silent') : cause);
    };
    return new Place(
      this.#context,
      {
        mode: 'manual',
        nameplate: null,
        manual: { invite },
        secret: code === null ? null : codeSecret(code),
        capacity: 2,
        guesses: this.#guesses,
        profile: this.#profile,
        mayStart: () => true,
      },
      {
        opened: () => undefined,
        met: (met, attempt) => {
          this.#met = true;
          this.#events.met(met, attempt);
        },
        noted: failed,
        failed,
      },
    );
  }

  #refused(cause: AparteError): void {
    // Once both sides have proven themselves the session has the channel.
    if (this.#met) return;
    if (cause.code !== 'invite-expired' || !this.#options.renews) return this.end(cause);
    this.#events.noted(cause);
    this.place.leave();
    this.until = null;
    this.place = this.#open();
  }
}
