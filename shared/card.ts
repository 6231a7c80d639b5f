/** The card with which a peer joins a room: its protocol versions and a nonce (docs/PROTOCOL.md, section on meeting). */
import { equalBytes, fromLv, lv } from './bytes.ts';
import { AparteError } from './errors.ts';

/** A decoded card. */
export interface Card {
  /** Protocol versions, ascending, each 1 to 255. */
  readonly versions: readonly number[];
  /** 16 random bytes, fresh for each card. */
  readonly nonce: Uint8Array;
}

/** Encodes a card. */
export function encodeCard(card: Card): Uint8Array {
  return lv(Uint8Array.from(card.versions), card.nonce);
}

/** Decodes a card. Throws `damaged` unless it has 1 to 16 versions, strictly ascending and above 0, and a nonce. */
export function decodeCard(bytes: Uint8Array): Card {
  const [versions, nonce] = fromLv(bytes, 2) as [Uint8Array, Uint8Array];
  const ascending = versions.every((version, index) => version > (versions[index - 1] ?? 0));
  if (nonce.length !== 16 || versions.length < 1 || versions.length > 16 || !ascending) {
    throw new AparteError('damaged', { key: 'malformed', part: 'card' });
  }
  return { versions: Array.from(versions), nonce };
}

/** The highest version that both cards name; null if there is none. */
export function commonVersion(a: Card, b: Card): number | null {
  return a.versions.findLast((version) => b.versions.includes(version)) ?? null;
}

/** Checks that two cards can meet. Throws `self` for equal nonces and `version` for cards without a common version. */
export function checkCards(own: Card, theirs: Card): void {
  if (equalBytes(own.nonce, theirs.nonce)) throw new AparteError('self');
  if (commonVersion(own, theirs) === null) throw new AparteError('version');
}
