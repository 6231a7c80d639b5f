/**
 * In which order and when a server that ends lets go of its clients: spread out, since each comes back somewhere, and
 * those in the middle of a pairing last. Times are ms of one clock that does not go back.
 */

/** Clients told in a ms, where the time allows. */
const PER_MS = 1;
/** Who has sent or been told nothing for so long, in ms, is in the middle of nothing: flights follow one another faster. */
const QUIET = 1_000;

/** How often it is looked whom to tell, in ms. */
const TICK = 20;

/** Says whom to tell. Pure: time and chance are passed in. */
export class Farewell<Client> {
  readonly #activeAt: (client: Client) => number;
  readonly #from: number;
  readonly #spread: number;
  readonly #chance: () => number;
  #deadline: number;
  /** When each is to be told; those who were are at infinity. */
  readonly #due = new Map<Client, number>();

  /**
   * All of some `count` clients are told by `deadline`.
   * @param activeAt when a client last sent something, or something of others came to it
   * @param chance gives 0 to less than 1
   */
  constructor(
    count: number,
    activeAt: (client: Client) => number,
    now: number,
    deadline: number,
    chance = Math.random,
  ) {
    this.#activeAt = activeAt;
    this.#from = now;
    this.#deadline = deadline;
    this.#spread = Math.min(count / PER_MS, deadline - now);
    this.#chance = chance;
  }

  /** Tells all by then, if that is sooner. */
  hurry(deadline: number): void {
    this.#deadline = Math.min(this.#deadline, deadline);
  }

  /** Those of the clients who are to be told now, each once, and whether none is left to be told later. */
  take(clients: Iterable<Client>, now: number): { told: Client[]; isDone: boolean } {
    const told: Client[] = [];
    let isDone = true;
    for (const client of clients) {
      const due = this.#due.get(client) ?? this.#from + this.#chance() * this.#spread;
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

/** Tells clients, of whom some may leave by themselves meanwhile; resolves when all are told. */
export async function letGo<Client>(
  farewell: Farewell<Client>,
  clients: () => Iterable<Client>,
  tell: (client: Client) => void,
): Promise<void> {
  for (;;) {
    const { told, isDone } = farewell.take(clients(), performance.now());
    for (const client of told) tell(client);
    if (isDone) return;
    await new Promise((resolve) => setTimeout(resolve, TICK));
  }
}
