/** The failures that a user or a script is told of: a code, and what else is known. */
import { type ErrorCode, EXIT_OF, type ExitCode } from './error-codes.ts';
import type { ErrorDetail } from './error-details.ts';

export { type ErrorCode, EXIT, type ExitCode } from './error-codes.ts';

/**
 * A failure with a name. `message` is for developers; `peer/words/` puts it into words for people. A broken invariant
 * of our own is a plain `Error` instead.
 */
export class AparteError extends Error {
  readonly code: ErrorCode;
  readonly exit: ExitCode;
  /** What is known besides the code; null if nothing is. */
  readonly detail: ErrorDetail | null;

  constructor(code: ErrorCode, detail: ErrorDetail | null = null) {
    super(detail === null ? code : `${code}: ${JSON.stringify(detail)}`);
    this.name = 'AparteError';
    this.code = code;
    this.exit = EXIT_OF[code];
    this.detail = detail;
  }
}

/** Whether two failures have the same code and the same detail with equal parameters. Then one need not be shown again. */
export function sameError(a: AparteError | null, b: AparteError | null): boolean {
  if (a === null || b === null) return a === b;
  return a.code === b.code && JSON.stringify(a.detail) === JSON.stringify(b.detail);
}
