/**
 * Finds invites and answers in a pasted text: wrapped over lines, indented, quoted, with other text around them. A blob
 * has no end mark. Its checksum shows where it ends.
 */
import { AparteError } from '../../../shared/errors.ts';
import { MAX_BLOB, MAX_PASTE } from '../../../shared/limits.ts';

/** Blobs to look for in a paste. */
const MAX_FOUND = 8;
/** Pieces that a blob may be broken into. */
const MAX_PIECES = 64;

/** The start of a blob of any version, at the start of a word. */
const START = /(?<![A-Za-z0-9_-])ap(\d)[a-z](?=[A-Za-z0-9_-])/g;
const PIECE = /[A-Za-z0-9_-]+/g;

/**
 * Returns all whole blobs in a text, each on one line, in their order; at least one. `isWhole` checks whether a text
 * without white space is an undamaged blob. Throws `not-a-blob` if no blob starts in the text, `bad-blob` if none is
 * whole, `blob-version` if all of them are of another version.
 */
export function blobsIn(pasted: string, isWhole: (text: string) => boolean): string[] {
  const text = pasted.slice(0, MAX_PASTE);
  const starts = Array.from(text.matchAll(START)).slice(0, MAX_FOUND);
  const found = starts.flatMap(({ index }) => blobAt(text.slice(index), isWhole) ?? []);
  if (found.length > 0) return found;
  if (starts.length === 0) throw new AparteError('not-a-blob');
  throw new AparteError(starts.every(([, version]) => version !== '1') ? 'blob-version' : 'bad-blob');
}

/** Joins pieces from the start of a text until they are a whole blob; null if they never are. */
function blobAt(text: string, isWhole: (text: string) => boolean): string | null {
  let joined = '';
  let pieces = 0;
  for (const [piece] of text.matchAll(PIECE)) {
    joined += piece;
    pieces += 1;
    if (joined.length > MAX_BLOB || pieces > MAX_PIECES) return null;
    if (isWhole(joined)) return joined;
  }
  return null;
}
