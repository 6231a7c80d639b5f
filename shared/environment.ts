/** The environment variables of the program, so that a mistyped one can be named. */
import { distance } from './edit-distance.ts';

/** The variables of the commands that talk to a peer, and of `aparte signal`, without their prefix. */
const NAMES = `
  CODE DEBUG HOME INVITE NAME RELAY SERVER STUN TURN WEBRTC

  DRAIN_SECONDS HOST LIMITS LOG METRICS PORT REDIS STUN_HOST STUN_PORT TLS_CERT TLS_KEY TRUST_PROXY TURN_SECRET TURN_URL
  WORKERS MAX_BYTES_PER_SECOND MAX_CONNECTIONS MAX_CONNECTIONS_PER_ADDRESS MAX_CONNECTS_PER_SECOND
  MAX_GUESSES_PER_MINUTE MAX_HANDSHAKE_SECONDS MAX_HEADER_BYTES MAX_IDLE_SECONDS MAX_JOINS_PER_SECOND MAX_MEMBERS
  MAX_MESSAGE_BYTES MAX_PACKETS_PER_SECOND MAX_ROOMS MAX_SILENCE_SECONDS MAX_UNREAD_PACKETS MAX_URL_BYTES
`;
const PREFIX = 'APARTE_';

/** All environment variables that the program reads, whichever of its commands does. */
export const VARIABLES: readonly string[] = NAMES.trim()
  .split(/\s+/)
  .map((name) => PREFIX + name);

/** The most letters in which a mistyped name may differ from the one that was meant. */
const MAX_TYPOS = 3;

/** A variable that looks like one of the program's and is none. */
export interface UnknownVariable {
  readonly name: string;
  /** The variable that was probably meant, or null. */
  readonly meant: string | null;
}

/** The variables of an environment that begin with `APARTE_` and that no command reads, by name. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): UnknownVariable[] {
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !VARIABLES.includes(name));
  return unknown.sort().map((name) => {
    const [nearest] = VARIABLES.map((known) => ({ known, typos: distance(name, known) })).sort(
      (one, other) => one.typos - other.typos,
    );
    return { name, meant: nearest !== undefined && nearest.typos <= MAX_TYPOS ? nearest.known : null };
  });
}
