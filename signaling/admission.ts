/** Who may come in: asked before a request becomes a connection, and at every join. */
import type { IncomingMessage } from 'node:http';
import type { RefusalCode } from '../shared/signal-wire.ts';
import { Addresses } from './address-limits.ts';
import type { SharedAddresses } from './cluster.ts';
import type { Limits } from './limits.ts';
import type { RefusalCause } from './observer.ts';
import type { Door } from './request-origin.ts';
import { clientAddress, unwelcome } from './request-origin.ts';
import type { Eventually } from './rooms-interface.ts';

/** Keeps one door. Times are ms of any clock that does not go back. */
export class Doorkeeper {
  readonly #limits: Limits;
  readonly #door: Door;
  /** Null: addresses are not counted. */
  readonly #addresses: Addresses | null;
  /** Null: there are no other servers. */
  readonly #shared: SharedAddresses | null;

  constructor(limits: Limits, door: Door, shared: SharedAddresses | null) {
    this.#limits = limits;
    this.#door = door;
    this.#shared = shared;
    this.#addresses = limits.perAddress === null ? null : new Addresses(limits.perAddress);
  }

  /** Counts a request over HTTP. Returns whether it may be answered. */
  mayAsk(request: IncomingMessage, now: number): boolean {
    return this.#addresses?.mayAsk(clientAddress(request, this.#door), now) ?? true;
  }

  /** Why a request may not become a connection where so many are open, or null. */
  objection(request: IncomingMessage, open: number): RefusalCause | null {
    const cause = unwelcome(request, this.#door, this.#limits.urlBytes);
    if (cause !== null) return cause;
    if (open >= this.#limits.connections) return 'full';
    return this.#addresses?.isCrowded(clientAddress(request, this.#door)) === true ? 'crowded' : null;
  }

  /**
   * Counts a new connection. Returns the address that it counts for, and why it must go, or null; with other servers
   * that is known later.
   */
  connected(request: IncomingMessage, now: number): { address: string; unwelcome: Eventually<RefusalCode | null> } {
    const address = clientAddress(request, this.#door);
    const unwelcomeHere = this.#addresses?.connected(address, now) ?? null;
    const unwelcomeThere = this.#shared?.connected(address) ?? null;
    return { address, unwelcome: unwelcomeHere ?? unwelcomeThere };
  }

  /** A connection that was counted has ended. */
  disconnected(address: string): void {
    this.#addresses?.disconnected(address);
    this.#shared?.disconnected(address);
  }

  /** Counts an attempt to join a room, null for one that the server is to name. Returns what there was too much of. */
  join(address: string, nameplate: string | null, now: number): Eventually<'rate' | 'guesses' | null> {
    const excess = this.#addresses?.join(address, nameplate, now) ?? null;
    return excess ?? this.#shared?.join(address, nameplate) ?? null;
  }

  /** Forgets what no longer matters. */
  sweep(now: number): void {
    this.#addresses?.sweep(now);
  }
}
