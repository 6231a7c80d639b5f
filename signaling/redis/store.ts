/**
 * The connection to Redis, and this server's standing there: it says each second that it lives, and where it could not
 * for a while, or missed something, it starts over under another id and lets go of everyone: they come back.
 */
import { randomBytes } from 'node:crypto';
import { createClient, ReconnectStrategyError } from 'redis';
import * as v from 'valibot';
import { AparteError } from '../../shared/errors.ts';
import type { RoomLimits } from '../limits.ts';
import { RoomsUnavailable } from '../rooms.ts';
import { roomScript } from './script.ts';

/** How often a server says that it lives, in ms. */
const BEAT = 1_000;
/** How long Redis may be silent, which has something to answer each second, in ms. */
const SILENCE = 3_000;
/** Pauses between tries to reach Redis, in ms. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [50, 1_000];
/** How often the time to live of rooms is renewed, in beats. */
const RENEW_EVERY = 15;
/** Rooms renewed in one step. */
const RENEW_AT_ONCE = 500;

const Rows = v.array(v.array(v.string()));
/** What the script answered: see `script.ts`. */
export type Rows = v.InferOutput<typeof Rows>;

/** A connection of the library's, of this kind. */
export type RedisConnection = ReturnType<typeof connectionTo>;

/** What is to be done when something happens by itself. */
export interface StoreEvents {
  /** Rows of orders that nobody here asked for. */
  orders(rows: Rows): void;
  /** All places of this server are void: its clients must go, and may come back at once. */
  startedOver(): void;
  /** Redis cannot be reached, or no longer does what it should; or, null, it does again. Holds no credentials. */
  away(cause: string | null): void;
  /** Nameplates of the rooms that have a member here. */
  nameplates(): Iterable<string>;
}

/** The shared state of several servers. */
export class Store {
  /** For what else is to be sent over the same connection. */
  readonly connection: RedisConnection;
  /** Rooms and members of all servers together, as of the last beat. */
  stats = { rooms: 0, members: 0 };
  readonly #prefix: string;
  readonly #script: string;
  readonly #events: StoreEvents;
  #sha = '';
  #server = newId();
  #isStale = true;
  /** Until it has been reached once, whoever starts it is told. */
  #isAway = true;
  #isBeating = false;
  #beats = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(connection: RedisConnection, prefix: string, limits: RoomLimits, events: StoreEvents) {
    this.connection = connection;
    this.#prefix = prefix;
    this.#script = roomScript(limits);
    this.#events = events;
    // Also asks for what the connection makes of an error: without a listener it would end the process.
    connection.on('error', (error: unknown) => this.suspect(error));
  }

  /** Connects, once. Throws `store-unreachable` where that cannot be. */
  static async connect(url: string, prefix: string, limits: RoomLimits, events: StoreEvents): Promise<Store> {
    let hasConnected = false;
    const connection = connectionTo(url, () => hasConnected);
    const store = new Store(connection, prefix, limits, events);
    try {
      await connection.connect();
      hasConnected = true;
      store.#isAway = false;
      await store.#beat();
      if (store.#isStale) throw new Error('the first step failed');
    } catch (error) {
      connection.destroy();
      throw new AparteError('store-unreachable', causeOf(error));
    }
    store.#timer = setInterval(() => void store.#beat(), BEAT);
    return store;
  }

  /** Runs an operation. Rejects with {@link RoomsUnavailable} where Redis cannot be reached, or not in time. */
  async run(operation: string, ...args: readonly string[]): Promise<Rows> {
    return this.#run(this.#server, operation, args);
  }

  /** Something may have been lost: as soon as Redis answers, all starts over. */
  suspect(error: unknown): void {
    this.#isStale = true;
    if (this.#isAway) return;
    this.#isAway = true;
    this.#events.away(causeOf(error));
  }

  /** Lets the others know that this server ends, and hangs up. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.run('close').catch(() => undefined);
    this.connection.destroy();
  }

  async #run(server: string, operation: string, args: readonly string[]): Promise<Rows> {
    const options = { keys: [this.#prefix], arguments: [operation, '-1', server, ...args] };
    try {
      try {
        return v.parse(Rows, await this.connection.evalSha(this.#sha, options));
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        this.#sha = await this.connection.scriptLoad(this.#script);
        return v.parse(Rows, await this.connection.evalSha(this.#sha, options));
      }
    } catch (error) {
      this.suspect(error);
      throw new RoomsUnavailable(causeOf(error));
    }
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    try {
      const [former, startsOver] = [this.#server, this.#isStale];
      const server = startsOver ? newId() : former;
      this.#isStale = false;
      const [first, ...orders] = await this.#run(server, 'beat', [startsOver ? '1' : '0']);
      if (first?.[0] === 'lapsed') {
        this.suspect(new Error('not in time'));
        return;
      }
      if (startsOver) this.#startOver(server, former);
      this.stats = { rooms: Number(first?.[1]), members: Number(first?.[2]) };
      this.#events.orders(orders);
      await this.#renew();
    } catch {
      // Told by `suspect`; the next beat is the next try.
    } finally {
      this.#isBeating = false;
    }
  }

  #startOver(server: string, former: string): void {
    this.#server = server;
    this.#beats = 0;
    if (this.#isAway) this.#events.away(null);
    this.#isAway = false;
    this.#events.startedOver();
    // Else its lease would run out, which takes longer.
    this.#run(former, 'close', []).catch(() => undefined);
  }

  async #renew(): Promise<void> {
    this.#beats += 1;
    if (this.#beats % RENEW_EVERY !== 0) return;
    const nameplates = [...this.#events.nameplates()];
    for (let at = 0; at < nameplates.length; at += RENEW_AT_ONCE) {
      await this.run('renew', ...nameplates.slice(at, at + RENEW_AT_ONCE));
    }
  }
}

function connectionTo(url: string, tryAgain: () => boolean) {
  return createClient({
    url,
    // What cannot be done now is refused now: a client that waits has been told nothing.
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: SILENCE,
      socketTimeout: SILENCE,
      reconnectStrategy: (tries, cause) =>
        tryAgain() ? Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 10)) : cause,
    },
  });
}

function newId(): string {
  return randomBytes(9).toString('base64url');
}

/** What went wrong, in a word that holds nothing of the URL: a code of the system, or the first word of Redis's answer. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error instanceof ReconnectStrategyError) return causeOf(error.originalError);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /^[A-Z]{3,20}(?= )/.exec(error.message)?.[0] ?? error.constructor.name;
}
