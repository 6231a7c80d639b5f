/** The pairing under a code: its room, its guesses, and what the user is told of the server meanwhile. */
import { AparteError, sameError } from '../../shared/errors.ts';
import { codeSecret } from '../crypto/index.ts';
import type { Profile } from './claims.ts';
import { type Context, earliest, emit } from './context.ts';
import type { Waiting } from './facts-and-orders.ts';
import { Guesses } from './guesses.ts';
import type { Pairing, PairingEvents } from './pairing.ts';
import { RendezvousRoom } from './rendezvous-room.ts';

/** How long (ms) somebody who was given a code waits alone before they are told that it may have been used. */
const ALONE_FOR = 30_000;

/** What a pairing by code is started with. */
export interface CodePairingOptions {
  /** A nameplate of null asks the server for one. The secret is normalised. */
  readonly code: { readonly nameplate: string | null; readonly secret: string };
  readonly profile: Profile;
  /** The server as the user knows it; null where there is none. */
  readonly server: string | null;
  /** Whether only programs on this computer reach the server. Left out: no. */
  readonly isServerLocal?: boolean;
  /** Makes the invite of a code; null where there is no server to name. */
  invite(code: string): string | null;
  /** How long (ms) the server may be out of reach at the start; null for ever. */
  readonly serverPatience: number | null;
}

/** A pairing by code. */
export class CodePairing implements Pairing {
  until: number | null = null;
  lostCause: AparteError | null = null;
  readonly #room: RendezvousRoom;
  readonly #guesses = new Guesses();
  readonly #context: Context;
  readonly #options: CodePairingOptions;
  readonly #events: PairingEvents;
  readonly #startedAt: number;
  /** When (ms) the user is told that nobody is here; null where they are not told. */
  #toldAloneAt: number | null;
  /** Whether we have ever been in the room. */
  #hasBeenIn = false;
  /** Whether the user was told that we are connected to the server. */
  #isIn = false;
  /** The code as the user was told it; empty before. */
  #code = '';

  constructor(context: Context, options: CodePairingOptions, events: PairingEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = events;
    this.#startedAt = context.now;
    const { code, profile, server } = options;
    this.#toldAloneAt = code.nameplate === null || server === null ? null : context.now + ALONE_FOR;
    this.#room = new RendezvousRoom(
      context,
      {
        mode: 'code',
        nameplate: code.nameplate,
        secret: codeSecret(code.secret),
        capacity: 2,
        guesses: this.#guesses,
        profile: () => profile,
        mayStart: () => true,
      },
      {
        opened: (nameplate) => this.#opened(nameplate),
        completed: (result) => events.completed(result),
        handshakeFailed: (cause) => events.handshakeFailed(cause),
        failed: (cause) => events.failed(cause),
        refused: (cause) => this.end(cause),
        noted: (cause) => events.noted(cause),
        lost: (cause, retryAt) => this.#lostServer(cause, retryAt),
        resumed: () => this.#reachedServer(),
      },
    );
  }

  get waits(): Waiting['for'] {
    if (!this.#room.joined) return 'server';
    return this.#room.busy ? 'handshake' : 'peer';
  }

  get isGuessOut(): boolean {
    return this.#guesses.isOut;
  }

  get wakeAt(): number | null {
    return earliest(this.#room.wakeAt, this.#toldAloneAt);
  }

  tick(): void {
    this.#room.tick();
    const { now } = this.#context;
    if (this.#toldAloneAt === null || this.#toldAloneAt > now) return;
    this.#toldAloneAt = this.#room.isAlone ? null : now + ALONE_FOR;
    if (this.#toldAloneAt !== null) return;
    const detail = this.#options.isServerLocal === true ? ({ key: 'this-computer-only' } as const) : null;
    this.#events.noted(new AparteError('nobody-yet', detail));
  }

  take(): boolean {
    return false;
  }

  end(cause: AparteError): void {
    this.#room.giveUp({ key: 'ended-before-proof' });
    this.#events.failed(cause);
  }

  leave(): void {
    this.#room.leave();
    if (this.#hasBeenIn) emit(this.#context, { type: 'signal', status: 'left' });
  }

  #opened(nameplate: string): void {
    this.#reachedServer();
    const code = `${nameplate}-${this.#options.code.secret}`;
    // The room may be entered again, after a restart of the server or on another server.
    if (code === this.#code) return;
    this.#code = code;
    emit(this.#context, { type: 'code', code, invite: this.#options.invite(code) });
  }

  #reachedServer(): void {
    this.#hasBeenIn = true;
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
    if (!this.#hasBeenIn && serverPatience !== null && elapsed >= serverPatience) return this.#events.failed(cause);
    if (!sameError(this.lostCause, cause)) this.#events.noted(cause);
    this.lostCause = cause;
    this.until = retryAt;
  }
}
