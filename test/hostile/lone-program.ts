/** One conversation of the core. The test is its server, its links, its clock and all other members. */

import type { ConversationOptions } from '../../peer/core/conversation-state.ts';
import { ConversationState } from '../../peer/core/conversation-state.ts';
import type { ChatEvent, Fact, Order } from '../../peer/core/facts-and-orders.ts';
import { codeSecret, type HandshakeInputs, Identity } from '../../peer/crypto/index.ts';
import { encodeCard } from '../../shared/card.ts';
import { AparteError } from '../../shared/errors.ts';
import type { Member } from '../../shared/signal-wire.ts';
import { seededBytes } from '../core/seeded-random.ts';

/** A program whose whole surroundings are the test. */
export class LoneProgram {
  readonly events: ChatEvent[] = [];
  /** All handshake frames it sent, with their receivers. */
  readonly sent: { readonly to: string; readonly bytes: Uint8Array }[] = [];
  /** Ids of the members it asked the server to remove. */
  readonly freed: string[] = [];
  readonly random = seededBytes(7);
  readonly #conversation: ConversationState;
  readonly #clock = { now: 1_000, date: 1_700_000_000_000 };
  #room = 0;
  #link = 0;
  #card: Uint8Array = new Uint8Array(0);
  #ghosts = 0;

  constructor(options: Partial<ConversationOptions> = {}) {
    this.#conversation = new ConversationState({
      version: '0',
      server: 'http://x',
      name: 'alone',
      identity: Identity.generate(this.random),
      known: [],
      code: { nameplate: '7', secret: 'ocean-violin' },
      invite: () => null,
      timeout: null,
      reconnect: null,
      serverPatience: null,
      random: this.random,
      ...options,
    });
    this.#perform(this.#conversation.start(this.#clock));
  }

  /** A member whom the test plays. */
  ghost(): Member {
    return { id: `ghost${++this.#ghosts}`, card: encodeCard({ versions: [1], nonce: this.random(16) }) };
  }

  /** The program enters the room, in which there are members. */
  joined(...members: readonly Member[]): void {
    this.give({ type: 'joined', room: this.#room, nameplate: '7', members });
  }

  came(member: Member): void {
    this.give({ type: 'memberCame', room: this.#room, member });
  }

  left(member: Member): void {
    this.give({ type: 'memberLeft', room: this.#room, member: member.id });
  }

  /** The connection to the server was lost for a moment, and the program still has its seat. */
  resumed(): void {
    this.give({ type: 'roomResumed', room: this.#room });
  }

  /** The server refuses the program. */
  refused(): void {
    this.give({ type: 'roomRefused', room: this.#room, cause: new AparteError('server-refused') });
  }

  frame(from: Member, bytes: Uint8Array): void {
    this.give({ type: 'gotHandshake', room: this.#room, from: from.id, bytes });
  }

  /** The program's link has made its offer or answer. */
  described(sdp: string): void {
    this.give({ type: 'linkDescription', link: this.#link, sdp });
  }

  give(fact: Fact): void {
    this.#perform(this.#conversation.step(fact, this.#clock));
  }

  /** Lets time (ms) pass. */
  pass(ms: number): void {
    const end = this.#clock.now + ms;
    for (;;) {
      const at = this.#conversation.wakeAt;
      if (at === null || at > end) break;
      this.#clock.now = Math.max(at, this.#clock.now);
      this.give({ type: 'tick' });
    }
    this.#clock.now = end;
  }

  /** Time (ms) on the clock that never jumps. */
  get now(): number {
    return this.#clock.now;
  }

  /** Lets time pass until a tick is due. */
  wake(): void {
    const at = this.#conversation.wakeAt;
    if (at === null) throw new Error('nothing is due');
    this.pass(Math.max(0, at - this.#clock.now));
  }

  /** The last frame it sent. */
  get last(): Uint8Array {
    return this.sent.at(-1)?.bytes ?? new Uint8Array(0);
  }

  /** Types of the frames it sent so far. */
  get types(): (number | undefined)[] {
    return this.sent.map(({ bytes }) => bytes[0]);
  }

  get errors(): string[] {
    return this.events.flatMap((event) => (event.type === 'error' ? [event.error.code] : []));
  }

  get exit(): number | null {
    const end = this.events.at(-1);
    return end?.type === 'end' ? end.exit : null;
  }

  /** The inputs of a handshake with the program, for a ghost that uses this secret. */
  inputs(member: Member, weAre: 'A' | 'B', secret: string): HandshakeInputs {
    const [cardA, cardB] = weAre === 'A' ? [this.#card, member.card] : [member.card, this.#card];
    const context = new Uint8Array(0);
    return { mode: 'code', nameplate: '7', secret: codeSecret(secret), context, cardA, cardB };
  }

  #perform(orders: readonly Order[]): void {
    for (const order of orders) {
      if (order.type === 'openRoom') [this.#room, this.#card] = [order.room, order.card];
      else if (order.type === 'sendHandshake') this.sent.push({ to: order.to, bytes: order.bytes });
      else if (order.type === 'freeMember') this.freed.push(order.member);
      else if (order.type === 'openLink') this.#link = order.link;
      else if (order.type === 'emit') this.events.push(order.event);
    }
  }
}
