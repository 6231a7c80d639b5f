/**
 * Failures that a stranger can cause again and again. The user is told of the first of each kind at once. Of those that
 * follow the user is told once a minute, with how many there were.
 */
import type { AparteError, ErrorCode } from '../../shared/errors.ts';
import { type Context, earliest, emit } from './context.ts';

/** How long (ms) further failures of one kind are only counted. */
const COUNTED_FOR = 60_000;

interface Counted {
  readonly last: AparteError;
  /** How many there were since the user was told. */
  readonly more: number;
  /** When (ms) the user is told of them. */
  readonly dueAt: number;
}

/** The failures of one conversation. */
export class Notices {
  readonly #context: Context;
  readonly #counted = new Map<ErrorCode, Counted>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** When (ms) a tick is due; null for never. */
  get wakeAt(): number | null {
    return earliest(...Array.from(this.#counted.values(), ({ more, dueAt }) => (more > 0 ? dueAt : null)));
  }

  /** Tells the user of a failure, now or later with others of its kind. */
  add(error: AparteError): void {
    const { now } = this.#context;
    const counted = this.#counted.get(error.code);
    if (counted === undefined || (counted.more === 0 && counted.dueAt <= now)) this.#tell(error);
    else this.#counted.set(error.code, { ...counted, last: error, more: counted.more + 1 });
  }

  tick(): void {
    this.#tellCounted(this.#context.now);
  }

  /** Tells the user of all that was only counted so far. */
  flush(): void {
    this.#tellCounted(Number.POSITIVE_INFINITY);
  }

  #tellCounted(until: number): void {
    for (const { last, more, dueAt } of this.#counted.values()) if (more > 0 && dueAt <= until) this.#tell(last, more);
  }

  #tell(error: AparteError, times?: number): void {
    this.#counted.set(error.code, { last: error, more: 0, dueAt: this.#context.now + COUNTED_FOR });
    emit(this.#context, { type: 'error', error, fatal: false, ...(times !== undefined && { times }) });
  }
}
