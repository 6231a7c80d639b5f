/** What lets two programs meet again in a fresh room after their link was cut (docs/PROTOCOL.md, Reconnect). */
import { base32 } from '../../shared/bytes.ts';
import { inspect } from './hide-from-inspect.ts';
import { wipe } from './sodium.ts';

/** A room and the secret that opens it. Its holder wipes it; it does not depend on the channel it came from. */
export class Ticket {
  /** 26 characters of base32. */
  readonly nameplate: string;
  #secret: Uint8Array | null;

  /** From `T = K(rk, "ticket")`, 64 bytes, of which a part is copied. */
  constructor(seed: Uint8Array) {
    this.nameplate = base32(seed.subarray(0, 16));
    this.#secret = seed.slice(32);
  }

  /** The password of the room, 32 bytes; zeroed by {@link wipe}. Throws `bug` after that. */
  get secret(): Uint8Array {
    if (this.#secret === null) throw new Error('a ticket that was wiped');
    return this.#secret;
  }

  /** Zeroes the secret. */
  wipe(): void {
    wipe(this.#secret);
    this.#secret = null;
  }

  [inspect](): string {
    return 'Ticket [secret]';
  }
}
