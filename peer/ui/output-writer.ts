/** Writes to an output stream, and reports when a write has gone out and when the stream fails. */
import type { Writable } from 'node:stream';
import { AparteError } from '../../shared/errors.ts';

/** Error codes of a stream that has no room left: errno(3); EFBIG where a limit on the file size is reached. */
const NO_ROOM: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** The error of a failed output: `output-failed` where there is no room left, else `output-closed`. */
export function outputFault(error: Error): AparteError {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!NO_ROOM.includes(code)) return new AparteError('output-closed');
  return new AparteError('output-failed', { key: 'system-error', code });
}

/** Writes to one output stream. */
export class OutputWriter {
  readonly #stream: Writable;
  #failed: AparteError | null = null;
  readonly #fault: (error: AparteError) => void;

  /** `fault` is called once, with an {@link outputFault}, when the reading end is closed (EPIPE) or a write fails. */
  constructor(stream: Writable, fault: (error: AparteError) => void) {
    this.#stream = stream;
    this.#fault = fault;
    stream.on('error', (error) => this.#fail(error));
  }

  /** Writes a text. Resolves when the stream has passed it on; rejects with the error that `fault` gets. */
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
