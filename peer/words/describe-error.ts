/** Puts a failure into words for people. */
import type { AparteError } from '../../shared/errors.ts';
import { detailWords } from './english/error-details.ts';
import { ERROR_WORDS } from './english/errors.ts';

/** What the user reads about a failure. */
export interface DescribedError {
  /** What happened: "Cannot reach the server: HTTP 502." */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/** The words for a failure. They may quote a name that the remote peer chose: make it visible before a terminal shows it. */
export function describeError({ code, detail }: Pick<AparteError, 'code' | 'detail'>): DescribedError {
  const { what, hint } = ERROR_WORDS[code];
  if (detail === null) return { message: what, hint };
  const words = detailWords(detail);
  const { text, hint: better = hint } = typeof words === 'string' ? { text: words } : words;
  return { message: `${what.slice(0, -1)}: ${text}${/[?!]$/.test(text) ? '' : '.'}`, hint: better };
}
