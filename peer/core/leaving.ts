/** How the user leaves, and how long what is pending is still waited for. */
import { EXIT, type ExitCode } from '../../shared/errors.ts';
import { earliest } from './context.ts';

/** How long (ms) a user who leaves waits for what is still to be delivered, and one who interrupts. */
const QUIT_PATIENCE = 3_000;
const INTERRUPT_PATIENCE = 1_000;

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

/**
 * Two wishes as one: a later one can hasten an earlier one, never delay it, and an interruption stays one. Who wishes
 * twice is not asked.
 */
export function hastened(before: Leaving | null, next: Leaving): Leaving {
  if (before === null) return next;
  const { reason, exit } = before.exit === EXIT.interrupted ? before : next;
  return { reason, exit, until: earliest(before.until, next.until), asks: false };
}
