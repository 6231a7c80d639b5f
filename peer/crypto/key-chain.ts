/** A chain of keys: one key for each frame in one direction, of which none leads back to those before it. */

import { type Advanced, advance } from './ratchet-step.ts';
import { wipe } from './sodium.ts';

/** See the head of this file. Owns the key it is made of. */
export class Chain {
  #key: Uint8Array;
  /** What follows from the key, once it was derived. */
  #next: Advanced | null = null;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The key of the next frame. The chain's own. */
  get message(): Uint8Array {
    return this.#derived.message;
  }

  /** Derives the key of the next frame now, so that it is there when that is needed. */
  prepare(): void {
    void this.#derived;
  }

  /** The next frame has been sealed or opened: its key is wiped. */
  advance(): void {
    const { chain, message } = this.#derived;
    wipe(message, this.#key);
    this.#key = chain;
    this.#next = null;
  }

  /** Goes on with another key, which it owns from now on. */
  replace(key: Uint8Array): void {
    this.wipe();
    this.#key = key;
  }

  /** Zeroes all keys. */
  wipe(): void {
    wipe(this.#key, this.#next?.chain ?? null, this.#next?.message ?? null);
    this.#next = null;
  }

  get #derived(): Advanced {
    this.#next ??= advance(this.#key);
    return this.#next;
  }
}
