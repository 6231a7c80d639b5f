/**
 * The meeting by hand: an invite made here and its answer taken, or an answer made to somebody's invite. One channel, one
 * handshake: whatever fails ends it. Of use until both sides have proven themselves and are connected.
 */
import { AparteError } from '../../shared/errors.ts';
import { codeSecret } from '../crypto/index.ts';
import type { Profile } from './claims.ts';
import { type Context, emit } from './context.ts';
import type { Waiting } from './facts-and-orders.ts';
import { Guesses } from './guesses.ts';
import type { Pairing, PairingEvents } from './pairing.ts';
import { RendezvousRoom } from './rendezvous-room.ts';

/** How two people pair by hand. */
export interface ManualPairingOptions {
  /** The text that holds the other side's invite; null to make one. */
  readonly invite: string | null;
  /** A code that both agreed on aloud, normalised; null for none. */
  readonly code: string | null;
  /** Whether an invite that has expired is followed by a fresh one. */
  readonly renews: boolean;
}

/** See the head of this file. */
export class ManualPairing implements Pairing {
  readonly lostCause = null;
  room: RendezvousRoom;
  /** Until when (ms) the text that was handed out is good; null before. */
  until: number | null = null;
  readonly #context: Context;
  readonly #options: ManualPairingOptions;
  readonly #profile: () => Profile;
  readonly #events: PairingEvents;
  /** One for all invites: whoever answers two of them guesses twice at the same code. */
  readonly #guesses: Guesses | null;
  #met = false;

  /** `profile` is asked when a handshake starts. */
  constructor(context: Context, options: ManualPairingOptions, profile: () => Profile, events: PairingEvents) {
    this.#context = context;
    this.#options = options;
    this.#profile = profile;
    this.#events = events;
    this.#guesses = options.code === null ? null : new Guesses();
    this.room = this.#open();
  }

  get waits(): Waiting['for'] {
    if (this.room.busy) return 'handshake';
    if (this.until === null) return 'addresses';
    return this.#options.invite === null ? 'answer' : 'taking';
  }

  take(pasted: string): boolean {
    this.#context.order({ type: 'takeAnswer', room: this.room.number, text: pasted });
    return true;
  }

  end(cause: AparteError): void {
    this.room.giveUp({ key: 'ended-before-proof' });
    this.#events.failed(cause);
  }

  leave(): void {
    this.room.leave();
  }

  #open(): RendezvousRoom {
    const { invite, code } = this.#options;
    const failed = (cause: AparteError) => {
      // Silence may mean another visitor elsewhere; here there can be no other.
      this.#events.failed(cause.code === 'silent' ? new AparteError('timeout', { key: 'fell-silent' }) : cause);
    };
    return new RendezvousRoom(
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
        completed: (result) => {
          this.#met = true;
          this.#events.completed(result);
        },
        handshakeFailed: failed,
        failed,
        refused: (cause) => this.#refused(cause),
        noted: (cause) => this.#events.noted(cause),
        blob: (kind, text, until) => {
          this.until = until;
          emit(this.#context, { type: kind, blob: text });
        },
      },
    );
  }

  #refused(cause: AparteError): void {
    // Once both sides have proven themselves the session has the channel.
    if (this.#met) return;
    if (cause.code !== 'invite-expired' || !this.#options.renews) return this.end(cause);
    this.#events.noted(cause);
    this.room.leave();
    this.until = null;
    this.room = this.#open();
  }
}
