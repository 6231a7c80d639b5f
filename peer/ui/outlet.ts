/** An output stream that says when it has taken what was written, and once, when it will take no more. */
import type { Writable } from 'node:stream';
import { AparteError } from '../../shared/errors.ts';

/** See the head of this file. */
export class Outlet {
  readonly #stream: Writable;
  #closed = false;
  readonly #fault: (error: AparteError) => void;

  /** `fault` is told `output-closed`, once, when the reading end has gone (EPIPE) or writing fails otherwise. */
  constructor(stream: Writable, fault: (error: AparteError) => void) {
    this.#stream = stream;
    this.#fault = fault;
    stream.on('error', () => this.#fail());
  }

  /** Writes. Resolves once the stream has handed it on; rejects with `output-closed`. */
  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new AparteError('output-closed'));
        return;
      }
      this.#stream.write(text, (error) => {
        if (error === null || error === undefined) {
          resolve();
        } else {
          this.#fail();
          reject(new AparteError('output-closed'));
        }
      });
    });
  }

  #fail(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fault(new AparteError('output-closed'));
  }
}
