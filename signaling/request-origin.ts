/** Who knocks: the address a request comes from, and whether a web page is behind it that has no business here. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** How the server is reached. */
export interface Door {
  /** How many proxies stand in front, each of which adds to `X-Forwarded-For` whom it was called by. */
  readonly proxies: number;
  /** Whether nobody but this machine reaches it, and by no name of any other. */
  readonly isPrivate: boolean;
}

/**
 * The address of the client behind so many proxies: the entry of `X-Forwarded-For` that the outermost of them wrote.
 * What stands before it the client may have made up. Where there is none, or it is no IP address, whoever is
 * connected to us.
 */
export function clientAddress({ headers, socket }: IncomingMessage, { proxies }: Door): string {
  const direct = socket.remoteAddress ?? '';
  if (proxies === 0) return direct;
  // Node joins repeated lines of this header by commas; the type knows it as one line or several.
  const entries = String(headers['x-forwarded-for'] ?? '').split(',');
  const entry = entries.at(-proxies)?.trim() ?? '';
  return isIP(entry) === 0 ? direct : entry;
}

/**
 * Why a request to open a connection is refused before anything else of it is looked at, or null. `maxUrl` in bytes,
 * which in a URL are characters.
 */
export function unwelcome(request: IncomingMessage, door: Door, maxUrl: number): 'foreign-page' | 'invalid' | null {
  if ((request.url ?? '').length > maxUrl) return 'invalid';
  return isForeignPage(request) || asksForScript(request) || (door.isPrivate && !isOwnName(request))
    ? 'foreign-page'
    : null;
}

/**
 * Whether a web page from elsewhere asks, which anyone's browser would let it: programs send no `Origin` (RFC 6454,
 * section 7), pages cannot leave it out of a WebSocket, and where they can, browsers add where they stand (Fetch
 * Metadata). Only of a picture or a script from plain HTTP they say neither: then `Referer`, which a page may forbid,
 * is all there is. The TLS of `https:` may be that of a proxy in front.
 */
function isForeignPage({ headers }: IncomingMessage): boolean {
  const { host, referer, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const origin = headers.origin ?? (referer === undefined ? undefined : originOf(referer));
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}

/** Whether the answers are to be scripts (JSONP), as only pages from elsewhere want them: Engine.IO would oblige. */
function asksForScript({ url = '' }: IncomingMessage): boolean {
  return url.includes('?') && new URLSearchParams(url.slice(url.indexOf('?'))).has('j');
}

/**
 * Whether the server was called by an address or as `localhost`. Any other name of a server that listens on loopback
 * was made to resolve to it, so that a page under that name seems to be the server's own (DNS rebinding).
 */
export function isOwnName({ headers: { host } }: IncomingMessage): boolean {
  const url = `http://${host ?? ''}`;
  const name = host !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
  return name === 'localhost' || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
