/** Puts a failure into words for people. */
import type { AparteError } from '../../shared/errors.ts';
import { words } from './index.ts';

/** What the user reads about a failure. */
export interface DescribedError {
  /** What happened: "Cannot reach the server: HTTP 502." */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/** The words for a failure. They may quote a name that the remote peer chose: make it visible before a terminal shows it. */
export function describeError({ code, detail }: Pick<AparteError, 'code' | 'detail'>): DescribedError {
  const { what, hint } = words.ERROR_WORDS[code];
  if (detail === null) return { message: what, hint };
  const more = words.detailWords(detail);
  if (typeof more === 'object' && 'instead' in more) return { message: more.instead, hint: more.hint };
  const { text, hint: better = hint } = typeof more === 'string' ? { text: more } : more;
  return { message: `${what.slice(0, -1)}: ${text}${/[?!]$/.test(text) ? '' : '.'}`, hint: better };
}
