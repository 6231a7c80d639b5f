/**
 * The manual pairing: an invite made here and its answer, or an answer to the invite of the remote peer. There is one
 * channel and one handshake, so whatever fails ends the pairing.
 */
import { AparteError } from '../../shared/errors.ts';
import { codeSecret } from '../crypto/index.ts';
import type { Profile } from './claims.ts';
import { type Context, emit } from './context.ts';
import type { Waiting } from './facts-and-orders.ts';
import { Guesses } from './guesses.ts';
import type { Pairing, PairingEvents } from './pairing.ts';
import { RendezvousRoom } from './rendezvous-room.ts';

/** How two people pair manually. */
export interface ManualPairingOptions {
  /** The text that holds the invite of the remote peer; null to make one. */
  readonly invite: string | null;
  /** A code that both agreed on aloud, normalised; null for none. */
  readonly code: string | null;
  /** Whether a new invite follows one that has expired. */
  readonly renews: boolean;
}

/** A manual pairing. */
export class ManualPairing implements Pairing {
  readonly lostCause = null;
  /** When (ms) the text that was handed out expires; null before there is one. */
  until: number | null = null;
  #room: RendezvousRoom;
  readonly #context: Context;
  readonly #options: ManualPairingOptions;
  readonly #profile: () => Profile;
  readonly #events: PairingEvents;
  /** One counter for all invites: whoever answers two of them guesses twice at the same code. */
  readonly #guesses: Guesses | null;

  /** `profile` is asked when a handshake is made. */
  constructor(context: Context, options: ManualPairingOptions, profile: () => Profile, events: PairingEvents) {
    this.#context = context;
    this.#options = options;
    this.#profile = profile;
    this.#events = events;
    this.#guesses = options.code === null ? null : new Guesses();
    this.#room = this.#open();
  }

  get waits(): Waiting['for'] {
    if (this.#room.busy) return 'handshake';
    if (this.until === null) return 'addresses';
    return this.#options.invite === null ? 'answer' : 'taking';
  }

  get isGuessOut(): boolean {
    return this.#guesses?.isOut === true;
  }

  get wakeAt(): number | null {
    return this.#room.wakeAt;
  }

  tick(): void {
    this.#room.tick();
  }

  take(pasted: string): boolean {
    this.#context.order({ type: 'takeAnswer', room: this.#room.number, text: pasted });
    return true;
  }

  end(cause: AparteError): void {
    this.#room.giveUp({ key: 'ended-before-proof' });
    this.#events.failed(cause);
  }

  leave(): void {
    this.#room.leave();
  }

  #open(): RendezvousRoom {
    const { invite, code } = this.#options;
    const failed = (cause: AparteError) => {
      // In a room of a server silence may mean that somebody else is coming. Here nobody else can come.
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
        completed: (result) => this.#events.completed(result),
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
    if (cause.code !== 'invite-expired' || !this.#options.renews) return this.end(cause);
    this.#events.noted(cause);
    this.#room.leave();
    this.until = null;
    this.#room = this.#open();
  }
}
