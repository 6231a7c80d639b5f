/** What one peer and we say to each other, over any number of sessions, and what the user is told of it. */
import type { Contact } from './contact.ts';
import { type Context, emit } from './context.ts';
import type { Delivery, Incoming } from './delivery.ts';
import type { ChatEvent } from './facts-and-orders.ts';
import type { PeerMessage } from './peer-messages.ts';

/** The other side is not said to have begun to type more often than this (ms). */
const TYPING_PAUSE = 250;

/** The messages of and to one peer. */
export class Correspondence {
  readonly #delivery: Delivery;
  readonly #context: Context;
  readonly #contact: Contact;
  /** Whether the other side was said to be typing. */
  #typing = false;
  #typingAt = Number.NEGATIVE_INFINITY;

  /** `delivery`: may hold what was said before the peer came. */
  constructor(context: Context, contact: Contact, delivery: Delivery) {
    this.#context = context;
    this.#contact = contact;
    this.#delivery = delivery;
  }

  /** Something came. Throws `peer-protocol` for what breaks the order or a limit. */
  got(message: Extract<PeerMessage, { kind: 'part' | 'text' | 'shown' | 'typing' }>): void {
    switch (message.kind) {
      case 'typing':
        return this.#gotTyping(message.on);
      case 'shown':
        return this.#gotShown(message.seq);
      case 'text':
        if (message.shown > 0) this.#gotShown(message.shown);
    }
    const whole = this.#delivery.got(message);
    if (whole === null) return;
    const shown = { peer: this.#contact.handle, seq: whole.seq };
    this.#context.order({ type: 'emit', event: this.#messageEvent(whole), shown });
  }

  /** A new session begins; the peer has shown everything up to `cursor`. */
  resume(cursor: number): void {
    for (const id of this.#delivery.resume(cursor)) this.#emitDelivered(id);
  }

  #gotTyping(on: boolean): void {
    const { now } = this.#context;
    if (on === this.#typing || (on && now < this.#typingAt + TYPING_PAUSE)) return;
    emit(this.#context, { type: 'typing', peer: this.#contact.handle, on });
    this.#typing = on;
    this.#typingAt = now;
  }

  #gotShown(seq: number): void {
    for (const id of this.#delivery.gotShown(seq)) this.#emitDelivered(id);
  }

  #emitDelivered(id: string): void {
    emit(this.#context, { type: 'delivered', id, peer: this.#contact.handle });
  }

  #messageEvent({ id, text, at, raw }: Incoming): ChatEvent {
    // The time is the sender's word: one that lies ahead of our clock is replaced by ours.
    const said = new Date(Math.min(at, this.#context.date)).toISOString();
    const { handle: peer, name } = this.#contact;
    const event = { type: 'message', id, peer, name, text, at: said } as const;
    return raw ? { ...event, raw: true } : event;
  }
}
