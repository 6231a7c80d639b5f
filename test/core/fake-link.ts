/** One end of a link in the fake network. */
import type { Fact } from '../../peer/core/facts-and-orders.ts';
import { fromUtf8, utf8 } from '../../shared/bytes.ts';
import type { FakeProgram } from './fake-program.ts';

/** One end of a link, and the other end once that is known. */
export class FakeLink {
  readonly program: FakeProgram;
  readonly number: number;
  /** The candidates that it sends to the other end. */
  readonly candidates: readonly string[];
  /** The candidates of the other end, in the order they came. */
  readonly heard: string[] = [];
  other: FakeLink | null = null;
  open = false;
  closed = false;

  /** `trickled`: the number of its candidates. */
  constructor(program: FakeProgram, number: number, trickled: number) {
    this.program = program;
    this.number = number;
    this.candidates = Array.from({ length: trickled }, (_, index) => `${index + 1} ${this.name}`);
  }

  /** The name of this end in the network. */
  get name(): string {
    return `${this.program.name}/${this.number}`;
  }

  /** The facts for its program after it was opened, or given an offer. */
  facts(kind: 'offer' | 'answer'): Fact[] {
    const link = this.number;
    const candidates = this.candidates.map((text) => ({ type: 'linkCandidate', link, bytes: utf8(text) }) as const);
    return [{ type: 'linkDescription', link, sdp: `${kind} ${this.name}` }, ...candidates];
  }

  /** A candidate of the other end has come. */
  hear(candidate: Uint8Array): void {
    this.heard.push(fromUtf8(candidate));
  }

  /** Whether all candidates of the other end have come. */
  get isReady(): boolean {
    return this.other !== null && this.heard.length >= this.other.candidates.length;
  }
}
