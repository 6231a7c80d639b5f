/** Our end of a link, from the moment it is opened until it is closed. */
import type { AparteError } from '../../shared/errors.ts';
import { MAX_SIGNALS } from '../../shared/limits.ts';
import type { Route } from '../link/link.ts';
import type { Context, LinkOwner } from './context.ts';
import type { LinkFact } from './facts-and-orders.ts';

/** The candidates of an unused link may no longer hold after this time (ms). */
const FRESH = 30_000;

/** The handshake that a link is prepared for. */
export interface LinkPreparer {
  /** The link has made its description, or has more candidates. */
  localSignal(): void;
  /** The link is gone, and no session had it yet. */
  linkClosed(cause: AparteError): void;
}

/** The session whose frames a link carries. */
export interface LinkUser {
  /** The link is open both ways. */
  opened(): void;
  /** A frame came. */
  got(frame: Uint8Array): void;
  /** The link runs over this route. */
  gotRoute(route: Route): void;
  /** The link is gone. */
  linkClosed(cause: AparteError): void;
}

/** A link, opened when made. Its description and candidates gather here until the handshake may seal them. */
export class OwnLink implements LinkOwner {
  readonly number: number;
  readonly #openedAt: number;
  #isClosed = false;
  /** Our offer or answer; null until the link has made it. */
  description: string | null = null;
  /** Told of what the link makes; null while no handshake has the link. */
  preparer: LinkPreparer | null = null;
  /** Told of all else; null until both sides have proven themselves. */
  user: LinkUser | null = null;
  readonly #context: Context;
  #candidates: Uint8Array[] = [];
  #candidateCount = 0;

  /** `room`: number of the room in which the remote peer was met. */
  constructor(context: Context, initiator: boolean, room: number) {
    this.#context = context;
    this.number = context.nextNumber();
    this.#openedAt = context.now;
    context.links.set(this.number, this);
    context.order({ type: 'openLink', link: this.number, initiator, room });
  }

  /** Whether a handshake may still use the link, which was opened before there was one. */
  get isFresh(): boolean {
    return !this.#isClosed && this.#openedAt + FRESH >= this.#context.now;
  }

  gotLink(fact: LinkFact): void {
    switch (fact.type) {
      case 'linkDescription':
        this.description = fact.sdp;
        return this.preparer?.localSignal();
      case 'linkCandidate':
        this.#addCandidate(fact.bytes);
        return this.preparer?.localSignal();
      case 'linkOpened':
        return this.user?.opened();
      case 'linkFrame':
        return this.user?.got(fact.bytes);
      case 'linkPath':
        return this.user?.gotRoute({ path: fact.path, protocol: fact.protocol, rttMs: fact.rttMs });
      case 'linkClosed':
        this.#isClosed = true;
        return (this.user ?? this.preparer)?.linkClosed(fact.cause);
      default:
        fact satisfies never;
    }
  }

  /** Keeps a candidate of ours, MAX_SIGNALS at most: more could not be sent. */
  #addCandidate(bytes: Uint8Array): void {
    if (this.#candidateCount >= MAX_SIGNALS) return;
    this.#candidateCount += 1;
    this.#candidates.push(bytes);
  }

  /** Takes the candidates that were not sent yet. */
  takeCandidates(): Uint8Array[] {
    const taken = this.#candidates;
    this.#candidates = [];
    return taken;
  }

  /** Closes the link. Nothing is told of it any more. */
  close(): void {
    this.#context.links.delete(this.number);
    this.#context.order({ type: 'closeLink', link: this.number });
  }
}
