/**
 * Pairing by hand once more, with the same person: where there is no server, a path that does not come back, and is not
 * found on the local network either, takes two texts again. Who invited first makes the invite, the other waits for it.
 */
import { AparteError, sameError } from '../../shared/errors.ts';
import type { Profile } from './claims.ts';
import { type Context, earliest, retryTime } from './context.ts';
import { ManualPairing } from './manual-pairing.ts';
import type { PairingEvents } from './pairing.ts';

/** How long (ms) the old path and the local network have for it. */
const PATIENCE = 20_000;

/** What is reported, during a step. */
export type RepeatPairingEvents = Pick<PairingEvents, 'completed' | 'noted'>;

/** Begins to count when made; lives until the path is back, or given up. */
export class RepeatPairing {
  readonly #context: Context;
  readonly #invites: boolean;
  readonly #profile: () => Profile;
  readonly #events: RepeatPairingEvents;
  #pairing: ManualPairing | null = null;
  readonly #beganAt: number;
  /** When (ms) the user is asked to carry texts; null once he was. */
  #dueAt: number | null;
  /** When (ms) another invite is made, behind one that failed; null where none has. */
  #inviteAt: number | null = null;
  /** What the user was told last, unless he has pasted something since: it is not told twice. */
  #told: AparteError | null = null;

  /** `invites`: whether this side made the first invite. `profile` names the only identity that is let in. */
  constructor(context: Context, invites: boolean, profile: () => Profile, events: RepeatPairingEvents) {
    this.#context = context;
    this.#invites = invites;
    this.#profile = profile;
    this.#events = events;
    this.#beganAt = context.now;
    this.#dueAt = context.now + PATIENCE;
  }

  /** When (ms) a tick is due; null for never. */
  get wakeAt(): number | null {
    return earliest(this.#dueAt, this.#inviteAt, this.#pairing?.room.wakeAt ?? null);
  }

  tick(): void {
    const { now } = this.#context;
    this.#pairing?.room.tick();
    if (this.#inviteAt !== null && this.#inviteAt <= now) this.#open(null);
    if (this.#dueAt === null || this.#dueAt > now) return;
    this.#dueAt = null;
    this.#events.noted(new AparteError('pair-again', this.#invites ? null : { key: 'invite-from-other-side' }));
    if (this.#invites && this.#pairing === null) this.#open(null);
  }

  /** Takes what was pasted: the answer to our invite, or the other side's invite. */
  take(pasted: string): void {
    this.#told = null;
    if (this.#invites && this.#pairing?.take(pasted) === true) return;
    this.#pairing?.leave();
    if (this.#invites) this.#events.noted(new AparteError('invite-answered'));
    else this.#open(pasted);
  }

  /** Ends it, all but the session that came of it. */
  close(): void {
    this.#pairing?.leave();
    this.#pairing = null;
    this.#dueAt = null;
    this.#inviteAt = null;
  }

  #failed(cause: AparteError): void {
    if (!sameError(this.#told, cause)) this.#events.noted(cause);
    this.#told = cause;
    this.#pairing?.leave();
    this.#pairing = null;
    if (this.#invites) this.#inviteAt = retryTime(this.#context, this.#beganAt);
  }

  #open(invite: string | null): void {
    this.#inviteAt = null;
    // A code is never used twice; who comes back is known by his identity.
    const meeting: ManualPairing = new ManualPairing(
      this.#context,
      { invite, code: null, renews: true },
      this.#profile,
      {
        completed: (result) => this.#events.completed(result),
        noted: (cause) => this.#events.noted(cause),
        failed: (cause) => {
          if (this.#pairing === meeting) this.#failed(cause);
        },
      },
    );
    this.#pairing = meeting;
  }
}
