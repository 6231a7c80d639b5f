/** Side B of a handshake: it came second, proves the secret first, and seals nothing before A has proven it as well. */
import { concat } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { FLIGHT } from './frame-format.ts';
import type { Claims, ProvenClaims } from './handshake-claims.ts';
import { readFlight, readHello } from './handshake-flights.ts';
import { type HandshakeInputs, HandshakeSide } from './handshake-side.ts';
import type { Identity } from './identity.ts';
import { KEY_BYTES, type Random, sameSecret, xwingEncapsulate } from './sodium.ts';

const NONE = new Uint8Array(0);
/** Where the sealed claims begin in PROOF_A: `3 ‖ tagA(32) ‖ box`. */
const SEALED = 1 + KEY_BYTES;

/**
 * One handshake as B: call `gotHello`, `gotProof`, `prove` and `channel`, in this order and once each. The caller
 * recognises repeated frames.
 */
export class Responder extends HandshakeSide {
  #idA: Uint8Array = NONE;

  /** Throws `damaged` for a malformed card, `self` if both cards have one nonce. */
  constructor(inputs: HandshakeInputs, identity: Identity, random: Random) {
    super('B', inputs, identity, random);
  }

  /** Answers flight 1 with flight 2, 1,217 bytes. Throws `damaged`, also if a value does not compute; `unexpected`. */
  gotHello(frame: Uint8Array): Uint8Array {
    return this.transition('hello', 'proof', 'unexpected', () => {
      const hello = readHello(frame);
      const { ciphertext, shared } = xwingEncapsulate(hello.kem, this.random);
      const reply = concat(Uint8Array.of(FLIGHT.reply), this.element, this.ephemeral, ciphertext);
      this.deriveKeys(hello, readFlight(reply), shared);
      return concat(reply, this.keys.tagB);
    });
  }

  /** Judges flight 3. Throws `wrong-code` if A's tag is wrong; `damaged`, `bad-identity`, `unexpected`. */
  gotProof(frame: Uint8Array): ProvenClaims {
    return this.transition('proof', 'prove', 'unexpected', () => {
      this.assertProof(frame, FLIGHT.proofA, SEALED);
      this.checkTag(frame.subarray(1, SEALED));
      const { claims, proof } = this.openProof(frame, FLIGHT.proofA, SEALED);
      const expected = this.keys.proofA(this.remoteProofKey(claims.id), claims.id);
      if (!sameSecret(proof, expected)) throw new AparteError('bad-identity');
      this.#idA = claims.id;
      return claims;
    });
  }

  /** Flight 4 with our claims, which must be within the limits. */
  prove(claims: Claims): Uint8Array {
    return this.transition('prove', 'channel', 'bug', () => {
      const proof = this.keys.proofB(this.ownProofKey(), this.identity.publicKey, this.#idA);
      return this.sealProof(FLIGHT.proofB, NONE, claims, proof);
    });
  }
}
