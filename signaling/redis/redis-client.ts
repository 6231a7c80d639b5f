/** The connection to Redis, as it is set up. */
import { createClient, RESP_TYPES } from 'redis';

/** How long Redis may be silent, which has something to answer each second, in ms. */
export const SILENCE = 3_000;
/** How long nothing may come over the connection, in ms: for what is done before there are beats. */
const SOCKET_SILENCE = 3 * SILENCE;
/** Pauses between tries to reach Redis, in ms. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [50, 1_000];

/** A connection to Redis. */
export type Connection = ReturnType<typeof connectionTo>;

/** A connection that is still to be made; `tryAgain`: whether it is made again where it cannot be. */
export function connectionTo(url: string, tryAgain: () => boolean) {
  return createClient({
    url,
    // Answers and news over one connection: none overtakes the other.
    RESP: 3,
    // A time limit for each command would cost as much as all else of it; that of the beats does.
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer }, timeout: 0 },
    // What cannot be done now is refused now: a client that waits has been told nothing.
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
