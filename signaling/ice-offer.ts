/** What a join reply says about STUN and TURN servers, with fresh credentials for the TURN servers. */
import { createHmac, randomBytes } from 'node:crypto';
import { TURN_CREDENTIAL_LIFE } from '../shared/ice-servers.ts';
import type { JoinReply } from '../shared/signal-wire.ts';

/** TURN servers and the secret that they share with this server. */
export interface TurnOptions {
  readonly urls: readonly string[];
  readonly secret: string;
}

/** The part of a join reply about STUN and TURN. */
export type IceOffer = Pick<JoinReply, 'stunPort' | 'turn'>;

/**
 * Makes an offer. TURN credentials expire after {@link TURN_CREDENTIAL_LIFE} and name nobody
 * (draft-uberti-behave-turn-rest-00; coturn checks them under `use-auth-secret`): `username` is `EXPIRY:RANDOM`, EXPIRY
 * in seconds since the epoch, and `credential` the base64 of its HMAC-SHA1 under the secret.
 *
 * @param stunPort the port on this host where STUN is answered; null: nowhere
 * @param now ms since the epoch
 */
export function makeIceOffer(stunPort: number | null, turn: TurnOptions | undefined, now: number): IceOffer {
  const port = stunPort === null ? {} : { stunPort };
  if (turn === undefined) return port;
  const expiry = Math.floor(now / 1_000) + TURN_CREDENTIAL_LIFE;
  const username = `${expiry}:${randomBytes(9).toString('base64url')}`;
  const credential = createHmac('sha1', turn.secret).update(username).digest('base64');
  return { ...port, turn: [{ urls: [...turn.urls], username, credential }] };
}
