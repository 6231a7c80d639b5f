/** Who a remote peer has proven to be, and how far that identity is trusted (docs/PROTOCOL.md, Trust). */
import { base64url, equalBytes } from '../../shared/bytes.ts';
import { MAX_EARLIER_NAMES } from '../../shared/limits.ts';
import { foldedName, isAlike, tidyName } from '../../shared/name-comparison.ts';
import { safetyNumber } from '../crypto/index.ts';
import type { Route } from '../link/link.ts';
import type { ChatEvent, KnownPeer, PeerStatus, Trust } from './facts-and-orders.ts';

/** A proven identity with the name it goes by. */
export class PeerIdentity {
  /** Opaque, for scripts and within this program only. */
  readonly handle: string;
  /** The long-term public key, 32 bytes. */
  readonly id: Uint8Array;
  readonly name: string;
  /** Whether the identity is our own: another program of the same user. */
  readonly isOwn: boolean;
  trust: Trust;
  /** When the user verified the identity, in ms since the epoch; null where they did not. */
  #verifiedAt: number | null;
  readonly #seen: KnownPeer | undefined;
  readonly #safety: string;

  /** `own` is our public key. */
  constructor(handle: string, claims: { id: Uint8Array; name: string }, own: Uint8Array, known: readonly KnownPeer[]) {
    this.handle = handle;
    this.id = claims.id;
    this.name = foldedName(claims.name) === '' ? 'anonymous' : tidyName(claims.name);
    this.#safety = safetyNumber(own, this.id);
    this.#seen = knownById(this.id, known);
    this.isOwn = equalBytes(own, this.id);
    this.trust = this.isOwn ? 'known' : trustIn(this.id, this.name, known);
    this.#verifiedAt = this.trust === 'verified' ? (this.#seen?.verifiedAt ?? null) : null;
  }

  /** The user compared the safety numbers. `now`: ms since the epoch. */
  verify(now: number): void {
    this.trust = 'verified';
    this.#verifiedAt = now;
  }

  /** What to remember of this identity. */
  get record(): KnownPeer {
    const earlier = this.#seen === undefined ? [] : earlierNames(this.#seen, this.name);
    const names = { name: this.name, ...(earlier.length > 0 && { earlier }) };
    const verifiedAt = this.#verifiedAt;
    return { id: this.id, ...names, verified: this.trust === 'verified', ...(verifiedAt !== null && { verifiedAt }) };
  }

  /** The event that tells the user how this peer stands. `route` is left out of it unless connected. */
  event(status: PeerStatus, route: Route | null): ChatEvent {
    const { handle: peer, name, trust } = this;
    const safety = status === 'connecting' ? null : this.#safety;
    const shown = status === 'connected' ? route : null;
    const [path, protocol, rtt] = [shown?.path ?? null, shown?.protocol ?? null, tenths(shown?.rttMs ?? null)];
    const verifiedAt = this.#verifiedAt === null ? {} : { verifiedAt: new Date(this.#verifiedAt).toISOString() };
    const id = base64url(this.id);
    const event = { type: 'peer', peer, id, name, status, path, protocol, rtt, trust, safety, ...verifiedAt } as const;
    if (this.isOwn) return { ...event, own: true };
    const formerly = this.#seen?.name ?? name;
    return isSame(formerly, name) ? event : { ...event, formerly };
  }
}

/**
 * How far an identity is trusted: `changed` where its name is, or was, the name of another identity that was met before;
 * `verified` or `known` where this identity was met before; else `new`. Names that look the same count as the same.
 */
export function trustIn(id: Uint8Array, name: string, known: readonly KnownPeer[]): Trust {
  const bearers = known.filter((peer) => [peer.name, ...(peer.earlier ?? [])].some((each) => isAlike(each, name)));
  const seen = knownById(id, known);
  // Two people whom the user knows may have the same name.
  if (bearers.length > 0 && (seen === undefined || !bearers.includes(seen))) return 'changed';
  if (seen === undefined) return 'new';
  return seen.verified ? 'verified' : 'known';
}

function knownById(id: Uint8Array, known: readonly KnownPeer[]): KnownPeer | undefined {
  return known.find((peer) => equalBytes(peer.id, id));
}

/** The earlier names of a known identity that calls itself `name` now, in the order they came up. */
function earlierNames(seen: KnownPeer, name: string): readonly string[] {
  const { earlier = [] } = seen;
  if ([name, ...earlier].some((each) => isSame(each, seen.name))) return earlier;
  return [...earlier, seen.name].slice(0, MAX_EARLIER_NAMES);
}

function isSame(one: string, other: string): boolean {
  return foldedName(one) === foldedName(other);
}

function tenths(value: number | null): number | null {
  return value === null ? null : Math.round(10 * value) / 10;
}
