/**
 * Finds invites and answers in what was pasted: wrapped over lines, indented, quoted, with other text around. A blob has
 * no end mark; what belongs to it is what its check says.
 */
import { AparteError } from '../../../shared/errors.ts';
import { MAX_BLOB, MAX_PASTE } from '../../../shared/limits.ts';

/** Blobs that are looked for in a paste, and pieces a blob may have come in. */
const MAX_FOUND = 8;
const MAX_PIECES = 64;

/** The beginning of a blob of any version, at the beginning of a word. */
const START = /(?<![A-Za-z0-9_-])ap(\d)[a-z](?=[A-Za-z0-9_-])/g;
const PIECE = /[A-Za-z0-9_-]+/g;

/**
 * All whole blobs in a text, each on one line, in their order; at least one. `isWhole`: whether a text without white
 * space is a blob that arrived as it was made. Throws `not-a-blob` where none begins, `bad-blob` where none is whole,
 * `blob-version` where all that begin are of another version.
 */
export function blobsIn(pasted: string, isWhole: (text: string) => boolean): string[] {
  const text = pasted.slice(0, MAX_PASTE);
  const starts = Array.from(text.matchAll(START)).slice(0, MAX_FOUND);
  const found = starts.flatMap(({ index }) => blobAt(text.slice(index), isWhole) ?? []);
  if (found.length > 0) return found;
  if (starts.length === 0) throw new AparteError('not-a-blob');
  throw new AparteError(starts.every(([, version]) => version !== '1') ? 'blob-version' : 'bad-blob');
}

/** The blob that begins with a text, as many of its pieces joined as make one; null where none do. */
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
