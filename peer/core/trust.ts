/** What is known of an identity from earlier conversations (docs/PROTOCOL.md, Trust). */
import { equalBytes } from '../../shared/bytes.ts';
import type { KnownPeer, Trust } from './events.ts';

const folded = (name: string) => name.normalize('NFKC').toLowerCase();

/**
 * `verified` or `known` where the identity was seen before, `changed` where only its name was, else `new`.
 * Names compare case-folded: they are labels, chosen by whoever bears them.
 */
export function trustIn(id: Uint8Array, name: string, known: readonly KnownPeer[]): Trust {
  const seen = known.find((peer) => equalBytes(peer.id, id));
  if (seen !== undefined) return seen.verified ? 'verified' : 'known';
  return known.some((peer) => folded(peer.name) === folded(name)) ? 'changed' : 'new';
}
