/**
 * The meeting under a code: its room, its one guess, and what the user is told of the server meanwhile. Of use until
 * somebody has proven the code and is connected.
 */
import { type AparteError, sameError } from '../../shared/errors.ts';
import { codeSecret } from '../crypto/index.ts';
import type { Profile } from './claims.ts';
import { type Context, emit } from './context.ts';
import type { Waiting } from './facts-and-orders.ts';
import { Guesses } from './guesses.ts';
import type { Pairing, PairingEvents } from './pairing.ts';
import { RendezvousRoom } from './rendezvous-room.ts';

/** What is needed to meet. */
export interface CodePairingOptions {
  /** Null nameplate: one is asked for. The secret is normalised. */
  readonly code: { readonly nameplate: string | null; readonly secret: string };
  readonly profile: Profile;
  /** Makes the invite of a code, null where there is no server to name. */
  invite(code: string): string | null;
  /** How long (ms) the server may be out of reach at the start; null for ever. */
  readonly serverPatience: number | null;
}

/** See the head of this file. */
export class CodePairing implements Pairing {
  until: number | null = null;
  lostCause: AparteError | null = null;
  readonly room: RendezvousRoom;
  readonly #context: Context;
  readonly #options: CodePairingOptions;
  readonly #events: PairingEvents;
  readonly #startedAt: number;
  /** Whether we were in, ever, and whether the user was told that we are now. */
  #reached = false;
  #isIn = false;
  /** The code as the user was told it; empty before. */
  #code = '';
  #met = false;

  constructor(context: Context, options: CodePairingOptions, events: PairingEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = events;
    this.#startedAt = context.now;
    const { code, profile } = options;
    this.room = new RendezvousRoom(
      context,
      {
        mode: 'code',
        nameplate: code.nameplate,
        secret: codeSecret(code.secret),
        capacity: 2,
        guesses: new Guesses(),
        profile: () => profile,
        mayStart: () => true,
      },
      {
        opened: (nameplate) => this.#opened(nameplate),
        completed: (result) => {
          this.#met = true;
          events.completed(result);
        },
        handshakeFailed: (cause) => events.noted(cause),
        failed: (cause) => events.failed(cause),
        // Once both sides have proven themselves the server has done its part.
        refused: (cause) => {
          if (!this.#met) this.end(cause);
        },
        noted: (cause) => {
          if (!this.#met) events.noted(cause);
        },
        lost: (cause, retryAt) => {
          if (!this.#met) this.#lostServer(cause, retryAt);
        },
        resumed: () => this.#reachedServer(),
      },
    );
  }

  get waits(): Waiting['for'] {
    if (!this.room.joined) return 'server';
    return this.room.busy ? 'handshake' : 'peer';
  }

  take(): boolean {
    return false;
  }

  end(cause: AparteError): void {
    this.room.giveUp({ key: 'ended-before-proof' });
    this.#events.failed(cause);
  }

  leave(): void {
    this.room.leave();
    if (this.#reached) emit(this.#context, { type: 'signal', status: 'left' });
  }

  #opened(nameplate: string): void {
    this.#reachedServer();
    const code = `${nameplate}-${this.#options.code.secret}`;
    // Back in the room after a restart of the server, or in the same room elsewhere.
    if (code === this.#code) return;
    this.#code = code;
    emit(this.#context, { type: 'code', code, invite: this.#options.invite(code) });
  }

  #reachedServer(): void {
    this.#reached = true;
    this.until = null;
    this.lostCause = null;
    if (this.#isIn) return;
    this.#isIn = true;
    emit(this.#context, { type: 'signal', status: 'connected' });
  }

  #lostServer(cause: AparteError, retryAt: number): void {
    if (this.#isIn) emit(this.#context, { type: 'signal', status: 'lost' });
    this.#isIn = false;
    const { serverPatience } = this.#options;
    const elapsed = this.#context.now - this.#startedAt;
    if (!this.#reached && serverPatience !== null && elapsed >= serverPatience) return this.#events.failed(cause);
    if (!sameError(this.lostCause, cause)) this.#events.noted(cause);
    this.lostCause = cause;
    this.until = retryAt;
  }
}
