/**
 * The order in which a server that ends disconnects its clients: spread out, because each comes back somewhere, and
 * those in the middle of a pairing last. Times are ms of one clock that does not go back.
 */

/** Clients told per ms, if the time allows. */
const PER_MS = 1;
/** A client that has sent and received nothing for this long, in ms, is in no pairing: its frames follow faster. */
const QUIET = 1_000;
/** How often {@link drainClients} looks whom to tell, in ms. */
const TICK = 20;

/** Decides whom to tell. Pure: time and randomness are passed in. */
export class DrainSchedule<Client> {
  readonly #activeAt: (client: Client) => number;
  readonly #from: number;
  readonly #spread: number;
  readonly #random: () => number;
  #deadline: number;
  /** When each is to be told. Infinity: it has been told. */
  readonly #due = new Map<Client, number>();

  /**
   * Spreads `count` clients until `deadline`.
   * @param activeAt when a client last sent something or was sent something by others
   * @param random returns 0 to less than 1
   */
  constructor(
    count: number,
    activeAt: (client: Client) => number,
    now: number,
    deadline: number,
    random = Math.random,
  ) {
    this.#activeAt = activeAt;
    this.#from = now;
    this.#deadline = deadline;
    this.#spread = Math.min(count / PER_MS, deadline - now);
    this.#random = random;
  }

  /** Brings the deadline forward, if this one is sooner. */
  hurry(deadline: number): void {
    this.#deadline = Math.min(this.#deadline, deadline);
  }

  /** Returns the clients to tell now, each once, and whether all have been told. */
  take(clients: Iterable<Client>, now: number): { told: Client[]; isDone: boolean } {
    const told: Client[] = [];
    let isDone = true;
    for (const client of clients) {
      const due = this.#due.get(client) ?? this.#from + this.#random() * this.#spread;
      const isTime = now >= due && now - this.#activeAt(client) >= QUIET;
      if (due !== Number.POSITIVE_INFINITY && (isTime || now >= this.#deadline)) {
        told.push(client);
        this.#due.set(client, Number.POSITIVE_INFINITY);
      } else {
        this.#due.set(client, due);
        isDone &&= due === Number.POSITIVE_INFINITY;
      }
    }
    return { told, isDone };
  }
}

/** Tells clients by a schedule. Resolves when all have been told. Clients may leave by themselves meanwhile. */
export async function drainClients<Client>(
  schedule: DrainSchedule<Client>,
  clients: () => Iterable<Client>,
  tell: (client: Client) => void,
): Promise<void> {
  for (;;) {
    const { told, isDone } = schedule.take(clients(), performance.now());
    for (const client of told) tell(client);
    if (isDone) return;
    await new Promise((resolve) => setTimeout(resolve, TICK));
  }
}
