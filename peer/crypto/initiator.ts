/** Side A of a handshake: it was there first, speaks first, and seals nothing before the other has proven the secret. */
import { concat } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { FLIGHT } from './frame-format.ts';
import type { Claims, ProvenClaims } from './handshake-claims.ts';
import type { HandshakeInputs } from './handshake-common.ts';
import { Exchange, isSealedClaims } from './handshake-common.ts';
import { readHello, readReply } from './handshake-flights.ts';
import { inspect } from './hide-from-inspect.ts';
import type { Identity } from './identity.ts';
import { agree } from './identity.ts';
import type { Channel } from './ratchet-channel.ts';
import { blame } from './rename-error.ts';
import type { Random } from './sodium.ts';
import { sameSecret, xwingDecapsulate, xwingPair } from './sodium.ts';

const NONE = new Uint8Array(0);

/**
 * One handshake as A: send {@link hello}, then `gotReply`, `prove`, `gotProof`, `channel`, in this order and each once;
 * a call out of turn throws. Whatever throws ends the attempt and wipes it. Frames that come again are the caller's to
 * recognise.
 */
export class Initiator {
  /** Flight 1, 1281 bytes. */
  readonly hello: Uint8Array;
  readonly #exchange: Exchange;
  #proofA: Uint8Array = NONE;
  #proofB: Uint8Array = NONE;

  /** Throws `damaged` where a card is none, `self` where both have the same nonce. */
  constructor(inputs: HandshakeInputs, identity: Identity, random: Random) {
    this.#exchange = new Exchange('A', inputs, identity, random);
    const { element, ephemeral } = this.#exchange;
    const kem = xwingPair(random);
    this.#exchange.kemSecret = kem.secretKey;
    this.hello = concat(Uint8Array.of(FLIGHT.hello), element, ephemeral.publicKey, kem.publicKey);
  }

  /** Judges flight 2. Throws `wrong-code` where the tag is wrong or a value does not compute, `damaged`, `unexpected`. */
  gotReply(frame: Uint8Array): void {
    const exchange = this.#exchange;
    exchange.move('reply', 'prove', 'unexpected', () => {
      const { flight, tag } = readReply(frame);
      blame('wrong-code', () => {
        const kem = xwingDecapsulate(flight.kem, exchange.kemSecret);
        exchange.agree(readHello(this.hello), flight, kem);
      });
      exchange.checkTag(tag);
    });
  }

  /** Flight 3, our own claims. Throws `bug` where they are past a limit. */
  prove(claims: Claims): Uint8Array {
    const exchange = this.#exchange;
    return exchange.move('prove', 'proof', 'bug', () => {
      const { schedule, identity } = exchange;
      exchange.es = agree(identity, exchange.theirEphemeral);
      const proof = schedule.proofA(exchange.es, identity.publicKey);
      this.#proofA = exchange.sealClaims(FLIGHT.proofA, schedule.tagA, claims, proof);
      return this.#proofA;
    });
  }

  /** Judges flight 4. Throws `damaged`, `bad-identity`, `self`, `unexpected`. */
  gotProof(frame: Uint8Array): ProvenClaims {
    const exchange = this.#exchange;
    return exchange.move('proof', 'channel', 'unexpected', () => {
      if (frame[0] !== FLIGHT.proofB || !isSealedClaims(frame.length - 1)) {
        throw new AparteError('damaged', { key: 'malformed', part: 'proof' });
      }
      const { claims, proof } = exchange.openClaims(FLIGHT.proofB, frame.subarray(1));
      exchange.se = exchange.agreeWith(claims.id);
      const expected = exchange.schedule.proofB(exchange.se, claims.id, exchange.identity.publicKey);
      if (!sameSecret(proof, expected)) throw new AparteError('bad-identity');
      this.#proofB = frame.slice();
      return claims;
    });
  }

  /** The next SIG frame, once `gotReply` is done. Throws `bug` past MAX_SIGNALS. */
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
    return 'Initiator [secret]';
  }
}
