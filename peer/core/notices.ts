/**
 * Failures that a stranger can cause again and again. The user is told of the first of each kind at once. Of those that
 * follow the user is told once a minute, with how many there were.
 */
import type { AparteError, ErrorCode } from '../../shared/errors.ts';
import { type Context, earliest, emit } from './context.ts';

/** How long (ms) further failures of one kind are only counted. */
const COUNTED_FOR = 60_000;

interface Counted {
  last: AparteError;
  /** How many there were since the user was told. */
  more: number;
  /** When (ms) the user is told of them. */
  dueAt: number;
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

  /** Tells the user of a failure, now or with others of its kind. */
  add(error: AparteError): void {
    const { now } = this.#context;
    const counted = this.#counted.get(error.code);
    if (counted !== undefined && (counted.more > 0 || now < counted.dueAt)) {
      counted.last = error;
      counted.more += 1;
      return;
    }
    this.#counted.set(error.code, { last: error, more: 0, dueAt: now + COUNTED_FOR });
    emit(this.#context, { type: 'error', error, fatal: false });
  }

  tick(): void {
    for (const counted of this.#counted.values()) if (counted.dueAt <= this.#context.now) this.#tell(counted);
  }

  /** Tells the user of all that was only counted so far. */
  flush(): void {
    for (const counted of this.#counted.values()) this.#tell(counted);
  }

  #tell(counted: Counted): void {
    const { last, more } = counted;
    if (more === 0) return;
    counted.more = 0;
    counted.dueAt = this.#context.now + COUNTED_FOR;
    emit(this.#context, { type: 'error', error: last, fatal: false, times: more });
  }
}
