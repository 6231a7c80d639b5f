/** What both sides of a handshake hold and do alike (docs/PROTOCOL.md, Handshake). */
import { concat, equalBytes, lv, utf8 } from '../../shared/bytes.ts';
import { decodeCard } from '../../shared/card.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_HANDSHAKE_FRAME } from '../../shared/limits.ts';
import { generator, intermediateKey, publicShare } from './cpace.ts';
import { nonce } from './frame-format.ts';
import type { Claimed, Claims } from './handshake-claims.ts';
import { CLAIMS_STEP, decodeClaims, encodeClaims } from './handshake-claims.ts';
import type { Flight } from './handshake-flights.ts';
import { Schedule } from './handshake-keys.ts';
import { hash, PROTOCOL } from './hash.ts';
import type { Identity } from './identity.ts';
import { Channel } from './ratchet-channel.ts';
import type { Role } from './ratchet-step.ts';
import { blame } from './rename-error.ts';
import { Signals } from './sealed-signals.ts';
import type { KeyPair, Random } from './sodium.ts';
import { BOX_OVERHEAD, box, dh, ristrettoScalar, sameSecret, unbox, wipe, x25519Pair } from './sodium.ts';

/** How two programs came to share a secret; it is hashed into everything. */
export type Mode = 'code' | 'ticket' | 'manual';

/** What both sides must agree on for a handshake to succeed. */
export interface HandshakeInputs {
  readonly mode: Mode;
  /** Normalised; empty in mode `manual`. */
  readonly nameplate: string;
  /** The password of CPace. The handshake keeps no copy. */
  readonly secret: Uint8Array;
  /** Public context; empty save in mode `manual`. */
  readonly context: Uint8Array;
  /** The card of the side that was there first, as it travelled. */
  readonly cardA: Uint8Array;
  /** The card of the side that came, as it travelled. */
  readonly cardB: Uint8Array;
}

/** What a side waits for (a flight of the other), or what its caller is to do (`prove`, `channel`). */
type Stage = 'hello' | 'reply' | 'proof' | 'prove' | 'channel' | 'finished' | 'over';

/** The state of one side. Lives in a private field of its owner; its own fields are open to that owner. */
export class Exchange {
  readonly role: Role;
  readonly identity: Identity;
  readonly random: Random;
  /** `Ya` or `Yb`. */
  readonly element: Uint8Array;
  /** `Xa` or `Xb`, with its secret. */
  readonly ephemeral: KeyPair;
  /** Of A's X-Wing pair, until its one use. */
  kemSecret: Uint8Array = new Uint8Array(0);
  /** `es` and `se`, once known. */
  es: Uint8Array | null = null;
  se: Uint8Array | null = null;
  readonly #ci: Uint8Array;
  readonly #sid: Uint8Array;
  readonly #scalar: Uint8Array;
  #stage: Stage;
  #schedule: Schedule | null = null;
  #signals: Signals | null = null;
  #theirEphemeral: Uint8Array | null = null;

  /** Throws `damaged` where a card is none, `self` where both cards have one nonce. */
  constructor(role: Role, inputs: HandshakeInputs, identity: Identity, random: Random) {
    const { mode, nameplate, secret, context, cardA, cardB } = inputs;
    const nonceA = decodeCard(cardA).nonce;
    const nonceB = decodeCard(cardB).nonce;
    if (equalBytes(nonceA, nonceB)) throw new AparteError('self');
    this.role = role;
    this.identity = identity;
    this.random = random;
    this.#stage = role === 'A' ? 'reply' : 'hello';
    this.#ci = lv(PROTOCOL, utf8(mode), utf8(nameplate), cardA, cardB, context);
    this.#sid = concat(nonceA, nonceB);
    this.#scalar = ristrettoScalar(random);
    const base = generator(secret, this.#ci, this.#sid);
    this.element = publicShare(this.#scalar, base);
    wipe(base);
    this.ephemeral = x25519Pair(random);
  }

  /** All keys of the handshake. Throws `bug` before the first two flights and after the end. */
  get schedule(): Schedule {
    if (this.#schedule === null) throw new Error('no handshake keys');
    return this.#schedule;
  }

  /**
   * Does the work of one stage, then stands at the next. Whatever fails, a call out of turn included, ends the attempt
   * and wipes it: a flight is judged once. `blamed` names a call out of turn.
   */
  move<T>(from: Stage, to: Stage, blamed: 'unexpected' | 'bug', work: () => T): T {
    try {
      if (this.#stage !== from) throw outOfTurn(from, this.#stage, blamed);
      const result = work();
      this.#stage = to;
      return result;
    } catch (cause) {
      this.wipe();
      throw cause;
    }
  }

  /** Makes the keys. `kem` is what X-Wing shared. Throws `damaged` where the other side's values do not compute. */
  agree(hello: Flight, reply: Flight, kem: Uint8Array): void {
    const theirs = this.role === 'A' ? reply : hello;
    const shared = dh(theirs.ephemeral, this.ephemeral.secretKey);
    const isk = intermediateKey(this.#scalar, theirs.share.element, this.#sid, hello.share, reply.share);
    wipe(this.#scalar, this.kemSecret);
    this.#theirEphemeral = theirs.ephemeral;
    this.#schedule = new Schedule(hash('th', this.#ci, hello.bytes, reply.bytes), { isk, shared, kem });
  }

  /** The other side's ephemeral key. */
  get theirEphemeral(): Uint8Array {
    if (this.#theirEphemeral === null) throw new Error('no ephemeral key yet');
    return this.#theirEphemeral;
  }

  /** Checks the other side's tag. Throws `wrong-code`. From here on our own may be sealed. */
  checkTag(theirs: Uint8Array): void {
    const { tagA, tagB, keyA, keyB } = this.schedule;
    const [ours, expected, key] = this.role === 'A' ? [keyA, tagB, keyB] : [keyB, tagA, keyA];
    if (!sameSecret(theirs, expected)) throw new AparteError('wrong-code');
    this.#signals = new Signals(ours, key);
  }

  /** Seals our claims with our identity and its proof, behind the frame's first bytes. */
  sealClaims(type: number, prefix: Uint8Array, claims: Claims, proof: Uint8Array): Uint8Array {
    const { keyA, keyB } = this.schedule;
    const content = encodeClaims(claims, this.identity.publicKey, proof);
    return concat(Uint8Array.of(type), prefix, box(this.role === 'A' ? keyA : keyB, nonce(type, 0), content));
  }

  /** Opens the other side's claims, whose proof is still to be checked. Throws `damaged`. */
  openClaims(type: number, sealed: Uint8Array): Claimed {
    const { keyA, keyB } = this.schedule;
    const opened = unbox(this.role === 'A' ? keyB : keyA, nonce(type, 0), sealed);
    return decodeClaims(opened);
  }

  /** The secret of our ephemeral key and a claimed identity. Throws `bad-identity` where there can be none. */
  agreeWith(id: Uint8Array): Uint8Array {
    return blame('bad-identity', () => dh(id, this.ephemeral.secretKey));
  }

  get signals(): Signals {
    if (this.#signals === null)
      throw new AparteError('unexpected', { key: 'out-of-turn', frame: 'a signal', state: this.#stage });
    return this.#signals;
  }

  /** The session; all secrets but those of signals are wiped. */
  channel(proofA: Uint8Array, proofB: Uint8Array): Channel {
    const { es, se, role } = this;
    if (es === null || se === null) throw new Error('a session without proofs');
    const session = this.schedule.session(proofA, proofB, es, se);
    const ratchet = role === 'A' ? this.theirEphemeral : this.ephemeral.secretKey;
    const channel = new Channel({ role, session, ratchet }, this.random);
    wipe(session, es, se, this.ephemeral.secretKey);
    this.schedule.wipeRoot();
    return channel;
  }

  /** Zeroes all secrets and ends the attempt. Idempotent. */
  wipe(): void {
    this.#stage = 'over';
    this.#signals = null;
    this.#schedule?.wipe();
    this.#schedule = null;
    wipe(this.#scalar, this.kemSecret, this.ephemeral.secretKey, this.es, this.se);
  }
}

/** Whether sealed claims can have this length. */
export function isSealedClaims(length: number): boolean {
  const content = length - BOX_OVERHEAD;
  return content >= CLAIMS_STEP && content % CLAIMS_STEP === 0 && length < MAX_HANDSHAKE_FRAME;
}

/** A call or a flight that does not belong to the stage: a fault of the remote peer, or a bug of ours. */
function outOfTurn(expected: Stage, state: Stage, blamed: 'unexpected' | 'bug'): Error {
  if (blamed === 'bug') return new Error(`${expected} at stage ${state}`);
  return new AparteError(blamed, { key: 'out-of-turn', frame: expected, state });
}
