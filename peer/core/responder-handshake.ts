/** Side B of a handshake: it came second, proves the code first, and counts that proof as a guess until it is answered. */
import { AparteError } from '../../shared/errors.ts';
import { FLIGHT_TIMEOUT } from '../../shared/limits.ts';
import { FLIGHT, type ProvenClaims, Responder } from '../crypto/index.ts';
import { encodeCapabilities } from './capabilities.ts';
import type { Guesses } from './guesses.ts';
import {
  ABORT,
  checkIdentity,
  Handshake,
  type HandshakeOptions,
  OWN_LINK_TIMEOUT,
  type Standing,
} from './handshake.ts';
import { OwnLink } from './own-link.ts';

/** Waits for: `hello`, `proof` (of the other side), `answer` (our link makes it), or is `done`. */
type State = 'hello' | 'proof' | 'answer' | 'done';

/** A handshake in role B. */
export class ResponderHandshake extends Handshake {
  protected readonly crypto: Responder;
  /** Null where guesses are not counted: the secret is a ticket. */
  readonly #guesses: Guesses | null;
  #state: State = 'hello';
  #link: OwnLink | null = null;
  #claims: ProvenClaims | null = null;
  #proofA: Uint8Array | null = null;
  #proof: Uint8Array | null = null;

  constructor(options: HandshakeOptions, guesses: Guesses | null) {
    super(options);
    this.#guesses = guesses;
    this.crypto = new Responder(options.inputs, this.profile.identity, this.context.random);
  }

  get link(): OwnLink | null {
    return this.#link;
  }

  get started(): boolean {
    return this.#state !== 'hello';
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  protected get signalsMayCome(): boolean {
    return this.#state === 'answer' || this.#state === 'done';
  }

  protected get maySignal(): boolean {
    return this.#proof !== null;
  }

  get standing(): Standing {
    if (this.#state === 'hello') return 'untried';
    return this.#state === 'proof' ? 'guessed' : 'proven';
  }

  protected get awaitsOwnLink(): boolean {
    return this.#state === 'answer';
  }

  override fail(cause: AparteError): void {
    if (this.#state === 'proof') this.#guesses?.unproven();
    super.fail(cause);
  }

  protected flight(type: number, frame: Uint8Array): void {
    if (type === FLIGHT.reply) return;
    if (type === FLIGHT.hello) {
      // A second HELLO is never answered: its REPLY would be a second guess at us.
      if (this.#state === 'hello') this.#gotHello(frame);
      return;
    }
    if (type === FLIGHT.abort) return this.#gotAbort(frame);
    if (type === FLIGHT.proofA && this.#state === 'proof') return this.#gotProof(frame);
    throw new AparteError('unexpected', { key: 'out-of-turn', frame: `frame ${type}`, state: this.#state });
  }

  #gotHello(frame: Uint8Array): void {
    if (this.#guesses?.mayRisk === false) return;
    const reply = this.crypto.gotHello(frame);
    this.#guesses?.replied();
    this.#state = 'proof';
    this.deadline = this.context.now + FLIGHT_TIMEOUT;
    this.accept(FLIGHT.hello, frame, reply);
    this.send(reply);
    this.#link = new OwnLink(this.context, false, this.room);
    this.#link.preparer = this;
  }

  #gotAbort(frame: Uint8Array): void {
    if (this.#state === 'proof' && frame[1] === ABORT.wrongCode) {
      throw new AparteError('wrong-code', { key: 'hearsay' });
    }
    throw this.aborted(frame);
  }

  #gotProof(frame: Uint8Array): void {
    const claims = this.crypto.gotProof(frame);
    this.#guesses?.proven();
    this.#state = 'answer';
    this.events.rightTag();
    checkIdentity(claims, this.profile);
    this.#claims = claims;
    this.#proofA = frame;
    this.accept(FLIGHT.proofA, frame, null);
    this.deadline = this.context.now + OWN_LINK_TIMEOUT;
    if (this.#link === null) throw new Error('a proof without a link');
    this.context.order({ type: 'describeLink', link: this.#link.number, kind: 'offer', sdp: claims.description });
  }

  localSignal(): void {
    const answer = this.#link?.description ?? null;
    if (
      this.#state === 'answer' &&
      this.#claims !== null &&
      this.#proofA !== null &&
      this.#link !== null &&
      answer !== null
    ) {
      const { name, cursor, relay } = this.profile;
      const proof = this.crypto.prove({
        name,
        description: answer,
        capabilities: encodeCapabilities(relay),
        cursor,
      });
      this.#proof = proof;
      this.accept(FLIGHT.proofA, this.#proofA, proof);
      this.send(proof);
      this.#state = 'done';
      this.deadline = null;
      const channel = this.crypto.channel();
      const { claims, link } = { claims: this.#claims, link: this.#link };
      this.events.completed({ role: 'B', claims, channel, link, wipe: () => this.wipe() });
    }
    this.sendCandidates();
  }
}
