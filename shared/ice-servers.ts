/** STUN and TURN servers by which two peers find a path (RFC 8445): how they are named, and what is offered of them. */

/** A server, as an RTCConfiguration has it; TURN servers have username and credential. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/**
 * May a TURN relay carry the sealed traffic: `never`, `allow` where no direct path is found, or `only`, so that the
 * other side does not learn our address.
 */
export type RelayPolicy = 'never' | 'allow' | 'only';

/** Characters of a server's URI. */
const MAX_ICE_URL = 300;
/** Lifetime (s) of the credentials a rendezvous server makes: a day, as draft-uberti-behave-turn-rest-00 proposes. */
export const TURN_CREDENTIAL_LIFE = 86_400;

const HOST = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])`;
const PORT = String.raw`(?::(\d{1,5}))?`;
const STUN = new RegExp(`^stun:${HOST}${PORT}$`);
const TURN = new RegExp(String.raw`^turns?:${HOST}${PORT}(?:\?transport=(?:udp|tcp))?$`);

function isUrl(form: RegExp, text: string): boolean {
  const match = text.length <= MAX_ICE_URL ? form.exec(text) : null;
  if (match === null) return false;
  const host = /^[a-z]+:(\[.*\]|[^:?]*)/.exec(text)?.[1] ?? '';
  const port = match[1] === undefined ? 1 : Number(match[1]);
  // A name whose last label is a number would be taken for an IPv4 address, and so would `::g` not for any.
  return port >= 1 && port <= 65_535 && URL.canParse(`http://${host}`);
}

/** Whether a text is the URI of a STUN server (RFC 7064), `stun:HOST[:PORT]`. */
export function isStunUrl(text: string): boolean {
  return isUrl(STUN, text);
}

/** Whether a text is the URI of a TURN server (RFC 7065), `turn:HOST[:PORT][?transport=udp|tcp]` or `turns:`. */
export function isTurnUrl(text: string): boolean {
  return isUrl(TURN, text);
}

/**
 * A TURN server with its credentials, written `turn:USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]`; a `:` or `@` in
 * the user's name is written `%3A` or `%40`. Null where it is malformed.
 */
export function parseTurnServer(text: string): IceServer | null {
  const match = /^(turns?:)([^:@]+):([^@]+)@(.+)$/.exec(text);
  if (match === null) return null;
  const [, scheme = '', user = '', password = '', rest = ''] = match;
  const url = scheme + rest;
  if (!isTurnUrl(url)) return null;
  try {
    return { urls: [url], username: decodeURIComponent(user), credential: decodeURIComponent(password) };
  } catch {
    return null;
  }
}
