/** What every part of a conversation shares: the time, randomness, the orders, and who owns which link and room. */
import { retryPause } from '../../shared/backoff.ts';
import type { AparteError } from '../../shared/errors.ts';
import type { Random } from '../crypto/index.ts';
import type { ChatEvent, LinkFact, Order, RoomFact } from './facts-and-orders.ts';

/** The two clocks of a step. */
export interface Clock {
  /** ms on a clock that never jumps, for every wait. */
  readonly now: number;
  /** ms since the epoch, for the times that people see. */
  readonly date: number;
}

/** Receives every fact about one link. */
export interface LinkOwner {
  gotLink(fact: LinkFact): void;
}

/** Receives every fact about one rendezvous room. */
export interface RoomOwner {
  gotRoom(fact: RoomFact): void;
}

/** What the parts share. The times are valid during one step. */
export interface Context extends Clock {
  readonly random: Random;
  /** Adds an order to those that the step returns. */
  order(order: Order): void;
  /** A new number for a room, a link or a peer. */
  nextNumber(): number;
  /** The owner of each open link, by the link's number. A fact about any other link is dropped. */
  readonly links: Map<number, LinkOwner>;
  /** The owner of each room we have entered, by the room's number. A fact about any other room is dropped. */
  readonly rooms: Map<number, RoomOwner>;
}

/** Emits an event to the user. */
export function emit(context: Context, event: ChatEvent): void {
  context.order({ type: 'emit', event });
}

/** Emits an error to the user. `fatal`: it ends the conversation. `ref`: of the command that failed. */
export function emitError(context: Context, error: AparteError, fatal: boolean, ref: string | null = null): void {
  emit(context, { type: 'error', error, fatal, ...(ref !== null && { ref }) });
}

/** When (ms) to try again what has failed since `beganAt` (ms): after a pause that grows, and is partly random. */
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
