/**
 * Socket.IO's adapter over a stream of Redis: what is emitted to a client of another server gets there, in order.
 *
 * The library is handed a connection that mends what would lose messages or end the process here: it begins to read
 * wherever the stream ends at the time of each question until something has come, asks again at once after an error, and
 * leaves promises unhandled.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import type { Store } from './store.ts';

/** How long a question for news stays open, in ms; less than the silence after which a connection is given up. */
const QUESTION = 1_000;
/** Before the next question where one failed, in ms. */
const AFTER_FAILURE = 100;

/** What the adapter was made of, and can be ended with. */
export interface Streams {
  /** For `Server.adapter`. */
  readonly adapter: ReturnType<typeof createAdapter>;
  /** Resolves once nothing that is told from now on can be missed. */
  readonly reading: Promise<void>;
  /** Hangs up. */
  close(): void;
}

/** Makes the adapter. `key` is the stream's. */
export function streamsOver(store: Store, key: string): Streams {
  const { connection } = store;
  let isClosed = false;
  let started = () => {};
  let fail: (error: unknown) => void = () => {};
  const reading = new Promise<void>((resolve, reject) => ([started, fail] = [resolve, reject]));
  const duplicates: { destroy(): void }[] = [];

  const duplicate = () => {
    const reader = connection.duplicate({ disableOfflineQueue: false, pingInterval: QUESTION });
    duplicates.push(reader);
    const [connect, subscribe, xRead] = [
      reader.connect.bind(reader),
      reader.subscribe.bind(reader),
      reader.xRead.bind(reader),
    ];
    /** Read so far; null: nothing, begin where the stream ends. */
    let offset: string | null = null;
    let connections = 0;
    reader.on('ready', () => {
      offset = null;
      connections += 1;
      // What was told meanwhile may be gone.
      if (connections > 1) store.suspect(new Error('reconnected'));
    });
    type Options = Parameters<typeof xRead>[1];
    const read = async (_streams: unknown, options: Options) => {
      try {
        offset ??= (await reader.xRevRange(key, '+', '-', { COUNT: 1 }))?.[0]?.id ?? '0-0';
        started();
        const news = (await xRead([{ key, id: offset }], options)) as { messages: { id: string }[] }[] | null;
        offset = news?.[0]?.messages.at(-1)?.id ?? offset;
        return news;
      } catch (error) {
        // The library would ask again without end.
        if (isClosed) return await new Promise<never>(() => {});
        await pause(AFTER_FAILURE);
        throw error;
      }
    };
    return Object.assign(reader, {
      connect: () => connect().catch(fail),
      subscribe: (...args: Parameters<typeof subscribe>) =>
        subscribe(...args).catch((error: unknown) => store.suspect(error)),
      xRead: read,
    });
  };

  const xAdd = async (...args: Parameters<typeof connection.xAdd>) => {
    try {
      return await connection.xAdd(...args);
    } catch (error) {
      // The library says nothing of it, and somebody waits for what was to be told.
      store.suspect(error);
      throw error;
    }
  };
  // By `sSubscribe` the library knows whose connection it is.
  const facade = { duplicate, xAdd, sSubscribe: () => {} };
  return {
    adapter: createAdapter(facade, { streamName: key, channelPrefix: key, blockTimeInMs: QUESTION }),
    reading,
    close: () => {
      isClosed = true;
      for (const each of duplicates) each.destroy();
    },
  };
}
