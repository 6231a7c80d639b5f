/** One program in the fake network. */

import type { Clock } from '../../peer/core/context.ts';
import type { ConversationOptions } from '../../peer/core/conversation-state.ts';
import { ConversationState } from '../../peer/core/conversation-state.ts';
import type { ChatEvent, Fact, KnownPeer, Order } from '../../peer/core/facts-and-orders.ts';
import { Identity, type Random } from '../../peer/crypto/index.ts';

/** What a program needs of the network it is part of. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  perform(program: FakeProgram, orders: readonly Order[]): void;
  cutLinks(silently: boolean): void;
  lastLinkOf(program: FakeProgram): { readonly number: number } | undefined;
}

/** One program: its conversation, and all events that its user was told. */
export class FakeProgram {
  readonly name: string;
  readonly conversation: ConversationState;
  readonly events: ChatEvent[] = [];
  readonly remembered: KnownPeer[] = [];
  ended = false;
  readonly #network: Surroundings;

  constructor(network: Surroundings, name: string, options: Partial<ConversationOptions>) {
    this.#network = network;
    this.name = name;
    this.conversation = new ConversationState({
      version: '0',
      server: 'http://x',
      name,
      identity: Identity.generate(network.random),
      known: [],
      code: { nameplate: '7', secret: 'ocean-violin' },
      invite: (code) => `http://x/#${code}`,
      timeout: null,
      reconnect: null,
      serverPatience: null,
      random: network.random,
      ...options,
    });
  }

  start(): void {
    this.#network.perform(this, this.conversation.start(this.#network.clock));
  }

  give(fact: Fact): void {
    if (!this.ended) this.#network.perform(this, this.conversation.step(fact, this.#network.clock));
  }

  send(text: string): void {
    this.give({ type: 'command', command: { type: 'send', text, ref: null } });
  }

  quit(): void {
    this.give({ type: 'command', command: { type: 'quit' } });
  }

  /** Ends as if it was killed: without a goodbye, and its links fall silent. */
  vanish(): void {
    this.ended = true;
    this.#network.cutLinks(true);
  }

  of<T extends ChatEvent['type']>(type: T): Extract<ChatEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<ChatEvent, { type: T }> => event.type === type);
  }

  /** Number of the link this program opened last. */
  get linkInUse(): number {
    return this.#network.lastLinkOf(this)?.number ?? 0;
  }

  get texts(): string[] {
    return this.of('message').map((event) => event.text);
  }

  get end(): Extract<ChatEvent, { type: 'end' }> | undefined {
    return this.of('end')[0];
  }

  get errors(): string[] {
    return this.of('error').map(({ error }) => error.code);
  }
}
