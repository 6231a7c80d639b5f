/** A ticket lets two programs meet again in a fresh room after their link was cut (docs/PROTOCOL.md, Reconnect). */
import { base32 } from '../../shared/bytes.ts';
import { HoldsSecrets } from './holds-secrets.ts';
import { wipe } from './sodium.ts';

/** A room and the secret that opens it. It outlives the channel that it came from; its holder wipes it. */
export class Ticket extends HoldsSecrets {
  /** The name of the room: 26 characters of base32. */
  readonly nameplate: string;
  #secret: Uint8Array | null;

  /** `seed`: `T = K(rk, "ticket")`, 64 bytes. The ticket copies what it keeps. */
  constructor(seed: Uint8Array) {
    super();
    this.nameplate = base32(seed.subarray(0, 16));
    this.#secret = seed.slice(32);
  }

  /** The password of the room, 32 bytes, zeroed by {@link wipe}. Must not be asked for after that. */
  get secret(): Uint8Array {
    if (this.#secret === null) throw new Error('a ticket that was wiped');
    return this.#secret;
  }

  /** Zeroes the secret. */
  wipe(): void {
    wipe(this.#secret);
    this.#secret = null;
  }
}
