/**
 * The connection of one server to Redis. It runs the operations of the script (`lua-script.ts`) in batches, and says
 * every second that the server lives. If that fails for too long, or something was missed, the server starts over under
 * a new id: all its clients are disconnected and come back.
 */
import { randomBytes } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createClient, RESP_TYPES, ReconnectStrategyError } from 'redis';
import { AparteError } from '../../shared/errors.ts';
import type { RoomLimits } from '../limits.ts';
import { RoomsUnavailable } from '../rooms-interface.ts';
import { roomScript } from './lua-script.ts';
import { type Row, unpackRows } from './news-format.ts';

/** How long Redis may be silent, in ms. It has something to answer every second. */
export const SILENCE = 3_000;
/** How long the socket may be silent, in ms, before the first heartbeat. */
const SOCKET_SILENCE = 3 * SILENCE;
/** Pauses between attempts to reach Redis, in ms. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [50, 1_000];
/** How often a server says that it lives, in ms. */
const HEARTBEAT = 1_000;
/** How often the time to live of rooms is renewed, in heartbeats. */
const RENEW_EVERY = 15;
/** Rooms renewed in one batch. */
const RENEW_AT_ONCE = 500;
/** Operations in one batch. */
const BATCH = 100;
/** How long an operation may wait that nobody waits for, in ms. */
const LATER = 50;
/**
 * Batches under way before others wait, and the size of operations, in bytes, at which a batch is full. A heartbeat does
 * not wait, and has at most their product before it, however much is asked for.
 */
const [BATCHES, BATCH_BYTES] = [4, 262_144];
/** Errors of a TLS handshake with something that does not speak TLS, and of RESP with something that does. */
const TLS_MISMATCH = /Timeout|ERR_SSL|EPROTO|ECONNRESET|SocketClosed/;

type Client = ReturnType<typeof clientFor>;
/** The rows with which the script answers an operation. */
export type Rows = readonly Row[];

/** An operation that waits to be run. */
interface Operation {
  /** Its name and arguments. */
  readonly row: readonly (string | Buffer)[];
  readonly answer: (rows: Rows) => void;
  readonly fail: (error: unknown) => void;
}

/** What the connection reports. */
export interface RedisEvents {
  /** Orders that this server did not ask for. They never come before an answer that they follow from. */
  news(rows: Rows): void;
  /** All slots of this server are void: its clients must disconnect, and may come back at once. */
  startedOver(): void;
  /** Redis cannot be reached or does not work; null: it works again. The cause holds no credentials. */
  away(cause: string | null): void;
  /** Returns the nameplates of the rooms that have a member here. */
  nameplates(): Iterable<string>;
}

/** A connection to Redis that is open or being restored. */
export class RedisConnection {
  /** Rooms and slots of all servers, by the last heartbeat. */
  stats = { rooms: 0, members: 0 };
  readonly #client: Client;
  readonly #prefix: string;
  readonly #script: string;
  readonly #events: RedisEvents;
  #sha = '';
  #waiting: Operation[] = [];
  /** Batches that Redis has not answered. */
  #batches = 0;
  /** Whether operations wait for a batch to be answered. */
  #isHeldBack = false;
  /** News that have not been reported. */
  #news: Row[] = [];
  #server = newId();
  /** The id under which this server starts over. */
  #nextServer = newId();
  #mustStartOver = true;
  /** Starts as true: until the first success, a failure is reported by `open`. */
  #isAway = true;
  /** Whether a heartbeat has not been answered, and how many were due since. */
  #isBeating = false;
  #missed = 0;
  #beats = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  private constructor(client: Client, prefix: string, limits: RoomLimits, events: RedisEvents) {
    this.#client = client;
    this.#prefix = prefix;
    this.#script = roomScript(limits);
    this.#events = events;
    // Without a listener an error would end the process.
    client.on('error', (error: unknown) => this.suspect(error));
  }

  /** Connects. Throws `store-unreachable` if Redis cannot be reached. */
  static async open(url: string, prefix: string, limits: RoomLimits, events: RedisEvents): Promise<RedisConnection> {
    let hasConnected = false;
    const client = clientFor(url, () => hasConnected);
    const connection = new RedisConnection(client, prefix, limits, events);
    try {
      await client.connect();
      hasConnected = true;
      connection.#isAway = false;
      await connection.#beat();
      if (connection.#mustStartOver) throw new Error('the first heartbeat failed');
    } catch (error) {
      client.destroy();
      const code = causeOf(error);
      const speaksTls = TLS_MISMATCH.test(code) ? await findTls(url) : null;
      const isMismatch = speaksTls !== null && speaksTls !== url.startsWith('rediss:');
      throw new AparteError(
        'store-unreachable',
        isMismatch ? { key: 'redis-tls', isSpoken: speaksTls } : { key: 'system-error', code },
      );
    }
    connection.#timer = setInterval(() => void connection.#beat(), HEARTBEAT);
    return connection;
  }

  /**
   * Runs an operation, in a batch with all others of this turn of the event loop, in their order. Rejects with
   * {@link RoomsUnavailable} if Redis cannot be reached or does not answer in time.
   */
  run(...row: readonly [operation: string, ...args: (string | Buffer)[]]): Promise<Rows> {
    return new Promise((answer, fail) => {
      if (this.#waiting.length === 0 || this.#later !== undefined) setImmediate(() => this.#flush());
      clearTimeout(this.#later);
      this.#later = undefined;
      this.#waiting.push({ row, answer, fail });
    });
  }

  /** Runs an operation with the next batch, or soon. That saves a batch if nobody waits for the operation. */
  runLater(...row: readonly [operation: string, ...args: (string | Buffer)[]]): Promise<Rows> {
    return new Promise((answer, fail) => {
      if (this.#waiting.length === 0) this.#later = setTimeout(() => this.#flush(), LATER);
      this.#waiting.push({ row, answer, fail });
    });
  }

  /** Notes that something may have been missed. When Redis answers again, this server starts over. */
  suspect(error: unknown): void {
    this.#mustStartOver = true;
    if (this.#isAway) return;
    this.#isAway = true;
    this.#events.away(causeOf(error));
  }

  /** Tells the other servers that this one ends, and disconnects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.run('close').catch(() => undefined);
    this.#client.destroy();
  }

  /** Sends waiting operations, in batches of which at most `most` may be under way. */
  #flush(most = BATCHES): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    let at = 0;
    while (at < this.#waiting.length && this.#batches < most) {
      const batch = batchFrom(this.#waiting, at);
      at += batch.length;
      this.#batches += 1;
      void this.#runBatch(this.#server, batch).then(() => {
        this.#batches -= 1;
        if (this.#isHeldBack) this.#flush();
      });
    }
    this.#waiting = this.#waiting.slice(at);
    this.#isHeldBack = this.#waiting.length > 0;
  }

  async #runBatch(server: string, batch: readonly Operation[]): Promise<void> {
    const words = batch.flatMap(({ row }) => [String(row.length), ...row]);
    try {
      const answers = await this.#evaluate(server, words);
      for (const [index, { answer }] of batch.entries()) answer(answers[index] ?? []);
    } catch (error) {
      this.suspect(error);
      for (const { fail } of batch) fail(new RoomsUnavailable(causeOf(error)));
    }
  }

  async #evaluate(server: string, words: readonly (string | Buffer)[]): Promise<readonly Rows[]> {
    const options = { keys: [this.#prefix], arguments: ['-1', server, ...words] };
    try {
      return (await this.#client.evalSha(this.#sha, options)) as unknown as readonly Rows[];
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      this.#sha = String(await this.#client.scriptLoad(this.#script));
      return (await this.#client.evalSha(this.#sha, options)) as unknown as readonly Rows[];
    }
  }

  /** Receives the news of other servers. */
  readonly #hear = (message: Buffer): void => {
    // Answers that came before are used in microtasks that have not run yet.
    if (this.#news.length === 0) setImmediate(() => this.#events.news(this.#news.splice(0)));
    this.#news.push(...unpackRows(message));
  };

  async #beat(): Promise<void> {
    if (this.#isBeating) {
      // The socket notices no silence while there is something to write. Heartbeats are counted instead of time: if this
      // process stood still, the answer of Redis may be here but unread.
      this.#missed += 1;
      if (this.#missed * HEARTBEAT >= SILENCE) this.#reconnect();
      return;
    }
    this.#isBeating = true;
    this.#missed = 0;
    try {
      const [former, startsOver] = [this.#server, this.#mustStartOver];
      const server = startsOver ? this.#nextServer : former;
      this.#mustStartOver = false;
      if (startsOver) await this.#client.subscribe(this.#channel(server), this.#hear, true);
      const [first, ...news] = await this.#runAs(server, 'beat', startsOver ? '1' : '0');
      if (first?.[0]?.toString() === 'lapsed') {
        this.suspect(new Error('not in time'));
        return;
      }
      if (startsOver) this.#startOver(server, former);
      this.stats = { rooms: Number(first?.[1]), members: Number(first?.[2]) };
      this.#events.news(news);
      await this.#renew();
    } catch (error) {
      // The next heartbeat tries again.
      this.suspect(error);
    } finally {
      this.#isBeating = false;
    }
  }

  #reconnect(): void {
    this.#client.destroy();
    this.#client.connect().catch((error: unknown) => this.suspect(error));
  }

  #startOver(server: string, former: string): void {
    this.#flush(Number.POSITIVE_INFINITY);
    this.#server = server;
    this.#nextServer = newId();
    this.#beats = 0;
    if (this.#isAway) this.#events.away(null);
    this.#isAway = false;
    this.#events.startedOver();
    // Otherwise the former lease would have to expire, which takes longer.
    this.#runAs(former, 'close').catch(() => undefined);
    this.#client.unsubscribe(this.#channel(former)).catch(() => undefined);
  }

  #runAs(server: string, ...row: readonly string[]): Promise<Rows> {
    return new Promise((answer, fail) => void this.#runBatch(server, [{ row, answer, fail }]));
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

/** A client that is not connected. `tryAgain`: whether it connects again after a failure. */
function clientFor(url: string, tryAgain: () => boolean) {
  return createClient({
    url,
    // With RESP 3, answers and news come over one connection, so their order is known.
    RESP: 3,
    // A time limit per command would double the cost of a command. The heartbeat has one.
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer }, timeout: 0 },
    // Without a connection, operations fail at once.
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: SILENCE,
      socketTimeout: SOCKET_SILENCE,
      reconnectStrategy: (tries, cause) =>
        tryAgain() ? Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 10)) : cause,
    },
  });
}

/** Whether the Redis at a URL speaks TLS; null if that cannot be found out within {@link SILENCE}. */
async function findTls(url: string): Promise<boolean | null> {
  const { hostname, port } = new URL(url);
  const address = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 6_379) };
  return await new Promise((resolve) => {
    // Redis answers an inline command with a line that begins with `+` or `-`, even if it demands a password.
    const plain = connectTcp(address, () => plain.write('PING\r\n'));
    plain.once('data', (data) => /^[+-]/.test(data.toString('latin1')) && end(false));
    // Only whether TLS is spoken matters, and nothing is sent: the certificate need not be trusted.
    const tls = connectTls({ ...address, rejectUnauthorized: false }, () => end(true));
    for (const socket of [plain, tls]) socket.on('error', () => {});
    const timer = setTimeout(() => end(null), SILENCE);
    function end(answer: boolean | null): void {
      clearTimeout(timer);
      for (const socket of [plain, tls]) socket.destroy();
      resolve(answer);
    }
  });
}

/** The operations of one batch, from a position in the list of all. */
function batchFrom(all: readonly Operation[], from: number): Operation[] {
  let [end, bytes] = [from, 0];
  while (end < all.length && end - from < BATCH && bytes < BATCH_BYTES) {
    for (const word of all[end]?.row ?? []) bytes += word.length;
    end += 1;
  }
  return all.slice(from, end);
}

function newId(): string {
  return randomBytes(9).toString('base64url');
}

/** The cause of an error without anything of the URL: a code of the system, or the first word of Redis's answer. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error instanceof ReconnectStrategyError) return causeOf(error.originalError);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /^[A-Z]{3,20}(?= )/.exec(error.message)?.[0] ?? error.constructor.name;
}
