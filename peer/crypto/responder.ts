/** Side B of a handshake: it came second, proves the secret first, and seals nothing before the other has done so too. */
import { concat } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { FLIGHT } from './frame-format.ts';
import type { Claims, ProvenClaims } from './handshake-claims.ts';
import type { HandshakeInputs } from './handshake-common.ts';
import { Exchange, isSealedClaims } from './handshake-common.ts';
import { readFlight, readHello } from './handshake-flights.ts';
import { inspect } from './hide-from-inspect.ts';
import type { Identity } from './identity.ts';
import { agree } from './identity.ts';
import type { Channel } from './ratchet-channel.ts';
import type { Random } from './sodium.ts';
import { KEY_BYTES, sameSecret, xwingEncapsulate } from './sodium.ts';

const NONE = new Uint8Array(0);
/** PROOF of A: `3 ‖ tagA(32) ‖ box`. */
const SEALED = 1 + KEY_BYTES;

/**
 * One handshake as B: `gotHello`, `gotProof`, `prove`, `channel`, in this order and each once; a call out of turn
 * throws. Whatever throws ends the attempt and wipes it. Frames that come again are the caller's to recognise.
 */
export class Responder {
  readonly #exchange: Exchange;
  #idA: Uint8Array = NONE;
  #proofA: Uint8Array = NONE;
  #proofB: Uint8Array = NONE;

  /** Throws `damaged` where a card is none, `self` where both have the same nonce. */
  constructor(inputs: HandshakeInputs, identity: Identity, random: Random) {
    this.#exchange = new Exchange('B', inputs, identity, random);
  }

  /** Answers flight 1 with flight 2, 1217 bytes. Throws `damaged`, also where a value does not compute; `unexpected`. */
  gotHello(frame: Uint8Array): Uint8Array {
    const exchange = this.#exchange;
    return exchange.move('hello', 'proof', 'unexpected', () => {
      const hello = readHello(frame);
      const { element, ephemeral } = exchange;
      const { ciphertext, shared } = xwingEncapsulate(hello.kem, exchange.random);
      const reply = concat(Uint8Array.of(FLIGHT.reply), element, ephemeral.publicKey, ciphertext);
      exchange.agree(hello, readFlight(reply), shared);
      return concat(reply, exchange.schedule.tagB);
    });
  }

  /** Judges flight 3. Throws `wrong-code` where A's tag is wrong, `damaged`, `bad-identity`, `self`, `unexpected`. */
  gotProof(frame: Uint8Array): ProvenClaims {
    const exchange = this.#exchange;
    return exchange.move('proof', 'prove', 'unexpected', () => {
      if (frame[0] !== FLIGHT.proofA || !isSealedClaims(frame.length - SEALED)) {
        throw new AparteError('damaged', { key: 'malformed', part: 'proof' });
      }
      exchange.checkTag(frame.subarray(1, SEALED));
      const { claims, proof } = exchange.openClaims(FLIGHT.proofA, frame.subarray(SEALED));
      exchange.es = exchange.agreeWith(claims.id);
      if (!sameSecret(proof, exchange.schedule.proofA(exchange.es, claims.id))) throw new AparteError('bad-identity');
      this.#idA = claims.id;
      this.#proofA = frame.slice();
      return claims;
    });
  }

  /** Flight 4, our own claims. Throws `bug` where they are past a limit. */
  prove(claims: Claims): Uint8Array {
    const exchange = this.#exchange;
    return exchange.move('prove', 'channel', 'bug', () => {
      const { schedule, identity } = exchange;
      exchange.se = agree(identity, exchange.theirEphemeral);
      const proof = schedule.proofB(exchange.se, identity.publicKey, this.#idA);
      this.#proofB = exchange.sealClaims(FLIGHT.proofB, NONE, claims, proof);
      return this.#proofB;
    });
  }

  /** The next SIG frame, once `gotProof` is done. Throws `bug` past MAX_SIGNALS. */
  sealSignal(signal: Uint8Array): Uint8Array {
    return this.#exchange.signals.seal(signal);
  }

  /** What a SIG frame holds; `null` for one seen before. Throws `lost-frame`, `damaged`, `unexpected`. */
  openSignal(frame: Uint8Array): Uint8Array | null {
    return this.#exchange.signals.open(frame);
  }

  /** The session. Of the handshake's secrets only those of signals are left, until {@link wipe}. */
  channel(): Channel {
    return this.#exchange.move('channel', 'finished', 'bug', () => this.#exchange.channel(this.#proofA, this.#proofB));
  }

  /** Zeroes every secret. The session lives on. Idempotent. */
  wipe(): void {
    this.#exchange.wipe();
  }

  [inspect](): string {
    return 'Responder [secret]';
  }
}
