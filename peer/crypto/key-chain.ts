/** The symmetric part of the ratchet: a chain of keys in one direction. No key leads back to an earlier one. */
import { lv, utf8 } from '../../shared/bytes.ts';
import { PROTOCOL } from './hash.ts';
import { keyedBlake2b, wipe } from './sodium.ts';

const MESSAGE_LABEL = lv(PROTOCOL, utf8('msg'));

/** The two keys that follow from a chain key. */
export interface ChainKeys {
  /** The next chain key. */
  readonly chain: Uint8Array;
  /** The key of one frame. */
  readonly message: Uint8Array;
}

/** `ck' ‖ mk = K(ck, "msg")`. */
export function advance(chain: Uint8Array): ChainKeys {
  const both = keyedBlake2b(MESSAGE_LABEL, chain);
  return { chain: both.subarray(0, 32), message: both.subarray(32) };
}

/** The chain of one direction. It owns, and wipes, the key that it is made of. */
export class KeyChain {
  #key: Uint8Array;
  /** The keys that follow, once they were derived. */
  #next: ChainKeys | null = null;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The key of the next frame. The chain wipes it. */
  get message(): Uint8Array {
    return this.#derived.message;
  }

  /** Derives the key of the next frame ahead of time. */
  prepare(): void {
    void this.#derived;
  }

  /** Moves past the next frame, which was sealed or opened, and wipes its key. */
  advance(): void {
    const { chain, message } = this.#derived;
    wipe(message, this.#key);
    this.#key = chain;
    this.#next = null;
  }

  /** Continues with another key, which the chain owns from now on. */
  replace(key: Uint8Array): void {
    this.wipe();
    this.#key = key;
  }

  /** Zeroes all keys. */
  wipe(): void {
    wipe(this.#key, this.#next?.chain ?? null, this.#next?.message ?? null);
    this.#next = null;
  }

  get #derived(): ChainKeys {
    this.#next ??= advance(this.#key);
    return this.#next;
  }
}
