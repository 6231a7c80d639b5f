/** The card each side joins a room with: which versions it speaks and 16 fresh bytes (docs/PROTOCOL.md, Meeting). */
import { equalBytes, fromLv, lv } from './bytes.ts';
import { AparteError } from './errors.ts';

/** A decoded card. */
export interface Card {
  /** Protocol versions, ascending, each 1 to 255. */
  readonly versions: readonly number[];
  /** 16 random bytes, fresh for each card. */
  readonly nonce: Uint8Array;
}

/** The bytes of a card. */
export function encodeCard(card: Card): Uint8Array {
  return lv(Uint8Array.from(card.versions), card.nonce);
}

/** Reads a card. Throws `damaged` where it is not one: versions must be 1 to 16, strictly ascending, not 0. */
export function decodeCard(bytes: Uint8Array): Card {
  const [versions, nonce] = fromLv(bytes, 2) as [Uint8Array, Uint8Array];
  const ascending = versions.every((version, index) => version > (versions[index - 1] ?? 0));
  if (nonce.length !== 16 || versions.length < 1 || versions.length > 16 || !ascending) {
    throw new AparteError('damaged', { key: 'malformed', part: 'card' });
  }
  return { versions: Array.from(versions), nonce };
}

/** The highest version both cards name, or `null` where there is none. */
export function commonVersion(a: Card, b: Card): number | null {
  return a.versions.findLast((version) => b.versions.includes(version)) ?? null;
}

/** Whether two cards can meet. Throws `self` where they have one nonce, `version` where they have no version in common. */
export function checkCards(own: Card, theirs: Card): void {
  if (equalBytes(own.nonce, theirs.nonce)) throw new AparteError('self');
  if (commonVersion(own, theirs) === null) throw new AparteError('version');
}
