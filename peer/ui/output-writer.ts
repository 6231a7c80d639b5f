/** An output stream that says when it has taken what was written, and once, when it will take no more. */
import type { Writable } from 'node:stream';
import { AparteError } from '../../shared/errors.ts';

/** What a stream takes no more for because there is no room: errno(3), EFBIG where a limit is reached. */
const NO_ROOM: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Why an output took no more: `output-failed` where there is no room for it, else `output-closed`. */
export function outputFault(error: Error): AparteError {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!NO_ROOM.includes(code)) return new AparteError('output-closed');
  return new AparteError('output-failed', { key: 'system-error', code });
}

/** See the head of this file. */
export class Outlet {
  readonly #stream: Writable;
  #failed: AparteError | null = null;
  readonly #fault: (error: AparteError) => void;

  /** `fault` is told once, when the reading end has gone (EPIPE) or writing fails otherwise: {@link outputFault}. */
  constructor(stream: Writable, fault: (error: AparteError) => void) {
    this.#stream = stream;
    this.#fault = fault;
    stream.on('error', (error) => this.#fail(error));
  }

  /** Writes. Resolves once the stream has handed it on; rejects with what `fault` is told. */
  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== null) {
        reject(this.#failed);
        return;
      }
      this.#stream.write(text, (error) => {
        if (error === null || error === undefined) {
          resolve();
        } else {
          reject(this.#fail(error));
        }
      });
    });
  }

  #fail(error: Error): AparteError {
    if (this.#failed !== null) return this.#failed;
    this.#failed = outputFault(error);
    this.#fault(this.#failed);
    return this.#failed;
  }
}
