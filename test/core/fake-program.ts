/** One program in a world without network. */

import type { Clock } from '../../peer/core/context.ts';
import type { ConversationOptions } from '../../peer/core/conversation-state.ts';
import { ConversationState } from '../../peer/core/conversation-state.ts';
import type { ChatEvent, Fact, KnownPeer, Order } from '../../peer/core/facts-and-orders.ts';
import { Identity, type Random } from '../../peer/crypto/index.ts';

/** What a program needs of the network it is part of. */
export interface FakeSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  perform(program: Person, orders: readonly Order[]): void;
  cutLinks(silently: boolean): void;
  lastLinkOf(program: Person): { readonly number: number } | undefined;
}

/** One program: its room and all it was told. */
export class Person {
  readonly name: string;
  readonly conversation: ConversationState;
  readonly events: ChatEvent[] = [];
  readonly remembered: KnownPeer[] = [];
  ended = false;
  readonly #world: FakeSurroundings;

  constructor(world: FakeSurroundings, name: string, options: Partial<ConversationOptions>) {
    this.#world = world;
    this.name = name;
    this.conversation = new ConversationState({
      version: '0',
      server: 'http://x',
      name,
      identity: Identity.generate(world.random),
      known: [],
      code: { nameplate: '7', secret: 'ocean-violin' },
      invite: (code) => `http://x/#${code}`,
      timeout: null,
      reconnect: null,
      serverPatience: null,
      random: world.random,
      ...options,
    });
  }

  start(): void {
    this.#world.perform(this, this.conversation.start(this.#world.clock));
  }

  give(fact: Fact): void {
    if (!this.ended) this.#world.perform(this, this.conversation.step(fact, this.#world.clock));
  }

  say(text: string): void {
    this.give({ type: 'command', command: { type: 'send', text, ref: null } });
  }

  quit(): void {
    this.give({ type: 'command', command: { type: 'quit' } });
  }

  /** As if killed: no goodbye, and its links fall silent. */
  vanish(): void {
    this.ended = true;
    this.#world.cutLinks(true);
  }

  of<T extends ChatEvent['type']>(type: T): Extract<ChatEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<ChatEvent, { type: T }> => event.type === type);
  }

  /** Number of the link this program opened last. */
  get linkInUse(): number {
    return this.#world.lastLinkOf(this)?.number ?? 0;
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
