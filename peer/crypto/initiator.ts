/** Side A of a handshake: it was there first, speaks first, and seals nothing before B has proven the secret. */
import { concat } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { FLIGHT } from './frame-format.ts';
import type { Claims, ProvenClaims } from './handshake-claims.ts';
import { readHello, readReply } from './handshake-flights.ts';
import { type HandshakeInputs, HandshakeSide } from './handshake-side.ts';
import type { Identity } from './identity.ts';
import { type Random, renameDamaged, sameSecret, wipe, xwingDecapsulate, xwingPair } from './sodium.ts';

/**
 * One handshake as A: send {@link hello}, then call `gotReply`, `prove`, `gotProof` and `channel`, in this order and
 * once each. The caller recognises repeated frames.
 */
export class Initiator extends HandshakeSide {
  /** Flight 1, 1,281 bytes. */
  readonly hello: Uint8Array;
  /** Of the X-Wing pair, until its one use. */
  readonly #kemSecret: Uint8Array;

  /** Throws `damaged` for a malformed card, `self` if both cards have one nonce. */
  constructor(inputs: HandshakeInputs, identity: Identity, random: Random) {
    super('A', inputs, identity, random);
    const kem = xwingPair(random);
    this.#kemSecret = kem.secretKey;
    this.hello = concat(Uint8Array.of(FLIGHT.hello), this.element, this.ephemeral, kem.publicKey);
  }

  /** Judges flight 2. Throws `wrong-code` if the tag is wrong or a value does not compute; `damaged`, `unexpected`. */
  gotReply(frame: Uint8Array): void {
    this.transition('reply', 'prove', 'unexpected', () => {
      const { flight, tag } = readReply(frame);
      renameDamaged('wrong-code', () => {
        this.deriveKeys(readHello(this.hello), flight, xwingDecapsulate(flight.kem, this.#kemSecret));
      });
      wipe(this.#kemSecret);
      this.checkTag(tag);
    });
  }

  /** Flight 3 with our claims, which must be within the limits. */
  prove(claims: Claims): Uint8Array {
    return this.transition('prove', 'proof', 'bug', () => {
      const proof = this.keys.proofA(this.ownProofKey(), this.identity.publicKey);
      return this.sealProof(FLIGHT.proofA, this.keys.tagA, claims, proof);
    });
  }

  /** Judges flight 4. Throws `damaged`, `bad-identity`, `unexpected`. */
  gotProof(frame: Uint8Array): ProvenClaims {
    return this.transition('proof', 'channel', 'unexpected', () => {
      this.assertProof(frame, FLIGHT.proofB, 1);
      const { claims, proof } = this.openProof(frame, FLIGHT.proofB, 1);
      const expected = this.keys.proofB(this.remoteProofKey(claims.id), claims.id, this.identity.publicKey);
      if (!sameSecret(proof, expected)) throw new AparteError('bad-identity');
      return claims;
    });
  }

  override wipe(): void {
    super.wipe();
    wipe(this.#kemSecret);
  }
}
