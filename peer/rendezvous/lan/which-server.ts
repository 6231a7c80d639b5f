/**
 * Where to meet when everybody has a server of his own: who hears of a smaller id than his own goes there, the other
 * stays. So it does not matter who began, nor whether both did at once. Pure: no clock, no network.
 */
import type { Announcement } from './announcement.ts';

/** Others that are remembered, at most. */
const MAX_KNOWN = 16;
/** Addresses remembered of each. */
const MAX_ADDRESSES = 8;
/** Who has not been heard of for so long (ms) is gone: all are asked every few seconds. */
const STALE = 30_000;
/** Pauses (ms) after a visit that failed: doubled each time, up to the longest. */
const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/**
 * Who should have come to us, and has not after so long (ms), perhaps cannot: his firewall, or ours, lets only one way
 * through. Then we go to him.
 */
const EXPECTED_WITHIN = 5_000;

interface Known {
  announcement: Announcement;
  readonly since: number;
  heardAt: number;
  failures: number;
  /** Not to be visited before. */
  notBefore: number;
}

/** What is best done. */
export interface Advice {
  /** Go there now; null: stay. */
  readonly visit: Announcement | null;
  /** When (ms) it may be another; null: not before somebody else is heard of. */
  readonly askAgainAt: number | null;
}

/** What is known of the others who announce one room. */
export class Choice {
  readonly #own: string;
  readonly #known = new Map<string, Known>();

  /** `own`: the id we announce ourselves under. */
  constructor(own: string) {
    this.#own = own;
  }

  /** Somebody announces the room. */
  heard(announcement: Announcement, now: number): void {
    const { id } = announcement;
    if (id === this.#own) return;
    const before = this.#known.get(id);
    if (before === undefined) {
      this.#known.set(id, { announcement, since: now, heardAt: now, failures: 0, notBefore: now });
      this.#limit();
    } else {
      // A newer word about the port or the addresses comes first; heard on another link, it adds to them.
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

  /** Somebody announces it no longer. */
  gone(id: string): void {
    this.#known.delete(id);
  }

  /** A visit failed. Returns how many have, one after the other. */
  failed(id: string, now: number): number {
    const known = this.#known.get(id);
    if (known === undefined) return 1;
    known.failures += 1;
    known.notBefore = now + Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** (known.failures - 1));
    return known.failures;
  }

  /** Where to go, for one who is alone at home. */
  advice(now: number): Advice {
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
