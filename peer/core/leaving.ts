/** How the user leaves, and how long pending texts are still waited for. */
import { AparteError, EXIT, type ExitCode } from '../../shared/errors.ts';
import { earliest } from './context.ts';

/** How long (ms) pending texts are waited for after /quit, and after an interruption. */
const QUIT_PATIENCE = 3_000;
const INTERRUPT_PATIENCE = 1_000;
/** How long (ms) a goodbye may take, and where there is no more time. */
const BYE_PATIENCE = 3_000;
const HASTY_BYE_PATIENCE = 1_000;

/** A wish to leave. */
export interface Leaving {
  readonly reason: string;
  readonly exit: ExitCode;
  /** When (ms) we stop waiting for deliveries; null for as long as it takes. */
  readonly until: number | null;
  /** Whether the user wants to be asked before a text stays undelivered. */
  readonly asks: boolean;
}

/** No more input will come. Everything is delivered first. */
export const INPUT_ENDED: Leaving = { reason: 'left', exit: EXIT.ok, until: null, asks: false };

/** The user leaves. */
export function quit(now: number, asks: boolean): Leaving {
  return { reason: 'left', exit: EXIT.ok, until: now + QUIT_PATIENCE, asks };
}

/** A signal asked the program to stop. */
export function interrupted(now: number): Leaving {
  return { reason: 'interrupted', exit: EXIT.interrupted, until: now + INTERRUPT_PATIENCE, asks: false };
}

/** We give up waiting, for this error. */
export function gaveUp({ code, exit }: AparteError, now: number): Leaving {
  return { reason: code, exit, until: now, asks: false };
}

/** How long (ms) the remote peer has to answer our goodbye. */
export function goodbyePatience({ exit, until }: Leaving, now: number): number {
  const isHasty = exit === EXIT.interrupted || (until !== null && until <= now);
  return isHasty ? HASTY_BYE_PATIENCE : BYE_PATIENCE;
}

/** How a conversation ends. `failure` is what the user is told if a text is undelivered: then the end is no success. */
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
 * Joins two wishes to leave. The later one can hasten the earlier one and never delays it; an interruption stays an
 * interruption. A user who wishes twice is not asked.
 */
export function hastened(before: Leaving | null, next: Leaving): Leaving {
  if (before === null) return next;
  const { reason, exit } = before.exit === EXIT.interrupted ? before : next;
  return { reason, exit, until: earliest(before.until, next.until), asks: false };
}
