/** A link of ours that waits for, or belongs to, one handshake, with what it has said so far. */
import { MAX_SIGNALS } from '../../shared/limits.ts';
import type { Context } from './context.ts';

/** An unused link older than this (ms) has candidates that may no longer hold; a fresh one is opened instead. */
const FRESH = 30_000;

/** Opened at once; its description and candidates gather here until the handshake may seal them. */
export class OwnLink {
  readonly number: number;
  readonly openedAt: number;
  /** Our offer or answer, null until the link has made it. */
  description: string | null = null;
  /** Our candidates that were not handed on yet. */
  candidates: Uint8Array[] = [];
  #candidateCount = 0;

  /** `room`: where the one it is for was met. */
  constructor(context: Context, initiator: boolean, room: number) {
    this.number = context.nextNumber();
    this.openedAt = context.now;
    context.order({ type: 'openLink', link: this.number, initiator, room });
  }

  /** Keeps a candidate of ours, MAX_SIGNALS at most: more could not be sent. */
  addCandidate(bytes: Uint8Array): void {
    if (this.#candidateCount >= MAX_SIGNALS) return;
    this.#candidateCount += 1;
    this.candidates.push(bytes);
  }

  /** Takes the candidates that wait. */
  takeCandidates(): Uint8Array[] {
    const taken = this.candidates;
    this.candidates = [];
    return taken;
  }

  /** Closes it. */
  close(context: Context): void {
    context.order({ type: 'closeLink', link: this.number });
  }
}

/** A link that is opened before it is known whether anybody proves the code, and given to the first who does. */
export class SpareLink {
  readonly #context: Context;
  readonly #room: number;
  #link: OwnLink | null = null;

  constructor(context: Context, room: number) {
    this.#context = context;
    this.#room = room;
  }

  /** Sees to it that there is a fresh one. */
  open(): void {
    if (this.#link !== null && this.#link.openedAt + FRESH < this.#context.now) this.close();
    this.#link ??= new OwnLink(this.#context, true, this.#room);
  }

  /** The link, if it has this number. */
  numbered(number: number): OwnLink | null {
    return this.#link?.number === number ? this.#link : null;
  }

  /** Gives it away; where there is none, one that is opened now. */
  take(): OwnLink {
    const link = this.#link ?? new OwnLink(this.#context, true, this.#room);
    this.#link = null;
    return link;
  }

  /** Closes it, if there is one. */
  close(): void {
    this.#link?.close(this.#context);
    this.#link = null;
  }
}
