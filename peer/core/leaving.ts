/** How the user leaves, and how long what is pending is still waited for. */
import { AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import { earliest } from './context.ts';

/** How long (ms) a user who leaves waits for what is still to be delivered, and one who interrupts. */
const QUIT_PATIENCE = 3_000;
const INTERRUPT_PATIENCE = 1_000;
/** How long (ms) a goodbye may take where all was delivered, and where there is no more time. */
const BYE_PATIENCE = 3_000;
const HASTY_BYE_PATIENCE = 1_000;

/** A wish to leave. */
export interface Leaving {
  readonly reason: string;
  readonly exit: ExitCode;
  /** When (ms) we stop waiting for deliveries; null: as long as it takes. */
  readonly until: number | null;
  /** Whether the user wants to be asked before he leaves something undelivered. */
  readonly asks: boolean;
}

/** No more input will come: everything is to be delivered first. */
export const INPUT_ENDED: Leaving = { reason: 'left', exit: EXIT.ok, until: null, asks: false };

/** The user leaves. */
export function quit(now: number, asks: boolean): Leaving {
  return { reason: 'left', exit: EXIT.ok, until: now + QUIT_PATIENCE, asks };
}

/** A signal asked the program to stop. */
export function interrupted(now: number): Leaving {
  return { reason: 'interrupted', exit: EXIT.interrupted, until: now + INTERRUPT_PATIENCE, asks: false };
}

/** What was waited for does not come. */
export function gaveUp({ code, exit }: AparteError, now: number): Leaving {
  return { reason: code, exit, until: now, asks: false };
}

/** How long (ms) the other side has to answer our goodbye. */
export function goodbyePatience({ exit, until }: Leaving, now: number): number {
  const isHasty = exit === EXIT.interrupted || (until !== null && until <= now);
  return isHasty ? HASTY_BYE_PATIENCE : BYE_PATIENCE;
}

/** How a conversation ends so: `failure` is to be told where something said was not delivered, and makes it no success. */
export function ending(
  { reason, exit }: Pick<Leaving, 'reason' | 'exit'>,
  undelivered: number,
): { readonly reason: string; readonly exit: ExitCode; readonly failure: AparteError | null } {
  const isTold = undelivered > 0 && (exit === EXIT.ok || exit === EXIT.interrupted);
  const failure = isTold ? new AparteError('undelivered', { key: 'undelivered', count: undelivered }) : null;
  if (failure === null || exit !== EXIT.ok) return { reason, exit, failure };
  return { reason: failure.code, exit: failure.exit, failure };
}

/**
 * Two wishes as one: a later one can hasten an earlier one, never delay it, and an interruption stays one. Who wishes
 * twice is not asked.
 */
export function hastened(before: Leaving | null, next: Leaving): Leaving {
  if (before === null) return next;
  const { reason, exit } = before.exit === EXIT.interrupted ? before : next;
  return { reason, exit, until: earliest(before.until, next.until), asks: false };
}
