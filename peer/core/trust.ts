/** What is known of an identity from earlier conversations (docs/PROTOCOL.md, Trust). */
import { equalBytes } from '../../shared/bytes.ts';
import { MAX_EARLIER_NAMES } from '../../shared/limits.ts';
import { foldedName } from '../../shared/name-comparison.ts';
import type { KnownPeer, Trust } from './facts-and-orders.ts';

/**
 * `changed` where the name is, or was, that of another identity that was seen before; `verified` or `known` where this
 * one was; else `new`. Names that look the same are the same: they are labels, chosen by whoever bears them.
 */
export function trustIn(id: Uint8Array, name: string, known: readonly KnownPeer[]): Trust {
  const bearers = known.filter((peer) => [peer.name, ...(peer.earlier ?? [])].some((each) => isAlike(each, name)));
  const seen = seenIn(id, known);
  // Two whom the user knows may have one name.
  if (bearers.length > 0 && (seen === undefined || !bearers.includes(seen))) return 'changed';
  if (seen === undefined) return 'new';
  return seen.verified ? 'verified' : 'known';
}

/** What is remembered of an identity, if it was seen before. */
export function seenIn(id: Uint8Array, known: readonly KnownPeer[]): KnownPeer | undefined {
  return known.find((peer) => equalBytes(peer.id, id));
}

/** The earlier names of one who was seen, now that it calls itself so: in the order they came up. */
export function earlierNames(seen: KnownPeer, name: string): readonly string[] {
  const { earlier = [] } = seen;
  if ([name, ...earlier].some((each) => isAlike(each, seen.name))) return earlier;
  return [...earlier, seen.name].slice(0, MAX_EARLIER_NAMES);
}

/** Whether two names count as the same. */
export function isAlike(one: string, other: string): boolean {
  return foldedName(one) === foldedName(other);
}
