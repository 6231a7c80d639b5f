/**
 * The connection to Redis, and this server's standing there: it says each second that it lives, and where it could not
 * for a while, or missed something, it starts over under another id and lets go of everyone: they come back.
 */
import { randomBytes } from 'node:crypto';
import { ReconnectStrategyError } from 'redis';
import { AparteError } from '../../shared/errors.ts';
import type { RoomLimits } from '../limits.ts';
import { RoomsUnavailable } from '../rooms-interface.ts';
import { roomScript } from './lua-script.ts';
import { packRows, type Row, readAnswers, readRows } from './packed-strings.ts';
import { type Connection, connectionTo, SILENCE } from './redis-client.ts';

/** How often a server says that it lives, in ms. */
const BEAT = 1_000;
/** How often the time to live of rooms is renewed, in beats. */
const RENEW_EVERY = 15;
/** Rooms renewed in one step. */
const RENEW_AT_ONCE = 500;
/** Operations done in one step, and how long one may wait that nobody waits for, in ms. */
const [STEP, LATER] = [100, 50];
/**
 * Steps that Redis has not answered while others wait for them, and bytes of operations from which on no more are put
 * into one: a beat, which waits for no one, has no more than that before it, however much is asked for.
 */
const [ABREAST, STEP_BYTES] = [4, 262_144];

/** What the script answered to an operation: see `script.ts`. */
export type Rows = readonly Row[];

/** An operation that is to be done. */
interface Asked {
  /** The operation, and its arguments. */
  readonly row: readonly (string | Buffer)[];
  readonly answer: (rows: Rows) => void;
  readonly fail: (error: unknown) => void;
}

/** What is to be done when something happens by itself. */
export interface StoreEvents {
  /** Rows of orders that nobody here asked for. Those for whom they are have been told what was answered before. */
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
  /** Rooms and members of all servers together, as of the last beat. */
  stats = { rooms: 0, members: 0 };
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #script: string;
  readonly #events: StoreEvents;
  #sha = '';
  #asked: Asked[] = [];
  /** Steps of what was asked that Redis has not answered. */
  #underWay = 0;
  /** Whether something waits for one of them to be answered. */
  #isHeldBack = false;
  /** What other servers did, not handed on yet. */
  #news: Row[] = [];
  #server = newId();
  /** Under which it starts over. */
  #next = newId();
  #isStale = true;
  /** Until it has been reached once, whoever starts it is told. */
  #isAway = true;
  /** Whether a beat has not been answered, and how many others were due since. */
  #isBeating = false;
  #missed = 0;
  #beats = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  private constructor(connection: Connection, prefix: string, limits: RoomLimits, events: StoreEvents) {
    this.#connection = connection;
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
      throw new AparteError('store-unreachable', { key: 'system-error', code: causeOf(error) });
    }
    store.#timer = setInterval(() => void store.#beat(), BEAT);
    return store;
  }

  /**
   * Runs an operation: with all others that are asked for now, in the order they are. Rejects with
   * {@link RoomsUnavailable} where Redis cannot be reached, or not in time.
   */
  run(...row: readonly [operation: string, ...args: (string | Buffer)[]]): Promise<Rows> {
    return new Promise((answer, fail) => {
      if (this.#asked.length === 0 || this.#later !== undefined) setImmediate(() => this.#flush());
      clearTimeout(this.#later);
      this.#later = undefined;
      this.#asked.push({ row, answer, fail });
    });
  }

  /** Does the same with the next that is run, or soon: where nobody waits for it, that saves a message to Redis. */
  runLater(...row: readonly [operation: string, ...args: (string | Buffer)[]]): Promise<Rows> {
    return new Promise((answer, fail) => {
      if (this.#asked.length === 0) this.#later = setTimeout(() => this.#flush(), LATER);
      this.#asked.push({ row, answer, fail });
    });
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
    this.#connection.destroy();
  }

  /** Has Redis do what was asked for, in steps: as many as may be under way, or, at an end, all. */
  #flush(isEnd = false): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    const most = isEnd ? Number.POSITIVE_INFINITY : ABREAST;
    let at = 0;
    while (at < this.#asked.length && this.#underWay < most) {
      const asked = stepFrom(this.#asked, at);
      at += asked.length;
      this.#underWay += 1;
      void this.#step(this.#server, asked).then(() => {
        this.#underWay -= 1;
        if (this.#isHeldBack) this.#flush();
      });
    }
    this.#asked = this.#asked.slice(at);
    this.#isHeldBack = this.#asked.length > 0;
  }

  async #step(server: string, asked: readonly Asked[]): Promise<void> {
    const options = { keys: [this.#prefix], arguments: ['-1', server, packRows(asked.map(({ row }) => row))] };
    try {
      const answers = readAnswers(await this.#evaluate(options));
      for (const [index, { answer }] of asked.entries()) answer(answers[index] ?? []);
    } catch (error) {
      this.suspect(error);
      for (const { fail } of asked) fail(new RoomsUnavailable(causeOf(error)));
    }
  }

  async #evaluate(options: { keys: string[]; arguments: (string | Buffer)[] }): Promise<unknown> {
    try {
      return await this.#connection.evalSha(this.#sha, options);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      this.#sha = String(await this.#connection.scriptLoad(this.#script));
      return await this.#connection.evalSha(this.#sha, options);
    }
  }

  /** Hears what another server did. */
  readonly #hear = (message: Buffer): void => {
    // What was answered before is done in microtasks that have not run yet.
    if (this.#news.length === 0) setImmediate(() => this.#handOn());
    this.#news.push(...readRows(message));
  };

  #handOn(): void {
    const news = this.#news;
    this.#news = [];
    this.#events.orders(news);
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) {
      // The socket notices nothing as long as there is something to write. Beats are counted, not time: while this
      // process itself stood still, what Redis answered was not read, and the next beat comes before that is.
      this.#missed += 1;
      if (this.#missed * BEAT >= SILENCE) this.#reconnect();
      return;
    }
    this.#isBeating = true;
    this.#missed = 0;
    try {
      const [former, startsOver] = [this.#server, this.#isStale];
      const server = startsOver ? this.#next : former;
      this.#isStale = false;
      if (startsOver) await this.#connection.subscribe(this.#channel(server), this.#hear, true);
      const [first, ...orders] = await this.#runAs(server, 'beat', startsOver ? '1' : '0');
      if (first?.[0]?.toString() === 'lapsed') {
        this.suspect(new Error('not in time'));
        return;
      }
      if (startsOver) this.#startOver(server, former);
      this.stats = { rooms: Number(first?.[1]), members: Number(first?.[2]) };
      this.#events.orders(orders);
      await this.#renew();
    } catch (error) {
      // The next beat is the next try.
      this.suspect(error);
    } finally {
      this.#isBeating = false;
    }
  }

  #reconnect(): void {
    this.#connection.destroy();
    this.#connection.connect().catch((error: unknown) => this.suspect(error));
  }

  #startOver(server: string, former: string): void {
    this.#flush(true);
    this.#server = server;
    this.#next = newId();
    this.#beats = 0;
    if (this.#isAway) this.#events.away(null);
    this.#isAway = false;
    this.#events.startedOver();
    // Else its lease would run out, which takes longer.
    this.#runAs(former, 'close').catch(() => undefined);
    this.#connection.unsubscribe(this.#channel(former)).catch(() => undefined);
  }

  #runAs(server: string, ...row: readonly string[]): Promise<Rows> {
    return new Promise((answer, fail) => void this.#step(server, [{ row, answer, fail }]));
  }

  #channel(server: string): string {
    return `${this.#prefix}news:${server}`;
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

/** What is done in one step, of all that was asked, from there on. */
function stepFrom(all: readonly Asked[], from: number): Asked[] {
  let [end, bytes] = [from, 0];
  while (end < all.length && end - from < STEP && bytes < STEP_BYTES) {
    for (const word of all[end]?.row ?? []) bytes += word.length;
    end += 1;
  }
  return all.slice(from, end);
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
