/** The STUN and TURN servers that help two peers find a path (RFC 8445), and how users name them. */

/** A server in the form of an RTCIceServer. Only TURN servers have a username and a credential. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/**
 * Whether a TURN relay may carry the sealed traffic: `never`; `allow`, if there is no direct path; or `only`, so that the
 * remote peer does not learn our address.
 */
export type RelayPolicy = 'never' | 'allow' | 'only';

/** Longest URI of a server, in characters. */
const MAX_ICE_URL = 300;
/** Life of the TURN credentials that a rendezvous server makes, in s: a day (draft-uberti-behave-turn-rest-00). */
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
  // The URL parser also refuses names that end in a number, and malformed IPv6 addresses.
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
 * Reads a TURN server with its credentials: `turn:USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]`. A `:` or `@` in the
 * user name is written `%3A` or `%40`. Null if the text is malformed.
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
