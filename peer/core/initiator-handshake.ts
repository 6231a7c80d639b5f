/** Side A of a handshake: it was in the room first, speaks first, and says nothing of itself before B has proven the code. */
import { AparteError } from '../../shared/errors.ts';
import { FLIGHT_TIMEOUT } from '../../shared/limits.ts';
import { FLIGHT, Initiator } from '../crypto/index.ts';
import { checkIdentity, ownClaims } from './claims.ts';
import { ABORT, Handshake, type HandshakeOptions, OWN_LINK_TIMEOUT } from './handshake.ts';
import type { OwnLink } from './own-link.ts';

/** A handshake in role A. Sends HELLO when made. */
export class InitiatorHandshake extends Handshake {
  protected readonly crypto: Initiator;
  protected readonly role = 'A';
  readonly #takeLink: () => OwnLink;

  /** `takeLink` gives the link once B has proven the code. */
  constructor(options: HandshakeOptions, takeLink: () => OwnLink) {
    super(options, 'reply');
    this.#takeLink = takeLink;
    this.crypto = new Initiator(options.inputs, this.profile.identity, this.context.random);
    this.send(this.crypto.hello);
  }

  override resend(): void {
    if (this.state === 'reply') this.send(this.crypto.hello);
    super.resend();
  }

  protected flight(type: number, frame: Uint8Array): void {
    if (type === FLIGHT.hello) return;
    if (type === FLIGHT.abort) throw this.aborted(frame);
    if (type === FLIGHT.reply && this.state === 'reply') return this.#gotReply(frame);
    if (type === FLIGHT.proofB && this.state === 'proof') return this.#gotProof(frame);
    throw this.outOfTurn(type);
  }

  #gotReply(frame: Uint8Array): void {
    try {
      this.crypto.gotReply(frame);
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      this.abort(ABORT.wrongCode);
      throw new AparteError('wrong-code');
    }
    this.accept(FLIGHT.reply, frame);
    this.state = 'link';
    this.events.rightTag();
    this.link = this.#takeLink();
    this.link.preparer = this;
    this.deadline = this.context.now + OWN_LINK_TIMEOUT;
    this.localSignal();
  }

  localSignal(): void {
    const offer = this.link?.description ?? null;
    if (this.state === 'link' && offer !== null) {
      this.answer(FLIGHT.reply, this.crypto.prove(ownClaims(this.profile, offer)));
      this.state = 'proof';
      this.deadline = this.context.now + FLIGHT_TIMEOUT;
    }
    this.sendCandidates();
  }

  #gotProof(frame: Uint8Array): void {
    const link = this.link;
    if (link === null) throw new Error('a proof without a link');
    const claims = this.crypto.gotProof(frame);
    checkIdentity(claims, this.profile);
    this.accept(FLIGHT.proofB, frame);
    this.state = 'done';
    this.deadline = null;
    const channel = this.crypto.channel();
    this.context.order({ type: 'describeLink', link: link.number, kind: 'answer', sdp: claims.description });
    this.events.completed({ role: 'A', claims, channel, link, wipe: () => this.wipe() });
  }
}
