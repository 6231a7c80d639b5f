/** Decides who may connect and who may join, by the origin of the request and by the limits per address. */
import type { IncomingMessage } from 'node:http';
import type { RefusalCode } from '../shared/signal-wire.ts';
import { AddressLimiter } from './address-limits.ts';
import type { Limits } from './limits.ts';
import type { RefusalCause } from './observer.ts';
import type { Exposure, ProxyMismatch } from './request-origin.ts';
import { clientAddress, originRefusal, proxyMismatch } from './request-origin.ts';
import type { Awaitable, SharedAddressLimits } from './rooms-interface.ts';

/** The admission of one server. Times are ms of any clock that does not go back. */
export class Admission {
  readonly #limits: Limits;
  readonly #exposure: Exposure;
  /** Null: addresses are not counted. */
  readonly #local: AddressLimiter | null;
  /** Null: there are no other servers. */
  readonly #shared: SharedAddressLimits | null;
  readonly #mismatched: (mismatch: ProxyMismatch) => void;

  /** `mismatched` is called when a request is refused that shows a wrong number of trusted proxies. */
  constructor(
    limits: Limits,
    exposure: Exposure,
    shared: SharedAddressLimits | null,
    mismatched: (mismatch: ProxyMismatch) => void,
  ) {
    this.#limits = limits;
    this.#exposure = exposure;
    this.#shared = shared;
    this.#mismatched = mismatched;
    this.#local = limits.perAddress === null ? null : new AddressLimiter(limits.perAddress);
  }

  /** Counts an HTTP request. Returns whether it may be answered. */
  mayRequest(request: IncomingMessage, now: number): boolean {
    return this.#local?.mayRequest(clientAddress(request, this.#exposure), now) ?? true;
  }

  /** Why a request may not become a connection while `open` others exist, or null. */
  refusal(request: IncomingMessage, open: number): RefusalCause | null {
    const origin = originRefusal(request, this.#exposure, this.#limits.urlBytes);
    if (origin !== null) return this.#noted(request, origin);
    if (open >= this.#limits.connections) return 'full';
    const isCrowded = this.#local?.isCrowded(clientAddress(request, this.#exposure)) === true;
    return isCrowded ? this.#noted(request, 'crowded') : null;
  }

  /** Counts a new connection. Returns its address, and why it must close or null. Other servers answer later. */
  connected(request: IncomingMessage, now: number): { address: string; refusal: Awaitable<RefusalCode | null> } {
    const address = clientAddress(request, this.#exposure);
    const local = this.#local?.connected(address, now) ?? null;
    const shared = this.#shared?.connected(address) ?? null;
    return { address, refusal: local === null ? shared : this.#noted(request, local) };
  }

  /** Counts the end of a connection that was counted. */
  disconnected(address: string): void {
    this.#local?.disconnected(address);
    this.#shared?.disconnected(address);
  }

  /** Counts an attempt to join a room; null: the server is to choose it. Returns which limit was reached, or null. */
  join(address: string, nameplate: string | null, now: number): Awaitable<'rate' | 'guesses' | null> {
    const excess = this.#local?.join(address, nameplate, now) ?? null;
    return excess ?? this.#shared?.join(address, nameplate) ?? null;
  }

  /** Forgets addresses that no longer matter. */
  sweep(now: number): void {
    this.#local?.sweep(now);
  }

  #noted<Cause>(request: IncomingMessage, cause: Cause): Cause {
    const mismatch = proxyMismatch(request, this.#exposure);
    if (mismatch !== null) this.#mismatched(mismatch);
    return cause;
  }
}
