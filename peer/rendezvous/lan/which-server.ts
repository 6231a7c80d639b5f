/**
 * Decides on whose server two programs of the local network meet, as each runs its own: a program that hears of a
 * smaller id than its own goes there, and the other stays. It does not matter who started first. Pure: no clock, no
 * network.
 */
import type { Announcement } from './announcement.ts';

/** Other programs that are remembered. */
const MAX_KNOWN = 16;
/** Addresses remembered of each. */
const MAX_ADDRESSES = 8;
/** A program that was not heard of for so long, in ms, is gone. All programs are asked every few seconds. */
const STALE = 30_000;
/** Pause after a failed visit, in ms. It doubles with each failure, up to the longest. */
const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/**
 * Time for the other program to come to us, in ms. After that we go there: a firewall may let connections through in one
 * direction only.
 */
const EXPECTED_WITHIN = 5_000;

interface Known {
  announcement: Announcement;
  readonly since: number;
  heardAt: number;
  failures: number;
  /** Earliest time of the next visit, in ms. */
  notBefore: number;
}

/** What to do next. */
export interface NextVisit {
  /** The server to go to now; null: stay. */
  readonly visit: Announcement | null;
  /** When to ask again, in ms; null: when another program is heard of. */
  readonly askAgainAt: number | null;
}

/** All other programs that announce one room, and which of them to go to. */
export class ServerChoice {
  readonly #own: string;
  readonly #known = new Map<string, Known>();

  /** `own`: the id of our own announcement. */
  constructor(own: string) {
    this.#own = own;
  }

  /** Takes an announcement of the room. */
  heard(announcement: Announcement, now: number): void {
    const { id } = announcement;
    if (id === this.#own) return;
    const before = this.#known.get(id);
    if (before === undefined) {
      this.#known.set(id, { announcement, since: now, heardAt: now, failures: 0, notBefore: now });
      this.#limit();
    } else {
      // The newest addresses come first. Those of another interface are added, those of an older port dropped.
      const more = before.announcement.port === announcement.port ? before.announcement.addresses : [];
      const addresses = [...new Set([...announcement.addresses, ...more])].slice(0, MAX_ADDRESSES);
      before.announcement = { ...announcement, addresses };
      before.heardAt = now;
    }
  }

  #limit(): void {
    if (this.#known.size <= MAX_KNOWN) return;
    const [stalest] = [...this.#known].sort(([, a], [, b]) => a.heardAt - b.heardAt)[0] ?? [''];
    this.#known.delete(stalest);
  }

  /** An announcement was withdrawn. */
  gone(id: string): void {
    this.#known.delete(id);
  }

  /** A visit failed. Returns the number of failures in a row. */
  failed(id: string, now: number): number {
    const known = this.#known.get(id);
    if (known === undefined) return 1;
    known.failures += 1;
    known.notBefore = now + Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** (known.failures - 1));
    return known.failures;
  }

  /** Returns where to go, for a program that is alone on its own server. */
  advice(now: number): NextVisit {
    for (const [id, { heardAt }] of this.#known) if (now - heardAt > STALE) this.#known.delete(id);
    const inOrder = [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, known]) => ({ id, known }));
    const due = inOrder.map(({ id, known }) => ({ known, at: this.#dueAt(id, known) }));
    const visit = due.find(({ at }) => at <= now)?.known.announcement ?? null;
    const askAgainAt = due.length === 0 ? null : Math.min(...due.map(({ at }) => Math.max(at, now)));
    return { visit, askAgainAt };
  }

  #dueAt(id: string, { since, notBefore }: Known): number {
    return id < this.#own ? notBefore : Math.max(notBefore, since + EXPECTED_WITHIN);
  }
}
