/** What every part of the conversation is given: the time, randomness, and a place to put its orders. */

import { retryPause } from '../../shared/backoff.ts';
import type { AparteError } from '../../shared/errors.ts';
import type { Random } from '../crypto/index.ts';
import type { ChatEvent, Order } from './facts-and-orders.ts';

/** The two clocks a step is given. */
export interface Clock {
  /** ms on a clock that never jumps: for every wait. */
  readonly now: number;
  /** ms since the epoch: for the time a message was said. */
  readonly date: number;
}

/** Valid during one step. */
export interface Context extends Clock {
  readonly random: Random;
  /** Adds an order to those the step returns. */
  order(order: Order): void;
  /** A number for a new place or link, never used before. */
  nextNumber(): number;
}

/** Orders that an event be shown. */
export function emit(context: Context, event: ChatEvent): void {
  context.order({ type: 'emit', event });
}

/** Orders that a failure be shown. `fatal`: it ends the conversation. `ref`: of the command that failed. */
export function emitError(context: Context, error: AparteError, fatal: boolean, ref: string | null = null): void {
  const { code, message, hint } = error;
  emit(context, { type: 'error', code, message, hint, fatal, ...(ref !== null && { ref }) });
}

/** When (ms) to try again at what has failed since `beganAt` (ms): after a pause that is partly chance. */
export function retryTime({ now, random }: Context, beganAt: number): number {
  const chance = (random(1)[0] ?? 0) / 256;
  return now + retryPause(now - beganAt, chance);
}

/** The earliest of some times; null for never. */
export function earliest(...times: readonly (number | null)[]): number | null {
  let first: number | null = null;
  for (const time of times) if (time !== null && (first === null || time < first)) first = time;
  return first;
}
