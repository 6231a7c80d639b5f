/**
 * Everybody who has proven the code, and what is said to them: each has an outbox of his own. A chat for two has one.
 */
import type { Route } from '../link/link.ts';
import { type Context, earliest } from './context.ts';
import type { ConversationOptions } from './conversation-options.ts';
import { Delivery, type Outgoing } from './delivery.ts';
import type { PeerStatus } from './facts-and-orders.ts';
import type { HandshakeResult, Profile } from './handshake.ts';
import { Peer } from './peer.ts';
import type { PeerEvents } from './peer-options.ts';

/** How they stand, by which of them is waited for most: the first of these that applies to anybody. */
const BY_PATIENCE: readonly PeerStatus[] = ['connecting', 'reconnecting', 'connected', 'lost', 'left'];

/** What holds for all of them. */
type RosterOptions = Pick<ConversationOptions, 'known' | 'reconnect' | 'manual'>;

interface Member {
  readonly peer: Peer;
  readonly delivery: Delivery;
}

/** See the head of this file. */
export class Roster {
  readonly #members: Member[] = [];
  /** What was said before anybody had come: for the first who does, who then has it. */
  #early: Delivery | null = new Delivery();
  readonly #context: Context;
  readonly #options: RosterOptions;
  readonly #events: PeerEvents;

  /** `events`: of each of them. */
  constructor(context: Context, options: RosterOptions, events: PeerEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = events;
  }

  /** Adds somebody. `profile` is ours, as in the handshake. */
  add(profile: Profile, result: HandshakeResult): void {
    const delivery = this.#early ?? new Delivery();
    this.#early = null;
    const { known, reconnect, manual } = this.#options;
    const options = { known, reconnect, manual, profile, delivery };
    this.#members.push({ peer: new Peer(this.#context, options, result, this.#events), delivery });
  }

  /** Whether somebody has come, ever. */
  get hasAny(): boolean {
    return this.#members.length > 0;
  }

  /** Whether somebody is there, or may come back. */
  get hasAnyAlive(): boolean {
    return this.#members.some(({ peer }) => !peer.isOver);
  }

  get hasAnyConnected(): boolean {
    return this.#members.some(({ peer }) => peer.isConnected);
  }

  /** How they stand; null where nobody has come. */
  get status(): PeerStatus | null {
    return BY_PATIENCE.find((status) => this.#members.some(({ peer }) => peer.status === status)) ?? null;
  }

  /** How the first who is connected is; null where nobody is. */
  get route(): Route | null {
    return this.#members.find(({ peer }) => peer.isConnected)?.peer.route ?? null;
  }

  /** Messages not yet shown to everybody they are for. What is said goes to all: each outbox has the last of it. */
  get undelivered(): number {
    return Math.max(this.#early?.undelivered ?? 0, ...this.#members.map(({ delivery }) => delivery.undelivered));
  }

  get wakeAt(): number | null {
    return earliest(...this.#members.map(({ peer }) => peer.wakeAt));
  }

  /** When (ms) we stop trying to come back to somebody; null while there is no need to. */
  get giveUpAt(): number | null {
    return earliest(...this.#members.map(({ peer }) => peer.giveUpAt));
  }

  /** The one with this handle. */
  with(handle: string): Peer | undefined {
    return this.#members.find(({ peer }) => peer.contact.handle === handle)?.peer;
  }

  /** Sends a message to everybody. Throws `outbox-full`, and then nobody gets it. */
  send(message: Outgoing): void {
    this.#early?.add(message);
    const present = this.#members.filter(({ peer }) => !peer.isOver);
    for (const { delivery } of present) delivery.assertTakes(message);
    for (const { peer, delivery } of present) {
      delivery.add(message);
      peer.flush();
    }
  }

  typing(on: boolean): void {
    for (const { peer } of this.#members) peer.typing(on);
  }

  /** Takes what was pasted, if pairing by hand once more is what is waited for. Returns whether it is. */
  take(pasted: string): boolean {
    return this.#members.some(({ peer }) => peer.take(pasted));
  }

  prepare(): void {
    for (const { peer } of this.#members) peer.prepare();
  }

  tick(): void {
    for (const { peer } of this.#members) peer.tick();
  }

  /** Says goodbye to those who are connected and to whom all was delivered, within `patience` ms. */
  leaveDelivered(patience: number): void {
    for (const { peer, delivery } of this.#members) {
      if (peer.isConnected && delivery.undelivered === 0) peer.leave(patience);
    }
  }

  /** Says goodbye to those who are connected, within `patience` ms, and gives up the others. */
  leave(patience: number): void {
    for (const { peer } of this.#members) peer.leave(patience);
  }

  /** Drops everything without a word. Idempotent. */
  end(): void {
    for (const { peer } of this.#members) peer.end();
  }
}
