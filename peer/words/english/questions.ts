/** English: questions that take yes or no. */

/** Stands behind such a question. */
export const YES_OR_NO = '(yes/no)';

/** Stands before the question when the answer was neither yes nor no. */
export const TYPE_YES_OR_NO = 'Please type yes or no.';

/** What an answer means, null where it is neither yes nor no. */
export function readYesOrNo(answer: string): boolean | null {
  if (/^\s*no?\s*$/i.test(answer)) return false;
  return /^\s*y(es)?\s*$/i.test(answer) ? true : null;
}
