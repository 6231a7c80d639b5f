/**
 * A second implementation of the ratchet of docs/PROTOCOL.md, with all state public. Tests compare the product with it,
 * copy its state as a thief would, and let it misbehave. It has no clock: the caller decides when it steps.
 */
import sodium from 'libsodium-wrappers';
import type { Random } from '../../peer/crypto/index.ts';
import { concat } from '../../shared/bytes.ts';
import { box, dh, first32, header, K, unbox } from './reference-handshake.ts';

type Role = 'A' | 'B';
const NONE = new Uint8Array(0);

const halves = (bytes: Uint8Array): [Uint8Array, Uint8Array] => [bytes.slice(0, 32), bytes.slice(32)];
const sizeFor = (bytes: number): number => 2 ** Math.max(7, Math.ceil(Math.log2(bytes)));

/** How a step differs from the honest one. */
export interface StepChoices {
  /** Carry a fresh ML-KEM key, or these bytes in its place. */
  readonly ek?: boolean | Uint8Array;
  /** Carry this as the answer in every case. */
  readonly ct?: Uint8Array;
  /** Answer nothing, even if an ML-KEM key waits. */
  readonly mute?: boolean;
  /** Send this instead of the fresh public key. */
  readonly D?: Uint8Array;
  readonly plain?: Uint8Array;
}

/** One side. */
export class ReferenceChannel {
  role: Role;
  random: Random;
  rk: Uint8Array;
  chains: Record<Role, Uint8Array>;
  /** Our ratchet secret, the peer's ratchet key. */
  d: Uint8Array = NONE;
  D: Uint8Array = NONE;
  /** Our ML-KEM secret while unanswered, the peer's ML-KEM key until answered. */
  dk: Uint8Array = NONE;
  ek: Uint8Array = NONE;
  n: Record<Role, number> = { A: 0, B: 0 };

  constructor(role: Role, session: Uint8Array, ratchet: Uint8Array, random: Random) {
    this.role = role;
    this.random = random;
    this.rk = first32(K(session, 'rk'));
    this.chains = { A: first32(K(session, 'ck A')), B: first32(K(session, 'ck B')) };
    if (role === 'A') this.D = ratchet;
    else this.d = ratchet;
  }

  get peer(): Role {
    return this.role === 'A' ? 'B' : 'A';
  }

  get ticket(): Uint8Array {
    return K(this.rk, 'ticket');
  }

  /** A copy of every field, with randomness of its own: what a thief gets. */
  stolen(random: Random): ReferenceChannel {
    const copy = Object.assign(Object.create(ReferenceChannel.prototype) as ReferenceChannel, this);
    copy.chains = { ...this.chains };
    copy.n = { ...this.n };
    copy.random = random;
    return copy;
  }

  messageKey(role: Role): Uint8Array {
    const [chain, message] = halves(K(this.chains[role], 'msg'));
    this.chains[role] = chain;
    return message;
  }

  data(plain: Uint8Array, size = sizeFor(plain.length + 26)): Uint8Array {
    const n = this.n[this.role]++;
    return concat(header(16, n), box(this.messageKey(this.role), 16, n, sodium.pad(plain, size - 25)));
  }

  step(choices: StepChoices = {}): Uint8Array {
    const pair = sodium.crypto_box_seed_keypair(this.random(32));
    const kem = choices.ek ? sodium.crypto_kem_mlkem768_seed_keypair(this.random(64)) : null;
    const answers = this.ek.length > 0 && !choices.mute && !choices.ct;
    const made = answers ? sodium.crypto_kem_mlkem768_enc_deterministic(this.ek, this.random(32)) : null;
    const ct = choices.ct ?? made?.ciphertext ?? NONE;
    const flags = (kem ? 1 : 0) | (ct.length > 0 ? 2 : 0);
    const n = this.n[this.role]++;
    const D = choices.D ?? pair.publicKey;
    const ek = choices.ek instanceof Uint8Array ? choices.ek : (kem?.publicKey ?? NONE);
    const head = concat(header(17, n), Uint8Array.of(flags), D, ek, ct);
    const message = this.mix(this.role, dh(this.D, pair.privateKey), made?.sharedSecret ?? NONE, head);
    Object.assign(this, { d: pair.privateKey, D: NONE, dk: kem?.privateKey ?? NONE, ek: NONE });
    const size = sizeFor(head.length + 17);
    return concat(head, box(message, 17, n, sodium.pad(choices.plain ?? NONE, size - head.length - 16)));
  }

  /** Mixes a step into the keys. Returns the key of its frame. */
  mix(maker: Role, x: Uint8Array, ss: Uint8Array, head: Uint8Array): Uint8Array {
    const [root, chain] = halves(K(this.rk, `step ${maker}`, x, ss, head));
    this.rk = root;
    this.chains[maker] = chain;
    return this.messageKey(maker);
  }

  /** Opens a frame of the peer: the content of a DATA frame, null for a STEP. Throws whatever libsodium throws. */
  open(frame: Uint8Array): Uint8Array | null {
    const n = this.n[this.peer]++;
    if (frame[0] === 16) {
      return sodium.unpad(unbox(this.messageKey(this.peer), 16, n, frame.slice(9)), frame.length - 25);
    }
    const { D, ek, ct, head } = parts(frame);
    const ss = ct.length > 0 ? sodium.crypto_kem_mlkem768_dec(ct, this.dk) : NONE;
    unbox(this.mix(this.peer, dh(D, this.d), ss, head), 17, n, frame.slice(head.length));
    Object.assign(this, { d: NONE, D, dk: NONE, ek });
    return null;
  }
}

/** The public parts of a STEP frame. */
export function parts(frame: Uint8Array) {
  const flags = frame[9] ?? 0;
  const afterEk = flags & 1 ? 42 + 1184 : 42;
  const end = flags & 2 ? afterEk + 1088 : afterEk;
  return {
    D: frame.slice(10, 42),
    ek: frame.slice(42, afterEk),
    ct: frame.slice(afterEk, end),
    head: frame.slice(0, end),
  };
}
