/** All authenticated peers of a conversation, and the texts to all of them. A chat for two has one peer. */
import type { Route } from '../link/link.ts';
import type { Profile } from './claims.ts';
import { type Context, earliest } from './context.ts';
import { Delivery, type Outgoing } from './delivery.ts';
import type { PeerStatus } from './facts-and-orders.ts';
import type { HandshakeResult } from './handshake.ts';
import { RemotePeer, type RemotePeerEvents, type RemotePeerOptions } from './remote-peer.ts';

/** Peer states by priority. The status line shows the first one that any peer is in. */
const BY_PRIORITY: readonly PeerStatus[] = ['connecting', 'reconnecting', 'connected', 'lost', 'left'];

/** The options that are the same for all peers. */
type RosterOptions = Pick<RemotePeerOptions, 'known' | 'reconnect' | 'manual'>;

/** All authenticated peers, including those who have left. */
export class Roster {
  readonly #peers: RemotePeer[] = [];
  /** Texts that were sent before anybody was connected. Everybody who comes until then gets them. Null afterwards. */
  #early: Delivery | null = new Delivery();
  readonly #context: Context;
  readonly #options: RosterOptions;
  readonly #events: RemotePeerEvents;

  /** `events` are those of every peer. */
  constructor(context: Context, options: RosterOptions, events: RemotePeerEvents) {
    this.#context = context;
    this.#options = options;
    this.#events = {
      ...events,
      connected: () => {
        this.#early = null;
        events.connected();
      },
    };
  }

  /** Adds a peer who has proven themselves. `profile` is ours, as in the handshake. */
  add(profile: Profile, result: HandshakeResult): void {
    const { known, reconnect, manual } = this.#options;
    const options = { known, reconnect, manual, profile, early: this.#early?.pending ?? [] };
    this.#peers.push(new RemotePeer(this.#context, options, result, this.#events));
  }

  /** Whether anybody is there, or may come back. */
  get hasAnyAlive(): boolean {
    return this.#peers.some((peer) => !peer.isOver);
  }

  get hasAnyConnected(): boolean {
    return this.#peers.some((peer) => peer.isConnected);
  }

  /** The state of highest priority; null where nobody has ever come. */
  get status(): PeerStatus | null {
    return BY_PRIORITY.find((status) => this.#peers.some((peer) => peer.status === status)) ?? null;
  }

  /** The route to the first peer who is connected; null where nobody is. */
  get route(): Route | null {
    return this.#peers.find((peer) => peer.isConnected)?.route ?? null;
  }

  /** Number of texts that at least one peer has not shown yet. */
  get undelivered(): number {
    return Math.max(this.#early?.undelivered ?? 0, ...this.#peers.map((peer) => peer.undelivered));
  }

  get wakeAt(): number | null {
    return earliest(...this.#peers.map((peer) => peer.wakeAt));
  }

  /** When (ms) we give up reconnecting to the first peer; null while everybody is connected. */
  get giveUpAt(): number | null {
    return earliest(...this.#peers.map((peer) => peer.giveUpAt));
  }

  /** The peer with this handle. */
  with(handle: string): RemotePeer | undefined {
    return this.#peers.find(({ identity }) => identity.handle === handle);
  }

  /** Sends a text to everybody. Throws `outbox-full`, and then nobody gets it. */
  send(text: Outgoing): void {
    const present = this.#peers.filter((peer) => !peer.isOver);
    for (const peer of present) peer.assertTakes(text);
    this.#early?.add(text);
    for (const peer of present) peer.send(text);
  }

  sendTyping(on: boolean): void {
    for (const peer of this.#peers) peer.sendTyping(on);
  }

  /** Takes what the user pasted, if somebody is pairing manually again. Returns whether anybody is. */
  take(pasted: string): boolean {
    return this.#peers.some((peer) => peer.take(pasted));
  }

  /** Derives the keys of the next frames while nobody waits for them. */
  prepare(): void {
    for (const peer of this.#peers) peer.prepare();
  }

  tick(): void {
    for (const peer of this.#peers) peer.tick();
  }

  /** Says goodbye, within `patience` ms, to those who are connected and have shown all our texts. */
  leaveDelivered(patience: number): void {
    for (const peer of this.#peers) if (peer.isConnected && peer.undelivered === 0) peer.leave(patience);
  }

  /** Says goodbye, within `patience` ms, to those who are connected, and gives up the others. */
  leave(patience: number): void {
    for (const peer of this.#peers) peer.leave(patience);
  }

  /** Drops everything without telling anybody. Idempotent. */
  end(): void {
    for (const peer of this.#peers) peer.end();
  }
}
