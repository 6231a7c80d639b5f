/** Naming a failure for where it happened. */
import type { ErrorCode } from '../../shared/errors.ts';
import { AparteError } from '../../shared/errors.ts';

/** Does `work`. Where that throws `damaged`, throws `code` instead; every other error passes. */
export function blame<T>(code: ErrorCode, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof AparteError && cause.code === 'damaged') throw new AparteError(code);
    throw cause;
  }
}
