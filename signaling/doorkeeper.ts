/** Who may come in: asked before a request becomes a connection, and at every join. */
import type { IncomingMessage } from 'node:http';
import type { RefusalCode } from '../shared/signal-wire.ts';
import { Addresses } from './addresses.ts';
import type { Door } from './door.ts';
import { clientAddress, unwelcome } from './door.ts';
import type { Limits } from './limits.ts';
import type { RefusalCause } from './observer.ts';

/** Keeps one door. Times are ms of any clock that does not go back. */
export class Doorkeeper {
  readonly #limits: Limits;
  readonly #door: Door;
  /** Null: addresses are not counted. */
  readonly #addresses: Addresses | null;

  constructor(limits: Limits, door: Door) {
    this.#limits = limits;
    this.#door = door;
    this.#addresses = limits.perAddress === null ? null : new Addresses(limits.perAddress);
  }

  /** Why a request may not become a connection where so many are open, or null. */
  objection(request: IncomingMessage, open: number): RefusalCause | null {
    const cause = unwelcome(request, this.#door, this.#limits.urlBytes);
    if (cause !== null) return cause;
    if (open >= this.#limits.connections) return 'full';
    return this.#addresses?.isCrowded(clientAddress(request, this.#door)) === true ? 'crowded' : null;
  }

  /** Counts a new connection. Returns the address that it counts for, and why it must go, or null. */
  connected(request: IncomingMessage, now: number): { address: string; unwelcome: RefusalCode | null } {
    const address = clientAddress(request, this.#door);
    return { address, unwelcome: this.#addresses?.connected(address, now) ?? null };
  }

  /** A connection that was counted has ended. */
  disconnected(address: string): void {
    this.#addresses?.disconnected(address);
  }

  /** Counts an attempt to join a room, null for one that the server is to name. Returns what there was too much of. */
  join(address: string, nameplate: string | null, now: number): 'rate' | 'guesses' | null {
    return this.#addresses?.join(address, nameplate, now) ?? null;
  }

  /** Forgets what no longer matters. */
  sweep(now: number): void {
    this.#addresses?.sweep(now);
  }
}
