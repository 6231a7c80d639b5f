/** What is known of an identity from earlier conversations (docs/PROTOCOL.md, Trust). */
import { equalBytes } from '../../shared/bytes.ts';
import { foldedName } from '../../shared/name.ts';
import type { KnownPeer, Trust } from './events.ts';

/**
 * `verified` or `known` where the identity was seen before, `changed` where only its name was, else `new`.
 * Names that look the same are the same: they are labels, chosen by whoever bears them.
 */
export function trustIn(id: Uint8Array, name: string, known: readonly KnownPeer[]): Trust {
  const seen = known.find((peer) => equalBytes(peer.id, id));
  if (seen !== undefined) return seen.verified ? 'verified' : 'known';
  return known.some((peer) => foldedName(peer.name) === foldedName(name)) ? 'changed' : 'new';
}
