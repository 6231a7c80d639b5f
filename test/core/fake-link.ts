/** A link in a world without network: one end of it. */
import type { Fact } from '../../peer/core/facts-and-orders.ts';
import { fromUtf8, utf8 } from '../../shared/bytes.ts';
import type { Person } from './fake-program.ts';

/** One end, and whom it leads to once that is known. */
export class FakeLink {
  readonly person: Person;
  readonly number: number;
  /** What it says to the other end besides its description. */
  readonly candidates: readonly string[];
  /** What the other end has said, in the order it came. */
  readonly heard: string[] = [];
  other: FakeLink | null = null;
  open = false;
  closed = false;

  /** `trickled`: how many candidates it says. */
  constructor(person: Person, number: number, trickled: number) {
    this.person = person;
    this.number = number;
    this.candidates = Array.from({ length: trickled }, (_, index) => `${index + 1} ${this.name}`);
  }

  /** Its name in the world. */
  get name(): string {
    return `${this.person.name}/${this.number}`;
  }

  /** What it says once it has been opened, or given an offer. */
  facts(kind: 'offer' | 'answer'): Fact[] {
    const link = this.number;
    const candidates = this.candidates.map((text) => ({ type: 'linkCandidate', link, bytes: utf8(text) }) as const);
    return [{ type: 'linkDescription', link, sdp: `${kind} ${this.name}` }, ...candidates];
  }

  /** The other end said this. */
  hear(candidate: Uint8Array): void {
    this.heard.push(fromUtf8(candidate));
  }

  /** Whether it knows all that the other end says. */
  get isReady(): boolean {
    return this.other !== null && this.heard.length >= this.other.candidates.length;
  }
}
