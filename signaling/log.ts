/**
 * What the server writes to standard error: words for people, or one JSON object a line for programs. No address,
 * nameplate, member or header is ever passed in here.
 */
import type { RefusalCause } from './observer.ts';

/** Log levels, most severe first. */
export const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
/** A log level. */
export type Level = (typeof LEVELS)[number];
/** Figures and fixed words that describe an event. */
export type Fields = Readonly<Record<string, number | string | boolean | null | Readonly<Record<string, number>>>>;

/** Writes events. */
export class Log {
  readonly #level: Level | null;
  readonly #write: (text: string) => unknown;

  /** `level`: the least severe that is written, as JSON. Null: writes only messages for people, as text. */
  constructor(level: Level | null, write: (text: string) => unknown) {
    this.#level = level;
    this.#write = write;
  }

  /** Reports something to people: a sentence that says what happened, and one that says what to do, or null. */
  message(level: Level, event: string, message: string, hint: string | null, fields: Fields = {}): void {
    if (this.#level !== null) this.event(level, event, { message, ...(hint !== null && { hint }), ...fields });
    else
      this.#write(
        `aparte: ${level === 'warn' ? 'warning: ' : ''}${message}\n${hint === null ? '' : `aparte: ${hint}\n`}`,
      );
  }

  /** Records an event, if there is a JSON log of this level. */
  event(level: Level, event: string, fields: Fields = {}): void {
    if (this.#level === null || LEVELS.indexOf(level) > LEVELS.indexOf(this.#level)) return;
    this.#write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...fields })}\n`);
  }
}

/** Counts refusals by cause. */
export class RefusalCounter {
  #counts = new Map<RefusalCause, number>();

  add(cause: RefusalCause): void {
    this.#counts.set(cause, (this.#counts.get(cause) ?? 0) + 1);
  }

  /** Returns the counts since the last call. */
  take(): (readonly [RefusalCause, number])[] {
    const counts = [...this.#counts];
    this.#counts.clear();
    return counts;
  }
}

/** The stack frames of an error without its message, which may quote what came from outside. */
export function framesOf(thrown: unknown): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line));
  return [thrown instanceof Error ? thrown.name : typeof thrown, ...frames.map((line) => line.trim())].join('\n');
}
