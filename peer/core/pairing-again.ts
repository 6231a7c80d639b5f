/**
 * Pairing by hand once more, with the same person: where there is no server, a path that does not come back, and is not
 * found on the local network either, takes two texts again. Who invited first makes the invite, the other waits for it.
 */
import { AparteError } from '../../shared/errors.ts';
import type { Profile } from './attempt.ts';
import type { Context } from './context.ts';
import type { Fact } from './events.ts';
import { ManualMeeting, type ManualMeetingEvents } from './manual-meeting.ts';

/** How long (ms) the old path and the local network have for it. */
const PATIENCE = 20_000;

/** What is reported, during a step. */
export type PairingAgainEvents = Pick<ManualMeetingEvents, 'met' | 'noted'>;

/** Begins to count when made; lives until the path is back, or given up. */
export class PairingAgain {
  readonly #context: Context;
  readonly #invites: boolean;
  readonly #profile: () => Profile;
  readonly #events: PairingAgainEvents;
  #meeting: ManualMeeting | null = null;
  /** When (ms) the user is asked to carry texts; null once he was. */
  #dueAt: number | null;

  /** `invites`: whether this side made the first invite. `profile` names the only identity that is let in. */
  constructor(context: Context, invites: boolean, profile: () => Profile, events: PairingAgainEvents) {
    this.#context = context;
    this.#invites = invites;
    this.#profile = profile;
    this.#events = events;
    this.#dueAt = context.now + PATIENCE;
  }

  /** When (ms) a tick is due; null for never. */
  get wakeAt(): number | null {
    return this.#dueAt ?? this.#meeting?.place.wakeAt ?? null;
  }

  tick(): void {
    this.#meeting?.place.tick();
    if (this.#dueAt === null || this.#dueAt > this.#context.now) return;
    this.#dueAt = null;
    this.#events.noted(
      new AparteError('pair-again', this.#invites ? undefined : 'the invite comes from the other side'),
    );
    if (this.#invites && this.#meeting === null) this.#open(null);
  }

  /** Takes what was pasted: the answer to our invite, or the other side's invite. */
  take(pasted: string): void {
    if (this.#invites && this.#meeting !== null) return this.#meeting.take(pasted);
    this.#meeting?.leave();
    if (this.#invites) this.#events.noted(new AparteError('invite-answered'));
    else this.#open(pasted);
  }

  /** Takes a fact about a place. Returns whether it is this one's. */
  got(fact: Extract<Fact, { place: number }>): boolean {
    if (this.#meeting?.place.number !== fact.place) return false;
    this.#meeting.got(fact);
    return true;
  }

  /** Takes what the link said. */
  gotLink(fact: Extract<Fact, { type: 'linkDescription' | 'linkCandidate' | 'linkClosed' }>): void {
    const place = this.#meeting?.place;
    if (fact.type === 'linkDescription') place?.gotLocalSignal(fact.link, { description: fact.sdp });
    else if (fact.type === 'linkClosed') place?.gotLinkClosed(fact.link, fact.cause);
  }

  /** Ends it, all but the session that came of it. */
  close(): void {
    this.#meeting?.leave();
    this.#meeting = null;
    this.#dueAt = null;
  }

  #open(invite: string | null): void {
    // A code is never used twice; who comes back is known by his identity.
    const meeting: ManualMeeting = new ManualMeeting(
      this.#context,
      { invite, code: null, renews: true },
      this.#profile,
      {
        met: (met, attempt) => this.#events.met(met, attempt),
        noted: (cause) => this.#events.noted(cause),
        failed: (cause) => {
          this.#events.noted(cause);
          if (this.#meeting !== meeting) return;
          meeting.leave();
          this.#meeting = null;
          if (this.#invites) this.#open(null);
        },
      },
    );
    this.#meeting = meeting;
  }
}
