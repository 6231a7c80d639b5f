/**
 * Pairing manually again with the same person. Where there is no server, and neither the old path nor the local network
 * brings the two back together, they exchange two texts again. The side that made the first invite makes the next one.
 */
import { AparteError, sameError } from '../../shared/errors.ts';
import type { Profile } from './claims.ts';
import { type Context, earliest, retryTime } from './context.ts';
import type { HandshakeResult } from './handshake.ts';
import { ManualPairing } from './manual-pairing.ts';

/** How long (ms) the old path and the local network have before the user is asked to exchange texts. */
const PATIENCE = 20_000;

/** What is reported, during a step. */
export interface RepeatPairingEvents {
  completed(result: HandshakeResult): void;
  /** The user has something to do. */
  asked(cause: AparteError): void;
}

/** A repeated pairing. It waits for PATIENCE when made, and lives until the path is back, or given up. */
export class RepeatPairing {
  readonly #context: Context;
  readonly #invites: boolean;
  readonly #profile: () => Profile;
  readonly #events: RepeatPairingEvents;
  #pairing: ManualPairing | null = null;
  readonly #beganAt: number;
  /** When (ms) the user is asked to exchange texts; null afterwards. */
  #dueAt: number | null;
  /** When (ms) another invite is made, after one that failed; null where none has failed. */
  #inviteAt: number | null = null;
  /** What the user was told last, which is not repeated; null again once the user has pasted something. */
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
    return earliest(this.#dueAt, this.#inviteAt, this.#pairing?.wakeAt ?? null);
  }

  tick(): void {
    const { now } = this.#context;
    this.#pairing?.tick();
    if (this.#inviteAt !== null && this.#inviteAt <= now) this.#open(null);
    if (this.#dueAt === null || this.#dueAt > now) return;
    this.#dueAt = null;
    this.#events.asked(new AparteError('pair-again', this.#invites ? null : { key: 'invite-from-other-side' }));
    if (this.#invites && this.#pairing === null) this.#open(null);
  }

  /** Takes what the user pasted: the answer to our invite, or the invite of the remote peer. */
  take(pasted: string): void {
    this.#told = null;
    if (this.#invites && this.#pairing?.take(pasted) === true) return;
    this.#pairing?.leave();
    if (this.#invites) this.#events.asked(new AparteError('invite-answered'));
    else this.#open(pasted);
  }

  /** Ends it. A session that came of it goes on. */
  close(): void {
    this.#pairing?.leave();
    this.#pairing = null;
    this.#dueAt = null;
    this.#inviteAt = null;
  }

  #failed(cause: AparteError): void {
    if (!sameError(this.#told, cause)) this.#events.asked(cause);
    this.#told = cause;
    this.#pairing?.leave();
    this.#pairing = null;
    if (this.#invites) this.#inviteAt = retryTime(this.#context, this.#beganAt);
  }

  #open(invite: string | null): void {
    this.#inviteAt = null;
    // A code is never used twice. The identity tells who comes back.
    const options = { invite, code: null, renews: true };
    const asked = (cause: AparteError) => this.#events.asked(cause);
    const pairing: ManualPairing = new ManualPairing(this.#context, options, this.#profile, {
      completed: (result) => this.#events.completed(result),
      noted: asked,
      handshakeFailed: asked,
      failed: (cause) => {
        if (this.#pairing === pairing) this.#failed(cause);
      },
    });
    this.#pairing = pairing;
  }
}
