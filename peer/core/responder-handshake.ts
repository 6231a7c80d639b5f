/** Side B of a handshake: it came second and proves the code first. That proof counts as a guess until it is answered. */
import { AparteError } from '../../shared/errors.ts';
import { FLIGHT_TIMEOUT } from '../../shared/limits.ts';
import { FLIGHT, type ProvenClaims, Responder } from '../crypto/index.ts';
import { checkIdentity, ownClaims } from './claims.ts';
import type { Guesses } from './guesses.ts';
import { ABORT, Handshake, type HandshakeOptions, OWN_LINK_TIMEOUT } from './handshake.ts';
import { OwnLink } from './own-link.ts';

/** A handshake in role B. Waits for HELLO when made. */
export class ResponderHandshake extends Handshake {
  protected readonly crypto: Responder;
  protected readonly role = 'B';
  /** Null where guesses are not counted. */
  readonly #guesses: Guesses | null;
  #claims: ProvenClaims | null = null;

  constructor(options: HandshakeOptions, guesses: Guesses | null) {
    super(options, 'hello');
    this.#guesses = guesses;
    this.crypto = new Responder(options.inputs, this.profile.identity, this.context.random);
  }

  override fail(cause: AparteError): void {
    if (this.state === 'proof') this.#guesses?.unproven();
    super.fail(cause);
  }

  protected flight(type: number, frame: Uint8Array): void {
    if (type === FLIGHT.reply) return;
    if (type === FLIGHT.hello) {
      // A second HELLO is never answered: its REPLY would be a second guess at us.
      if (this.state === 'hello') this.#gotHello(frame);
      return;
    }
    if (type === FLIGHT.abort) return this.#gotAbort(frame);
    if (type === FLIGHT.proofA && this.state === 'proof') return this.#gotProof(frame);
    throw this.outOfTurn(type);
  }

  #gotHello(frame: Uint8Array): void {
    if (this.#guesses?.mayRisk === false) return;
    const reply = this.crypto.gotHello(frame);
    this.#guesses?.replied();
    this.state = 'proof';
    this.deadline = this.context.now + FLIGHT_TIMEOUT;
    this.accept(FLIGHT.hello, frame);
    this.answer(FLIGHT.hello, reply);
    this.link = new OwnLink(this.context, false, this.room);
    this.link.preparer = this;
  }

  #gotAbort(frame: Uint8Array): void {
    if (this.state === 'proof' && frame[1] === ABORT.wrongCode) throw new AparteError('wrong-code', { key: 'hearsay' });
    throw this.aborted(frame);
  }

  #gotProof(frame: Uint8Array): void {
    const claims = this.crypto.gotProof(frame);
    this.#guesses?.proven();
    this.state = 'link';
    this.events.rightTag();
    checkIdentity(claims, this.profile);
    if (this.link === null) throw new Error('a proof without a link');
    this.#claims = claims;
    this.accept(FLIGHT.proofA, frame);
    this.deadline = this.context.now + OWN_LINK_TIMEOUT;
    this.context.order({ type: 'describeLink', link: this.link.number, kind: 'offer', sdp: claims.description });
  }

  localSignal(): void {
    const { link } = this;
    const claims = this.#claims;
    if (this.state === 'link' && claims !== null && link !== null && link.description !== null) {
      this.answer(FLIGHT.proofA, this.crypto.prove(ownClaims(this.profile, link.description)));
      this.state = 'done';
      this.deadline = null;
      this.events.completed({ role: 'B', claims, channel: this.crypto.channel(), link, wipe: () => this.wipe() });
    }
    this.sendCandidates();
  }
}
