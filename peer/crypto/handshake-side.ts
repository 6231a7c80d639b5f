/** One side of a handshake: its state, and what both sides do alike (docs/PROTOCOL.md, Handshake). */
import { concat, equalBytes, lv, utf8 } from '../../shared/bytes.ts';
import { decodeCard } from '../../shared/card.ts';
import { AparteError } from '../../shared/errors.ts';
import { generator, intermediateKey, publicShare } from './cpace.ts';
import { nonce } from './frame-format.ts';
import type { Claims, UncheckedClaims } from './handshake-claims.ts';
import { decodeClaims, encodeClaims, isSealedClaimsLength } from './handshake-claims.ts';
import type { KeyFlight } from './handshake-flights.ts';
import { HandshakeKeys } from './handshake-keys.ts';
import { hash, PROTOCOL } from './hash.ts';
import { HoldsSecrets } from './holds-secrets.ts';
import { type Identity, identityDh } from './identity.ts';
import { RatchetChannel } from './ratchet-channel.ts';
import type { Role } from './ratchet-step.ts';
import { SealedSignals } from './sealed-signals.ts';
import type { KeyPair, Random } from './sodium.ts';
import { box, dh, renameDamaged, ristrettoScalar, sameSecret, unbox, wipe, x25519Pair } from './sodium.ts';

/** How two programs came to share a secret. It is hashed into every key. */
export type Mode = 'code' | 'ticket' | 'manual';

/** The inputs on which both sides must agree for a handshake to succeed. */
export interface HandshakeInputs {
  readonly mode: Mode;
  /** Normalised; empty in mode `manual`. */
  readonly nameplate: string;
  /** The password of CPace. The handshake keeps no copy. */
  readonly secret: Uint8Array;
  /** Public context; empty except in mode `manual`. */
  readonly context: Uint8Array;
  /** The card of the side that was there first, as it travelled. */
  readonly cardA: Uint8Array;
  /** The card of the side that came second, as it travelled. */
  readonly cardB: Uint8Array;
}

/** The flight that a side waits for, or the call that its owner must make next (`prove`, `channel`). */
type Stage = 'hello' | 'reply' | 'proof' | 'prove' | 'channel' | 'finished' | 'over';

const NONE = new Uint8Array(0);

/** One side. Each call has its turn. Any error ends the handshake and wipes it. */
export abstract class HandshakeSide extends HoldsSecrets {
  protected readonly identity: Identity;
  protected readonly random: Random;
  /** `Ya` or `Yb`. */
  protected readonly element: Uint8Array;
  readonly #role: Role;
  readonly #ci: Uint8Array;
  readonly #sid: Uint8Array;
  readonly #scalar: Uint8Array;
  /** `Xa` or `Xb`, with its secret. */
  readonly #ephemeral: KeyPair;
  #stage: Stage;
  #keys: HandshakeKeys | null = null;
  #signals: SealedSignals | null = null;
  #remoteEphemeral: Uint8Array = NONE;
  /** The keys behind the proofs of identity: for A `es` and `se`, for B `se` and `es`. */
  #ownProofKey: Uint8Array | null = null;
  #remoteProofKey: Uint8Array | null = null;
  /** Flights 3 and 4, as they travelled. */
  #ownProof: Uint8Array = NONE;
  #remoteProof: Uint8Array = NONE;

  /** Throws `damaged` for a malformed card, `self` if both cards have one nonce. */
  protected constructor(role: Role, inputs: HandshakeInputs, identity: Identity, random: Random) {
    super();
    const { mode, nameplate, secret, context, cardA, cardB } = inputs;
    const nonceA = decodeCard(cardA).nonce;
    const nonceB = decodeCard(cardB).nonce;
    if (equalBytes(nonceA, nonceB)) throw new AparteError('self');
    this.#role = role;
    this.identity = identity;
    this.random = random;
    this.#stage = role === 'A' ? 'reply' : 'hello';
    this.#ci = lv(PROTOCOL, utf8(mode), utf8(nameplate), cardA, cardB, context);
    this.#sid = concat(nonceA, nonceB);
    this.#scalar = ristrettoScalar(random);
    const base = generator(secret, this.#ci, this.#sid);
    this.element = publicShare(this.#scalar, base);
    wipe(base);
    this.#ephemeral = x25519Pair(random);
  }

  /** The next SIG frame, once the other side's tag was right. At most MAX_SIGNALS. */
  sealSignal(signal: Uint8Array): Uint8Array {
    return this.#openSignals.seal(signal);
  }

  /** The content of a SIG frame, or null if it was opened before. Throws `lost-frame`, `damaged`, `unexpected`. */
  openSignal(frame: Uint8Array): Uint8Array | null {
    return this.#openSignals.open(frame);
  }

  /** The channel of the session. The handshake then keeps only the secrets of SIG frames, until {@link wipe}. */
  channel(): RatchetChannel {
    return this.transition('channel', 'finished', 'bug', () => {
      const isA = this.#role === 'A';
      const [own, remote] = [this.#ownProofKey, this.#remoteProofKey];
      if (own === null || remote === null) throw new Error('a session without proofs');
      const session = isA
        ? this.keys.session(this.#ownProof, this.#remoteProof, own, remote)
        : this.keys.session(this.#remoteProof, this.#ownProof, remote, own);
      const ratchet = isA ? this.#remoteEphemeral : this.#ephemeral.secretKey;
      const channel = new RatchetChannel({ role: this.#role, session, ratchet }, this.random);
      wipe(session, own, remote, this.#ephemeral.secretKey);
      this.keys.wipeRoot();
      return channel;
    });
  }

  /** Zeroes every secret of the handshake, but not those of the channel. Idempotent. */
  wipe(): void {
    this.#stage = 'over';
    this.#signals = null;
    this.#keys?.wipe();
    this.#keys = null;
    wipe(this.#scalar, this.#ephemeral.secretKey, this.#ownProofKey, this.#remoteProofKey);
  }

  /** `Xa` or `Xb`. */
  protected get ephemeral(): Uint8Array {
    return this.#ephemeral.publicKey;
  }

  /** The keys. They exist from the second flight to the end. */
  protected get keys(): HandshakeKeys {
    if (this.#keys === null) throw new Error('no handshake keys');
    return this.#keys;
  }

  /**
   * Does the work of one stage and goes on to the next. Any error ends the handshake and wipes it, so each flight is
   * judged once. A call out of turn is `unexpected` where a frame caused it; else it is a bug.
   */
  protected transition<T>(from: Stage, to: Stage, outOfTurn: 'unexpected' | 'bug', work: () => T): T {
    try {
      if (this.#stage !== from) {
        if (outOfTurn === 'bug') throw new Error(`${from} at stage ${this.#stage}`);
        throw new AparteError(outOfTurn, { key: 'out-of-turn', frame: from, state: this.#stage });
      }
      const result = work();
      this.#stage = to;
      return result;
    } catch (cause) {
      this.wipe();
      throw cause;
    }
  }

  /** Derives the keys. `kem`: the shared secret of X-Wing. Throws `damaged` if the other side's values do not compute. */
  protected deriveKeys(hello: KeyFlight, reply: KeyFlight, kem: Uint8Array): void {
    const theirs = this.#role === 'A' ? reply : hello;
    const shared = dh(theirs.ephemeral, this.#ephemeral.secretKey);
    const isk = intermediateKey(this.#scalar, theirs.share.element, this.#sid, hello.share, reply.share);
    wipe(this.#scalar);
    this.#remoteEphemeral = theirs.ephemeral;
    this.#keys = new HandshakeKeys(hash('th', this.#ci, hello.bytes, reply.bytes), { isk, shared, kem });
  }

  /** Checks the other side's tag. Throws `wrong-code`. Only behind this may anything of ours be sealed. */
  protected checkTag(theirs: Uint8Array): void {
    const { tagA, tagB, keyA, keyB } = this.keys;
    const [ours, expected, key] = this.#role === 'A' ? [keyA, tagB, keyB] : [keyB, tagA, keyA];
    if (!sameSecret(theirs, expected)) throw new AparteError('wrong-code');
    this.#signals = new SealedSignals(ours, key);
  }

  /** The key under which our identity is proven. */
  protected ownProofKey(): Uint8Array {
    this.#ownProofKey = identityDh(this.identity, this.#remoteEphemeral);
    return this.#ownProofKey;
  }

  /** The key under which the other side proves the identity `id`. Throws `bad-identity` if there is none. */
  protected remoteProofKey(id: Uint8Array): Uint8Array {
    this.#remoteProofKey = renameDamaged('bad-identity', () => dh(id, this.#ephemeral.secretKey));
    return this.#remoteProofKey;
  }

  /** A proof flight: our claims and proof, sealed behind the type and `prefix`. */
  protected sealProof(type: number, prefix: Uint8Array, claims: Claims, proof: Uint8Array): Uint8Array {
    const { keyA, keyB } = this.keys;
    const content = encodeClaims(claims, this.identity.publicKey, proof);
    const sealed = box(this.#role === 'A' ? keyA : keyB, nonce(type, 0), content);
    this.#ownProof = concat(Uint8Array.of(type), prefix, sealed);
    return this.#ownProof;
  }

  /** Throws `damaged` for a frame that is no proof flight of this type, with sealed claims from `start` on. */
  protected assertProof(frame: Uint8Array, type: number, start: number): void {
    if (frame[0] === type && isSealedClaimsLength(frame.length - start)) return;
    throw new AparteError('damaged', { key: 'malformed', part: 'proof' });
  }

  /** Opens the claims of a proof flight. Their proof is still to be checked. Throws `damaged`. */
  protected openProof(frame: Uint8Array, type: number, start: number): UncheckedClaims {
    const { keyA, keyB } = this.keys;
    const claims = unbox(this.#role === 'A' ? keyB : keyA, nonce(type, 0), frame.subarray(start));
    this.#remoteProof = frame.slice();
    return decodeClaims(claims);
  }

  get #openSignals(): SealedSignals {
    if (this.#signals === null)
      throw new AparteError('unexpected', { key: 'out-of-turn', frame: 'signal', state: this.#stage });
    return this.#signals;
  }
}
