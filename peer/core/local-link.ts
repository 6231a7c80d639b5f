/** A link of ours that waits for, or belongs to, one handshake, with what it has said so far. */
import { MAX_SIGNALS } from '../../shared/limits.ts';
import type { Context } from './context.ts';

/** Opened at once; its description and candidates gather here until the handshake may seal them. */
export class LocalLink {
  readonly number: number;
  readonly openedAt: number;
  /** Our offer or answer, null until the link has made it. */
  description: string | null = null;
  /** Our candidates that were not handed on yet. */
  candidates: Uint8Array[] = [];
  #candidateCount = 0;

  constructor(context: Context, initiator: boolean) {
    this.number = context.nextNumber();
    this.openedAt = context.now;
    context.emit({ type: 'openLink', link: this.number, initiator });
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
}
