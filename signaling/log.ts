/**
 * What the server says on standard error: to people in words, or to programs one JSON object a line. About the server
 * alone: no address, nameplate, member or header of anyone is ever passed in here.
 */
import type { RefusalCause } from './observer.ts';

/** From what is graver to what is less so. */
export const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
/** How grave something is. */
export type Level = (typeof LEVELS)[number];
/** Figures and words of our own that come with an event. */
export type Fields = Readonly<Record<string, number | string | boolean | null | Readonly<Record<string, number>>>>;

/** Writes events. */
export class Log {
  readonly #level: Level | null;
  readonly #write: (text: string) => unknown;

  /** `level`: the least grave that is written, as JSON; null writes in words, and only what has any. */
  constructor(level: Level | null, write: (text: string) => unknown) {
    this.#level = level;
    this.#write = write;
  }

  /** Something people should know: a sentence that says what happened, and one that says what to do, or null. */
  say(level: Level, event: string, message: string, hint: string | null, fields: Fields = {}): void {
    if (this.#level !== null) this.note(level, event, { message, ...(hint !== null && { hint }), ...fields });
    else
      this.#write(
        `aparte: ${level === 'warn' ? 'warning: ' : ''}${message}\n${hint === null ? '' : `aparte: ${hint}\n`}`,
      );
  }

  /** Something for the records. */
  note(level: Level, event: string, fields: Fields = {}): void {
    if (this.#level === null || LEVELS.indexOf(level) > LEVELS.indexOf(this.#level)) return;
    this.#write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...fields })}\n`);
  }
}

/** Counts refusals between two looks. */
export class RefusalTally {
  #causes: Partial<Record<RefusalCause, number>> = {};

  add(cause: RefusalCause): void {
    this.#causes[cause] = (this.#causes[cause] ?? 0) + 1;
  }

  /** How many there were of each cause since it was last asked; null where there were none. */
  take(): Readonly<Record<string, number>> | null {
    const causes = this.#causes;
    this.#causes = {};
    return Object.keys(causes).length === 0 ? null : causes;
  }
}

/** Where something was thrown: the frames of its stack, without its message, which may quote what came from outside. */
export function framesOf(thrown: unknown): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line));
  return [thrown instanceof Error ? thrown.name : typeof thrown, ...frames.map((line) => line.trim())].join('\n');
}
