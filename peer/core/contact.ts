/** Who a peer has proven to be, and what we know of that identity. */
import { equalBytes } from '../../shared/bytes.ts';
import { foldedName, tidyName } from '../../shared/name-comparison.ts';
import { safetyNumber } from '../crypto/index.ts';
import type { Route } from '../link/link.ts';
import type { ChatEvent, KnownPeer, PeerStatus, Trust } from './facts-and-orders.ts';
import { earlierNames, isAlike, seenIn, trustIn } from './trust.ts';

/** An identity with the name it goes by. */
export class Contact {
  /** Opaque, for scripts and within this program only. */
  readonly handle: string;
  readonly id: Uint8Array;
  readonly name: string;
  /** Whether it is our own: another program of the same user. */
  readonly isOwn: boolean;
  trust: Trust;
  readonly #seen: KnownPeer | undefined;
  readonly #safety: string;

  /** `own` is our public key. */
  constructor(handle: string, claims: { id: Uint8Array; name: string }, own: Uint8Array, known: readonly KnownPeer[]) {
    this.handle = handle;
    this.id = claims.id;
    this.name = foldedName(claims.name) === '' ? 'anonymous' : tidyName(claims.name);
    this.#safety = safetyNumber(own, this.id);
    this.#seen = seenIn(this.id, known);
    this.isOwn = equalBytes(own, this.id);
    this.trust = this.isOwn ? 'known' : trustIn(this.id, this.name, known);
  }

  /** What to remember of him. */
  get record(): KnownPeer {
    const earlier = this.#seen === undefined ? [] : earlierNames(this.#seen, this.name);
    const names = { name: this.name, ...(earlier.length > 0 && { earlier }) };
    return { id: this.id, ...names, verified: this.trust === 'verified' };
  }

  /** What the user is told of him; `route` is of no interest unless connected. */
  event(status: PeerStatus, route: Route | null): ChatEvent {
    const { handle: peer, name, trust } = this;
    const safety = status === 'connecting' ? null : this.#safety;
    const shown = status === 'connected' ? route : null;
    const [path, protocol, rtt] = [shown?.path ?? null, shown?.protocol ?? null, tenths(shown?.rttMs ?? null)];
    const event = { type: 'peer', peer, name, status, path, protocol, rtt, trust, safety } as const;
    if (this.isOwn) return { ...event, own: true };
    const formerly = this.#seen?.name ?? name;
    return isAlike(formerly, name) ? event : { ...event, formerly };
  }
}

function tenths(value: number | null): number | null {
  return value === null ? null : Math.round(10 * value) / 10;
}
