/**
 * Passwords for a TURN server that run out by themselves (draft-uberti-behave-turn-rest-00, which coturn checks under
 * `use-auth-secret`): this server and the TURN server share a secret, and no other word.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { TURN_CREDENTIAL_LIFE } from '../shared/ice-servers.ts';
import type { TurnOffer } from '../shared/signal-wire.ts';

/** TURN servers, and the secret shared with them. */
export interface TurnOptions {
  readonly urls: readonly string[];
  readonly secret: string;
}

/**
 * Fresh credentials, good for a day, that name nobody: `username` is `EXPIRY:RANDOM`, EXPIRY in seconds since the
 * epoch, and `credential` the base64 of its HMAC-SHA1 under the secret. `now` in ms since the epoch.
 */
export function turnOffer({ urls, secret }: TurnOptions, now: number): TurnOffer {
  const expiry = Math.floor(now / 1_000) + TURN_CREDENTIAL_LIFE;
  const username = `${expiry}:${randomBytes(9).toString('base64url')}`;
  return { urls: [...urls], username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}
